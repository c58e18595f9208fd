//! `instance_principal` and `instance_obo_user` against stand-ins for the metadata and federation services.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::auth::{
    AuthError, Credentials, InstanceOboUser, InstancePrincipal, InstanceSettings,
};
use serde_json::json;

use crate::standin::{
    HOUR_MS, NOW_MS, PlainHttp, Received, Reply, Signature, StandIn, StandingClock, hour_token, ok,
    regions,
};
use crate::support::{key, text};

const TENANCY: &str = "ocid1.tenancy.oc1..test";

/// What an instance's surroundings answer, as long as all is well.
pub(crate) fn instance_answers(received: &Received) -> Reply {
    match received.path.as_str() {
        path if path.starts_with("/opc/v2/")
            && received.header("authorization") != "Bearer Oracle" =>
        {
            Reply::Answer(401, String::new())
        }
        "/opc/v2/identity/cert.pem" => ok(text("certificate.pem")),
        "/opc/v2/identity/key.pem" => ok(text("rsa.pkcs8.test-key.pem")),
        "/opc/v2/identity/intermediate.pem" => ok(text("certificate-of-nobody.pem")),
        "/opc/v2/instance/region" => ok("PHX\n"),
        "/opc/v2/instance/id" => ok("ocid1.instance.oc1.phx.test\n"),
        _ => Reply::Answer(404, String::new()),
    }
}

/// A cloud that federates, with a new token each time.
pub(crate) fn cloud() -> StandIn {
    let tokens = AtomicUsize::new(0);
    StandIn::start(move |received| match received.path.as_str() {
        "/v1/x509" => {
            let number = tokens.fetch_add(1, Ordering::SeqCst);
            ok(json!({"token": hour_token(&number.to_string(), NOW_MS + number as i64 * HOUR_MS)}))
        }
        _ => instance_answers(received),
    })
}

pub(crate) fn settings(url: &str) -> InstanceSettings {
    InstanceSettings {
        metadata_base_url: Some(format!("{url}/opc/v2/")),
        federation_endpoint: Some(format!("{url}/v1/x509")),
        purpose: None,
        regions: regions(),
    }
}

fn request() -> Request {
    let mut request = Request::new(
        Method::Post,
        "https://streaming.example.com/20180418/streams",
    );
    request.body = Some(b"{}".to_vec());
    request
}

fn public_key(received: &Received) -> Vec<u8> {
    let body = received.json();
    BASE64_STANDARD
        .decode(body["publicKey"].as_str().unwrap())
        .unwrap()
}

#[test]
fn an_instance_exchanges_its_certificate_for_a_session() {
    let cloud = cloud();
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
    let mut request = request();
    instance
        .authorize(&mut request, &StandingClock::new())
        .unwrap();

    let federations = cloud.received("/v1/x509");
    let [federation] = federations.as_slice() else {
        panic!("{federations:?}");
    };
    let signature = federation.verify(key().public_der());
    assert_eq!(
        signature.headers,
        "date (request-target) content-length content-type x-content-sha256"
    );
    let (tenancy, fingerprint) = signature.key_id.split_once("/fed-x509/").unwrap();
    assert_eq!(tenancy, TENANCY);
    assert_eq!(fingerprint.len(), 59, "SHA-1 in hex with colons");
    let body = federation.json();
    let certificate = pem::parse(text("certificate.pem")).unwrap();
    assert_eq!(
        body["certificate"],
        BASE64_STANDARD.encode(certificate.contents())
    );
    assert_eq!(
        body["intermediateCertificates"].as_array().unwrap().len(),
        1
    );
    assert!(body.get("purpose").is_none());

    let signature = Signature::of(&request, &public_key(federation));
    assert_eq!(signature.key_id, format!("ST${}", hour_token("0", NOW_MS)));
    assert_eq!(instance.region().unwrap().unwrap(), "us-phoenix-1");
    assert_eq!(instance.tenancy().unwrap().unwrap(), TENANCY);
    assert!(!format!("{instance:?}").contains("eyJ"));
}

#[test]
fn a_token_serves_until_a_minute_before_its_end() {
    let cloud = cloud();
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
    let clock = StandingClock::new();
    for (now_ms, exchanges) in [
        (NOW_MS, 1),
        (NOW_MS + HOUR_MS - 61_000, 1),
        (NOW_MS + HOUR_MS - 59_000, 2),
        (NOW_MS + HOUR_MS + 1, 2),
    ] {
        clock.set(now_ms);
        instance.authorize(&mut request(), &clock).unwrap();
        assert_eq!(cloud.received("/v1/x509").len(), exchanges);
    }
    let seen = cloud.received("/v1/x509");
    assert_ne!(
        public_key(&seen[0]),
        public_key(&seen[1]),
        "a key serves one token"
    );
}

#[test]
fn a_401_brings_a_new_token() {
    let cloud = cloud();
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
    assert!(!instance.renew(), "there is none to renew");
    let clock = StandingClock::new();
    let mut first = request();
    instance.authorize(&mut first, &clock).unwrap();
    assert!(instance.renew());
    let mut second = first.clone();
    instance.authorize(&mut second, &clock).unwrap();
    assert_eq!(cloud.received("/v1/x509").len(), 2);
    let public = public_key(&cloud.received("/v1/x509")[1]);
    assert!(Signature::of(&second, &public).key_id != first.header("authorization").unwrap());
}

#[test]
fn when_renewal_fails_the_old_token_serves_to_its_end() {
    let failing = Arc::new(Mutex::new(false));
    let fails = Arc::clone(&failing);
    let cloud = StandIn::start(move |received| match received.path.as_str() {
        "/v1/x509" if *fails.lock().unwrap() => Reply::Answer(503, String::new()),
        "/v1/x509" => ok(json!({"token": hour_token("a", NOW_MS)})),
        _ => instance_answers(received),
    });
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
    let clock = StandingClock::new();
    instance.authorize(&mut request(), &clock).unwrap();
    *failing.lock().unwrap() = true;
    clock.set(NOW_MS + HOUR_MS - 1_000);
    instance.authorize(&mut request(), &clock).unwrap();
    clock.set(NOW_MS + HOUR_MS);
    let error = instance.authorize(&mut request(), &clock).unwrap_err();
    assert!(
        matches!(error, AuthError::Refused { status: 503, .. }),
        "{error}"
    );
}

#[test]
fn many_threads_share_one_exchange() {
    let cloud = cloud();
    let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                instance
                    .authorize(&mut request(), &StandingClock::new())
                    .unwrap();
            });
        }
    });
    assert_eq!(cloud.received("/v1/x509").len(), 1);
}

#[test]
fn the_region_is_looked_up_or_asked_for_in_full() {
    for (region, info, expected) in [
        ("phx", None, "us-phoenix-1"),
        (
            "xyz",
            Some(
                json!({"regionIdentifier": "xx-new-1", "realmDomainComponent": "oraclecloud99.com"}),
            ),
            "xx-new-1",
        ),
        ("xyz", Some(json!({"regionKey": 5})), "xyz"),
        ("xyz", None, "xyz"),
    ] {
        let cloud = StandIn::start(move |received| match received.path.as_str() {
            "/opc/v2/instance/region" => ok(region),
            "/opc/v2/instance/regionInfo" => match &info {
                Some(info) => ok(info),
                None => Reply::Answer(404, String::new()),
            },
            _ => instance_answers(received),
        });
        let instance = InstancePrincipal::new(settings(&cloud.url), Arc::new(PlainHttp::default()));
        assert_eq!(instance.region().unwrap().unwrap(), expected);
        assert_eq!(instance.region().unwrap().unwrap(), expected);
        assert_eq!(
            cloud.received("/opc/v2/instance/region").len(),
            1,
            "asked once"
        );
    }
}

#[test]
fn without_an_endpoint_the_regions_own_is_asked() {
    let cloud = cloud();
    let mut settings = settings(&cloud.url);
    settings.federation_endpoint = Some(" ".to_owned());
    let instance = InstancePrincipal::new(settings, Arc::new(PlainHttp::default()));
    let error = instance
        .authorize(&mut request(), &StandingClock::new())
        .unwrap_err();
    let AuthError::NoAnswer { url, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(url, "https://auth.us-phoenix-1.oraclecloud.com/v1/x509");
}

#[test]
fn a_purpose_is_passed_on() {
    let cloud = cloud();
    let mut settings = settings(&cloud.url);
    settings.purpose = Some("service_principal".to_owned());
    let instance = InstancePrincipal::new(settings, Arc::new(PlainHttp::default()));
    instance
        .authorize(&mut request(), &StandingClock::new())
        .unwrap();
    assert_eq!(
        cloud.received("/v1/x509")[0].json()["purpose"],
        "SERVICE_PRINCIPAL"
    );
}

#[test]
fn the_environment_names_the_metadata_service() {
    let set = |name: &str| (name == "OCI_METADATA_BASE_URL").then(|| "http://m/opc/v2".to_owned());
    let settings = InstanceSettings::from_environment(&set, regions());
    assert_eq!(
        settings.metadata_base_url.as_deref(),
        Some("http://m/opc/v2")
    );
    let blank = |_: &str| Some("  ".to_owned());
    let settings = InstanceSettings::from_environment(&blank, regions());
    assert_eq!(settings.metadata_base_url, None);
}

#[test]
fn on_behalf_of_a_user_the_delegation_token_is_signed() {
    let cloud = cloud();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("delegation_token");
    let http = Arc::new(PlainHttp::default());
    let user = InstanceOboUser::new(settings(&cloud.url), file.clone(), http);
    let clock = StandingClock::new();

    let error = user.authorize(&mut request(), &clock).unwrap_err();
    assert!(matches!(
        error,
        AuthError::File {
            what: "delegation token",
            ..
        }
    ));
    std::fs::write(&file, "\n").unwrap();
    let error = user.authorize(&mut request(), &clock).unwrap_err();
    assert!(matches!(error, AuthError::TokenMalformed { .. }));

    std::fs::write(&file, "dele.gat.ion\n").unwrap();
    let mut request = request();
    user.authorize(&mut request, &clock).unwrap();
    assert_eq!(request.header("opc-obo-token"), Some("dele.gat.ion"));
    let public = public_key(&cloud.received("/v1/x509")[0]);
    let signature = Signature::of(&request, &public);
    assert_eq!(
        signature.headers,
        "date (request-target) host opc-obo-token content-length content-type x-content-sha256"
    );
    assert!(user.renew());
    assert_eq!(user.region().unwrap().unwrap(), "us-phoenix-1");
    assert_eq!(user.tenancy().unwrap().unwrap(), TENANCY);
}
