//! Services that are slow, broken, hostile or not there: each a clear error, after a bounded number of attempts.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::auth::{AuthError, Credentials, Failure, InstancePrincipal, Token};
use proptest::prelude::*;
use serde_json::json;

use crate::auth_instance::{instance_answers, settings};
use crate::standin::{
    NOW_MS, PlainHttp, Received, Reply, StandIn, StandingClock, hour_token, ok, token,
};
use crate::support::text;

/// What comes of a request when one path answers otherwise, and how often that path was asked.
fn outcome(
    path: &'static str,
    reply: impl Fn(usize) -> Reply + Send + 'static,
) -> (Result<(), AuthError>, usize) {
    let asked = AtomicUsize::new(0);
    let cloud = StandIn::start(move |received: &Received| match received.path.as_str() {
        other if other == path => reply(asked.fetch_add(1, Ordering::SeqCst)),
        "/v1/x509" => ok(json!({"token": hour_token("a", NOW_MS)})),
        _ => instance_answers(received),
    });
    let http = Arc::new(PlainHttp::default());
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::clone(&http) as _);
    let mut request = Request::new(Method::Get, "https://streaming.example.com/");
    let result = instance.authorize(&mut request, &StandingClock::new());
    let asked = cloud.received(path).len();
    assert_eq!(http.pauses.lock().unwrap().len(), asked.saturating_sub(1));
    if result.is_err() {
        assert_eq!(request.header("authorization"), None);
    }
    (result, asked)
}

fn reason(result: Result<(), AuthError>) -> String {
    match result {
        Err(AuthError::BadAnswer { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

const CERTIFICATE: &str = "/opc/v2/identity/cert.pem";
const FEDERATION: &str = "/v1/x509";

#[test]
fn what_may_pass_is_tried_again() {
    for (path, status) in [
        (CERTIFICATE, 404),
        (CERTIFICATE, 429),
        (CERTIFICATE, 500),
        (FEDERATION, 503),
    ] {
        let (result, asked) = outcome(path, move |nth| match (nth, path) {
            (0 | 1, _) => Reply::Answer(status, String::new()),
            (_, CERTIFICATE) => ok(text("certificate.pem")),
            _ => ok(json!({"token": hour_token("a", NOW_MS)})),
        });
        assert!(result.is_ok(), "{path} {status}: {result:?}");
        assert_eq!(asked, 3);
    }
    let (result, asked) = outcome(FEDERATION, |nth| match nth {
        0 => Reply::Bytes(b"HTTP/1.1 2"),
        _ => ok(json!({"token": hour_token("a", NOW_MS)})),
    });
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(asked, 2);
}

#[test]
fn attempts_have_an_end() {
    for path in [CERTIFICATE, FEDERATION] {
        let (result, asked) = outcome(path, |_| Reply::Answer(500, String::new()));
        let error = result.unwrap_err();
        assert!(
            matches!(error, AuthError::Refused { status: 500, .. }),
            "{error}"
        );
        assert_eq!(asked, 4);
        let (result, asked) = outcome(path, |_| Reply::Bytes(b"\0\0not HTTP"));
        let error = result.unwrap_err();
        assert!(
            matches!(&error, AuthError::NoAnswer { source, .. } if source.failure == Failure::Broken),
            "{error}"
        );
        assert_eq!(asked, 4);
    }
}

#[test]
fn a_slow_service_is_given_up() {
    for (path, attempts) in [(CERTIFICATE, 1), (FEDERATION, 4)] {
        let (result, asked) = outcome(path, |_| Reply::Hang);
        let error = result.unwrap_err();
        assert!(
            matches!(&error, AuthError::NoAnswer { source, .. } if source.failure == Failure::TimedOut),
            "{error}"
        );
        assert!(error.hint().is_some());
        assert_eq!(asked, attempts);
    }
}

#[test]
fn where_nobody_listens_the_user_is_told_so() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let http = Arc::new(PlainHttp::default());
    let instance =
        InstancePrincipal::new(settings(&format!("http://{port}")), Arc::clone(&http) as _);
    let mut request = Request::new(Method::Get, "https://streaming.example.com/");
    let error = instance
        .authorize(&mut request, &StandingClock::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the metadata service at http://{port}{CERTIFICATE} gave no answer")
    );
    assert!(error.hint().unwrap().contains("only on compute instances"));
    assert!(http.pauses.lock().unwrap().is_empty(), "at once");
}

#[test]
fn a_refusal_is_told_in_the_services_words_and_not_repeated() {
    let body = json!({"code": "NotAuthenticated", "message": "clock\nskew", "token": "secret"});
    let (result, asked) = outcome(FEDERATION, move |_| Reply::Answer(401, body.to_string()));
    let error = result.unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.ends_with("answered 401: NotAuthenticated: clockskew"),
        "{shown}"
    );
    assert!(error.hint().unwrap().contains("clock"));
    assert_eq!(asked, 1);
    let (result, _) = outcome(FEDERATION, |_| Reply::Answer(302, "<html>".to_owned()));
    assert!(result.unwrap_err().to_string().ends_with("answered 302"));
}

#[test]
fn answers_that_make_no_sense_are_refused() {
    let mut half = text("certificate.pem");
    half.truncate(600);
    half.push_str("\n-----END CERTIFICATE-----\n");
    for (body, says) in [
        (String::new(), "it is empty"),
        ("<html>".to_owned(), "it is not a certificate in PEM"),
        (text("public.pem"), "it is PEM, but not a certificate"),
        (half, "its certificate is malformed"),
        (
            text("certificate-of-nobody.pem"),
            "its certificate names no tenancy",
        ),
        ("x".repeat(2 << 20), "it is larger than 1 MiB"),
    ] {
        let (result, _) = outcome(CERTIFICATE, move |_| ok(&body));
        assert_eq!(reason(result), says);
    }
    for (body, says) in [
        ("<html>", "it is not JSON"),
        ("[1]", "it has no token"),
        (r#"{"token": 5}"#, "it has no token"),
        (r#"{"token": " "}"#, "it has no token"),
        ("\u{0}", "it is not JSON"),
    ] {
        let (result, asked) = outcome(FEDERATION, move |_| ok(body));
        assert_eq!(reason(result), says);
        assert_eq!(asked, 1);
    }
    let (result, _) = outcome("/opc/v2/identity/intermediate.pem", |_| ok("x"));
    assert_eq!(reason(result), "it is not a certificate in PEM");
    let (result, _) = outcome("/opc/v2/identity/key.pem", |_| {
        ok(text("ec.pkcs8.test-key.pem"))
    });
    assert!(matches!(result, Err(AuthError::Key(_))), "{result:?}");
}

#[test]
fn a_token_that_is_none_is_refused() {
    for body in [
        json!({"token": "secret"}),
        json!({"token": "secret.!.x"}),
        json!({"token": "secret.e30.x.y"}),
        json!({"token": "secret.W10.x"}),
    ] {
        let (result, _) = outcome(FEDERATION, move |_| ok(&body));
        let error = result.unwrap_err();
        assert!(matches!(error, AuthError::TokenMalformed { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    let smuggling = json!({"token": format!("{}\" evil=\"", token(&json!({})))});
    let (result, _) = outcome(FEDERATION, move |_| ok(&smuggling));
    assert!(matches!(result, Err(AuthError::Sign(_))), "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_token_panic(text in any::<String>(), seconds in any::<f64>(), whole in any::<i64>()) {
        let _ = Token::parse("token", &text);
        for claims in [json!({"exp": seconds}), json!({"exp": whole}), json!({"exp": text})] {
            let token = Token::parse("token", &token(&claims)).unwrap();
            let _ = (token.expires_ms(), token.has_expired(NOW_MS));
        }
    }
}
