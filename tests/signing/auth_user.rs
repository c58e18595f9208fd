//! `api_key` and `security_token`: what a user's profile gives.

use std::path::Path;

use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::auth::{
    ApiKey, ApiKeySettings, AuthError, Credentials, KeySettings, KeySource, SecurityToken,
    SecurityTokenSettings,
};
use serde_json::json;

use crate::standin::{
    HOUR_MS, NOW_MS, PlainHttp, Reply, Signature, StandIn, StandingClock, hour_token, ok, token,
};
use crate::support::{fingerprint, key, key_path, passphrase, text};

fn request() -> Request {
    Request::new(
        Method::Get,
        "https://streaming.example.com/20180418/streams?limit=1",
    )
}

fn api_key(fingerprint: &str, key: KeySettings) -> Result<ApiKey, AuthError> {
    ApiKey::new(&ApiKeySettings {
        tenancy: "ocid1.tenancy.oc1..t".to_owned(),
        user: "ocid1.user.oc1..u".to_owned(),
        fingerprint: fingerprint.to_owned(),
        key,
        region: Some("us-phoenix-1".to_owned()),
    })
}

fn in_file(name: &str) -> KeySettings {
    KeySettings {
        source: KeySource::File(key_path(name)),
        passphrase: None,
    }
}

#[test]
fn a_user_signs_with_a_key_in_a_file_or_in_the_profile() {
    let content = KeySettings {
        source: KeySource::Content(
            text("rsa.pkcs8.locked-aes256-sha256.test-key.pem")
                .replace('\n', "\\n")
                .into(),
        ),
        passphrase: Some(passphrase()),
    };
    for settings in [in_file("rsa.pkcs1.test-key.pem"), content] {
        let user = api_key(&fingerprint(), settings).unwrap();
        let mut request = request();
        user.authorize(&mut request, &StandingClock::new()).unwrap();
        let signature = Signature::of(&request, key().public_der());
        let key_id = format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/{}", fingerprint());
        assert_eq!(signature.key_id, key_id);
        assert!(!user.renew(), "a key is not renewed");
        assert_eq!(user.region().unwrap().as_deref(), Some("us-phoenix-1"));
        assert_eq!(
            user.tenancy().unwrap().as_deref(),
            Some("ocid1.tenancy.oc1..t")
        );
        assert!(user.check_fingerprint().is_ok());
    }
}

#[test]
fn a_wrong_fingerprint_is_found_when_asked_for() {
    let user = api_key("aa:bb", in_file("rsa.pkcs1.test-key.pem")).unwrap();
    assert!(
        user.authorize(&mut request(), &StandingClock::new())
            .is_ok()
    );
    assert!(user.check_fingerprint().is_err());
}

#[test]
fn a_profile_that_lacks_something_is_told_what() {
    let error = api_key(" ", in_file("rsa.pkcs1.test-key.pem")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "api_key authentication needs fingerprint, which is not set"
    );
    let error = api_key("aa:bb", in_file("nowhere.pem")).unwrap_err();
    assert!(error.to_string().ends_with("there is no such file"));
    assert!(error.hint().is_some());
}

fn session(token_file: &Path) -> SecurityToken {
    SecurityToken::new(SecurityTokenSettings {
        token_file: token_file.to_owned(),
        key: in_file("rsa.pkcs8.test-key.pem"),
        tenancy: None,
        region: None,
    })
}

#[test]
fn a_session_signs_with_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let first = hour_token("first", NOW_MS);
    std::fs::write(&file, format!("{first}\r\n")).unwrap();
    let session = session(&file);
    let clock = StandingClock::new();
    let mut request = request();
    session.authorize(&mut request, &clock).unwrap();
    let signature = Signature::of(&request, key().public_der());
    assert_eq!(signature.key_id, format!("ST${first}"));
    assert!(!session.renew(), "the file is still the same");

    let second = hour_token("second", NOW_MS);
    std::fs::write(&file, &second).unwrap();
    assert!(session.renew());
    session.authorize(&mut request, &clock).unwrap();
    let signature = Signature::of(&request, key().public_der());
    assert_eq!(signature.key_id, format!("ST${second}"));
    assert!(!format!("{session:?}").contains("eyJ"));
}

#[test]
fn an_expired_session_says_when_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, hour_token("old", NOW_MS - HOUR_MS)).unwrap();
    let session = session(&file);
    let error = session
        .authorize(&mut request(), &StandingClock::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the session token expired at 2026-01-01T00:00:00.000Z"
    );
    assert!(error.hint().unwrap().contains("session authenticate"));
    assert!(session.token().unwrap().has_expired(NOW_MS));

    // One that ends within the minute still serves.
    let ends = (NOW_MS + 30_000) / 1000;
    std::fs::write(&file, token(&json!({"exp": ends}))).unwrap();
    let clock = StandingClock::new();
    session.authorize(&mut request(), &clock).unwrap();
    clock.set(NOW_MS + 30_000);
    let error = session.authorize(&mut request(), &clock).unwrap_err();
    assert!(matches!(error, AuthError::TokenExpired { .. }));
}

#[test]
fn a_session_without_a_usable_token_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let clock = StandingClock::new();
    let error = session(&file)
        .authorize(&mut request(), &clock)
        .unwrap_err();
    assert!(matches!(error, AuthError::File { .. }));
    for text in ["", "abc", "a.b.c"] {
        std::fs::write(&file, text).unwrap();
        let error = session(&file)
            .authorize(&mut request(), &clock)
            .unwrap_err();
        assert!(matches!(error, AuthError::TokenMalformed { .. }), "{error}");
    }
}

#[test]
fn a_refresh_is_signed_within_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let old = hour_token("old", NOW_MS);
    let new = hour_token("new", NOW_MS);
    std::fs::write(&file, &old).unwrap();
    let body = json!({ "token": new }).to_string();
    let service = StandIn::start(move |_| ok(&body));
    let http = PlainHttp::default();
    let clock = StandingClock::new();
    let fresh = session(&file).refresh(&format!("{}/", service.url), &http, &clock);
    assert_eq!(fresh.unwrap().claim("sub"), Some("new"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), new);
    let received = service.received("/v1/authentication/refresh");
    let signature = received[0].verify(key().public_der());
    assert_eq!(signature.key_id, format!("ST${old}"));
    assert_eq!(received[0].json(), json!({ "currentToken": old }));
    assert!(signature.headers.contains("x-content-sha256"));

    // One that has expired is not even sent.
    clock.set(NOW_MS + HOUR_MS);
    let error = session(&file).refresh(&service.url, &http, &clock);
    assert!(matches!(error, Err(AuthError::TokenExpired { .. })));
    assert_eq!(service.received("/v1/authentication/refresh").len(), 1);
}

#[test]
fn a_refresh_is_tried_again_where_the_service_has_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, hour_token("old", NOW_MS)).unwrap();
    let service = StandIn::start(|_| Reply::Answer(503, String::new()));
    let http = PlainHttp::default();
    let error = session(&file).refresh(&service.url, &http, &StandingClock::new());
    assert!(matches!(error, Err(AuthError::Refused { status: 503, .. })));
    assert_eq!(service.received("/v1/authentication/refresh").len(), 4);
    assert_eq!(http.pauses.lock().unwrap().len(), 3);
}
