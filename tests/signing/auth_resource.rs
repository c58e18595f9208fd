//! `resource_principal`, versions 2.2 and 1.1, as the environment tells.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::auth::{AuthError, Credentials, ResourcePrincipal};
use serde_json::json;

use crate::auth_instance::instance_answers;
use crate::standin::{
    HOUR_MS, NOW_MS, PlainHttp, Reply, Signature, StandIn, StandingClock, hour_token, ok, regions,
};
use crate::support::{PASSPHRASE, key, key_path, text};

fn request() -> Request {
    Request::new(
        Method::Get,
        "https://streaming.example.com/20180418/streams",
    )
}

fn principal(variables: &[(&str, &str)]) -> Result<ResourcePrincipal, AuthError> {
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| (format!("OCI_{name}"), (*value).to_owned()))
        .collect();
    let environment = |name: &str| variables.get(name).cloned();
    ResourcePrincipal::from_environment(&environment, &regions(), Arc::new(PlainHttp::default()))
}

fn key_id(principal: &ResourcePrincipal, clock: &StandingClock) -> String {
    let mut request = request();
    principal.authorize(&mut request, clock).unwrap();
    Signature::of(&request, key().public_der()).key_id
}

#[test]
fn values_in_the_environment_serve_until_they_expire() {
    let token = hour_token("a", NOW_MS);
    let principal = principal(&[
        ("RESOURCE_PRINCIPAL_VERSION", "2.2"),
        ("RESOURCE_PRINCIPAL_RPST", &token),
        (
            "RESOURCE_PRINCIPAL_PRIVATE_PEM",
            &text("rsa.pkcs1.locked-aes256.test-key.pem"),
        ),
        ("RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", PASSPHRASE),
        ("RESOURCE_PRINCIPAL_REGION", "phx"),
    ])
    .unwrap();
    let clock = StandingClock::new();
    assert_eq!(key_id(&principal, &clock), format!("ST${token}"));
    assert_eq!(principal.region().unwrap().as_deref(), Some("us-phoenix-1"));
    assert_eq!(
        principal.tenancy().unwrap().as_deref(),
        Some("ocid1.tenancy.oc1..resource")
    );
    assert!(!principal.renew(), "values cannot be renewed");
    let shown = format!("{principal:?}");
    assert!(
        !shown.contains("eyJ") && !shown.contains(PASSPHRASE),
        "{shown}"
    );
    clock.set(NOW_MS + HOUR_MS);
    let error = principal.authorize(&mut request(), &clock).unwrap_err();
    assert!(matches!(error, AuthError::TokenExpired { .. }));
}

#[test]
fn files_are_read_again_when_they_are_due() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rpst");
    let passphrase = folder.path().join("passphrase");
    let write = |name: &str, from_ms| {
        let token = hour_token(name, from_ms);
        std::fs::write(&file, format!("{token}\n")).unwrap();
        format!("ST${token}")
    };
    std::fs::write(&passphrase, format!("{PASSPHRASE}\n")).unwrap();
    let first = write("first", NOW_MS);
    let locked = key_path("rsa.pkcs8.locked-aes256-sha256.test-key.pem");
    let principal = principal(&[
        ("RESOURCE_PRINCIPAL_VERSION", "2.2"),
        ("RESOURCE_PRINCIPAL_RPST", file.to_str().unwrap()),
        ("RESOURCE_PRINCIPAL_PRIVATE_PEM", locked.to_str().unwrap()),
        (
            "RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
            passphrase.to_str().unwrap(),
        ),
    ])
    .unwrap();
    let clock = StandingClock::new();
    assert_eq!(key_id(&principal, &clock), first);
    let second = write("second", NOW_MS);
    assert_eq!(key_id(&principal, &clock), first, "not due yet");
    assert!(principal.renew());
    assert_eq!(key_id(&principal, &clock), second);
    clock.set(NOW_MS + HOUR_MS - 1_000);
    let third = write("third", NOW_MS + HOUR_MS);
    assert_eq!(key_id(&principal, &clock), third);
    assert_eq!(principal.region().unwrap(), None);

    std::fs::remove_file(&file).unwrap();
    assert!(principal.renew());
    let error = principal.authorize(&mut request(), &clock).unwrap_err();
    assert!(matches!(error, AuthError::File { .. }));
}

#[test]
fn an_environment_that_lacks_something_is_told_what() {
    for (variables, says) in [
        (
            vec![],
            "resource_principal authentication needs OCI_RESOURCE_PRINCIPAL_VERSION, which is not set",
        ),
        (
            vec![("RESOURCE_PRINCIPAL_VERSION", "2.2")],
            "resource_principal authentication needs OCI_RESOURCE_PRINCIPAL_RPST, which is not set",
        ),
        (
            vec![("RESOURCE_PRINCIPAL_VERSION", "1.1")],
            "resource_principal authentication needs OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT, which is not set",
        ),
        (
            vec![("RESOURCE_PRINCIPAL_VERSION", "9")],
            "OCI_RESOURCE_PRINCIPAL_VERSION is \"9\", which is not supported",
        ),
    ] {
        let error = principal(&variables).unwrap_err();
        assert_eq!(error.to_string(), says);
        assert!(error.hint().is_some());
    }
}

/// A cloud with the two exchanges of version 1.1.
fn cloud() -> StandIn {
    let sessions = AtomicUsize::new(0);
    StandIn::start(move |received| match received.path.as_str() {
        "/v1/x509" => ok(json!({"token": hour_token("instance", NOW_MS)})),
        "/20180711/resourcePrincipalToken/ocid1.instance.oc1.phx.test"
        | "/own/path/ocid1.thing.oc1..x" => {
            ok(json!({"resourcePrincipalToken": "RPT", "servicePrincipalSessionToken": "SPST"}))
        }
        "/v1/resourcePrincipalSessionToken" => {
            let number = sessions.fetch_add(1, Ordering::SeqCst);
            ok(json!({"token": hour_token(&number.to_string(), NOW_MS)}))
        }
        _ => instance_answers(received),
    })
}

/// Version 1.1 with the federation service on the stand-in too.
fn federated(cloud: &StandIn, more: &[(&str, &str)]) -> ResourcePrincipal {
    use ocelot::client::auth::{FederatedResource, FederatedResourceSettings};

    let mut variables = HashMap::from([(
        "OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT".to_owned(),
        format!("{}/", cloud.url),
    )]);
    variables.insert(
        "OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT".to_owned(),
        cloud.url.clone(),
    );
    for (name, value) in more {
        variables.insert(format!("OCI_{name}"), (*value).to_owned());
    }
    let environment = |name: &str| variables.get(name).cloned();
    let instance = crate::auth_instance::settings(&cloud.url);
    let settings = FederatedResourceSettings::from_environment(&environment, instance).unwrap();
    let resource = FederatedResource::new(settings, Arc::new(PlainHttp::default()));
    ResourcePrincipal::Federated(Box::new(resource))
}

#[test]
fn version_1_1_exchanges_the_instances_word_for_the_resources() {
    let cloud = cloud();
    let resource = federated(&cloud, &[]);
    let clock = StandingClock::new();
    let mut request = request();
    resource.authorize(&mut request, &clock).unwrap();

    let federation = &cloud.received("/v1/x509")[0];
    let instance_key = BASE64_STANDARD
        .decode(federation.json()["publicKey"].as_str().unwrap())
        .unwrap();
    let instance_id = format!("ST${}", hour_token("instance", NOW_MS));
    let path = "/20180711/resourcePrincipalToken/ocid1.instance.oc1.phx.test";
    assert_eq!(
        cloud.received(path)[0].verify(&instance_key).key_id,
        instance_id
    );
    let exchange = &cloud.received("/v1/resourcePrincipalSessionToken")[0];
    assert_eq!(exchange.verify(&instance_key).key_id, instance_id);
    let body = exchange.json();
    assert_eq!(body["resourcePrincipalToken"], "RPT");
    assert_eq!(body["servicePrincipalSessionToken"], "SPST");

    let own_key = BASE64_STANDARD
        .decode(body["sessionPublicKey"].as_str().unwrap())
        .unwrap();
    let signature = Signature::of(&request, &own_key);
    assert_eq!(signature.key_id, format!("ST${}", hour_token("0", NOW_MS)));
    assert_eq!(resource.region().unwrap().as_deref(), Some("us-phoenix-1"));
    assert_eq!(
        resource.tenancy().unwrap().as_deref(),
        Some("ocid1.tenancy.oc1..test")
    );

    assert!(resource.renew());
    resource.authorize(&mut request, &clock).unwrap();
    assert_eq!(cloud.received("/v1/x509").len(), 2);
    assert_eq!(cloud.received("/v1/resourcePrincipalSessionToken").len(), 2);
}

#[test]
fn version_1_1_takes_path_and_id_from_the_environment() {
    let cloud = cloud();
    let resource = federated(
        &cloud,
        &[
            ("RESOURCE_PRINCIPAL_RPT_PATH", "/own/path/{id}"),
            ("RESOURCE_PRINCIPAL_RPT_ID", "ocid1.thing.oc1..x"),
        ],
    );
    resource
        .authorize(&mut request(), &StandingClock::new())
        .unwrap();
    assert_eq!(cloud.received("/own/path/ocid1.thing.oc1..x").len(), 1);
    assert!(cloud.received("/opc/v2/instance/id").is_empty());
}

#[test]
fn version_1_1_passes_on_what_the_services_refuse() {
    for (path, service) in [
        (
            "/20180711/resourcePrincipalToken/ocid1.instance.oc1.phx.test",
            "resource principal token service",
        ),
        ("/v1/resourcePrincipalSessionToken", "federation service"),
    ] {
        let front = StandIn::start(move |received| match received.path.as_str() {
            other if other == path => Reply::Answer(403, r#"{"message": "no"}"#.to_owned()),
            "/v1/x509" => ok(json!({"token": hour_token("instance", NOW_MS)})),
            "/20180711/resourcePrincipalToken/ocid1.instance.oc1.phx.test" => {
                ok(json!({"resourcePrincipalToken": "RPT", "servicePrincipalSessionToken": "SPST"}))
            }
            _ => instance_answers(received),
        });
        let error = federated(&front, &[])
            .authorize(&mut request(), &StandingClock::new())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the {service} at {}{path} answered 403: no", front.url)
        );
    }
}
