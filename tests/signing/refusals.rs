//! What may not be signed, and what signing leaves alone.

use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::signing::{SignError, Signer};

use crate::support::key;

const NOW_MS: i64 = 1_388_957_500_000;

fn signer() -> Signer {
    Signer::new("tenancy/user/fingerprint", key())
}

fn request(method: Method) -> Request {
    Request::new(method, "https://streaming.example.com/20180418/streams")
}

#[test]
fn header_injection_is_refused_and_changes_nothing() {
    for value in [
        "a\r\nx-evil: 1",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\tb",
        "a\u{7f}b",
        "a\u{85}b",
    ] {
        let mut request = request(Method::Get);
        request
            .headers
            .push(("opc-request-id".to_owned(), value.to_owned()));
        let before = request.clone();
        assert_eq!(
            signer().sign(&mut request, NOW_MS),
            Err(SignError::HeaderValue("opc-request-id".to_owned()))
        );
        assert_eq!(request, before);
    }
    for name in ["", "a b", "a:b", "a\nb", "é"] {
        let mut request = request(Method::Get);
        request.headers.push((name.to_owned(), "x".to_owned()));
        assert!(matches!(
            signer().sign(&mut request, NOW_MS),
            Err(SignError::HeaderName(_))
        ));
    }
    for url in [
        "https://a.example/b c",
        "https://a.example/b\r\nHost: evil",
        "a.example",
    ] {
        let mut request = Request::new(Method::Get, url);
        assert!(matches!(
            signer().sign(&mut request, NOW_MS),
            Err(SignError::Url { .. })
        ));
    }
    for key_id in ["a\",b=\"c", "a\nb", "ST$a b"] {
        let result = Signer::new(key_id, key()).sign(&mut request(Method::Get), NOW_MS);
        assert_eq!(result, Err(SignError::KeyId));
        assert!(!result.unwrap_err().to_string().contains(key_id));
    }
}

#[test]
fn a_signed_header_may_not_be_given_twice() {
    let mut request = request(Method::Post);
    for value in ["text/plain", "text/html"] {
        request
            .headers
            .push(("Content-Type".to_owned(), value.to_owned()));
    }
    assert_eq!(
        signer().sign(&mut request, NOW_MS),
        Err(SignError::HeaderTwice("content-type".to_owned()))
    );
}

#[test]
fn x_date_is_signed_in_place_of_date() {
    let date = "Thu, 05 Jan 2014 21:31:40 GMT";
    for with_date in [false, true] {
        let mut request = request(Method::Get);
        request.set_header("X-Date", date);
        if with_date {
            request.set_header("Date", date);
        }
        signer().sign(&mut request, NOW_MS).unwrap();
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.contains(r#"headers="x-date (request-target) host""#));
        assert_eq!(request.header("date").is_some(), with_date);
    }
}

#[test]
fn signing_again_replaces_the_signature() {
    let mut request = request(Method::Put);
    request
        .headers
        .push(("opc-retry-token".to_owned(), "T".to_owned()));
    request
        .headers
        .push(("Content-Length".to_owned(), "99".to_owned()));
    request.body = Some(b"{}".to_vec());
    signer().sign(&mut request, NOW_MS).unwrap();
    let first = request.clone();
    signer().sign(&mut request, NOW_MS).unwrap();
    assert_eq!(request, first);
    assert_eq!(request.header("content-length"), Some("2"));
    assert_eq!(request.header("opc-retry-token"), Some("T"));
}

#[test]
fn a_time_beyond_the_calendar_is_an_error() {
    let result = signer().sign(&mut request(Method::Get), i64::MAX);
    assert_eq!(result, Err(SignError::Time(i64::MAX)));
}

#[test]
fn debug_shows_neither_signature_nor_token() {
    let signer = Signer::new("ST$secret-token", key());
    let mut request = request(Method::Post);
    request.set_header("opc-obo-token", "secret-delegation");
    request.body = Some(b"secret-body".to_vec());
    signer.sign(&mut request, NOW_MS).unwrap();
    let shown = format!("{signer:?} {request:?}");
    assert!(
        !shown.contains("secret-") && !shown.contains("signature="),
        "{shown}"
    );
}
