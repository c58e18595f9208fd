//! `oke_workload_identity` against a stand-in for the cluster's token service.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ocelot::api::operation::Method;
use ocelot::client::Request;
use ocelot::client::auth::{AuthError, Credentials, OkeSettings, OkeWorkloadIdentity};
use serde_json::json;

use crate::standin::{
    HOUR_MS, NOW_MS, PlainHttp, Reply, Signature, StandIn, StandingClock, hour_token, ok, regions,
};

const PATH: &str = "/resourcePrincipalSessionTokens";

fn request() -> Request {
    Request::new(
        Method::Get,
        "https://streaming.example.com/20180418/streams",
    )
}

fn workload(cluster: &StandIn, account_token: String) -> OkeWorkloadIdentity {
    let settings = OkeSettings {
        url: format!("{}{PATH}", cluster.url),
        authority_file: PathBuf::from("/ca.crt"),
        account_token_file: PathBuf::from("/nowhere/token"),
        account_token: Some(account_token.into()),
        region: None,
    };
    OkeWorkloadIdentity::new(settings, Arc::new(PlainHttp::default()))
}

fn answering(body: impl Fn() -> String + Send + 'static) -> StandIn {
    StandIn::start(move |_| ok(body()))
}

fn token_answer() -> String {
    let token = format!("ST${}", hour_token("pod", NOW_MS));
    BASE64_STANDARD.encode(json!({"token": token}).to_string())
}

#[test]
fn a_pod_exchanges_its_account_for_a_session() {
    for quoted in [false, true] {
        let cluster = answering(move || match quoted {
            true => format!("\"{}\"", token_answer()),
            false => token_answer(),
        });
        let account = hour_token("account", NOW_MS);
        let workload = workload(&cluster, account.clone());
        let clock = StandingClock::new();
        let mut request = request();
        workload.authorize(&mut request, &clock).unwrap();

        let exchange = &cluster.received(PATH)[0];
        assert_eq!(
            exchange.header("authorization"),
            format!("Bearer {account}")
        );
        assert_eq!(exchange.header("opc-request-id").len(), 98);
        let pod_key = BASE64_STANDARD
            .decode(exchange.json()["podKey"].as_str().unwrap())
            .unwrap();
        let signature = Signature::of(&request, &pod_key);
        assert_eq!(
            signature.key_id,
            format!("ST${}", hour_token("pod", NOW_MS))
        );
        assert_eq!(
            workload.tenancy().unwrap().as_deref(),
            Some("ocid1.tenancy.oc1..resource")
        );
        assert!(!format!("{workload:?}").contains("eyJ"));

        clock.set(NOW_MS + HOUR_MS / 2);
        workload.authorize(&mut request, &clock).unwrap();
        assert_eq!(cluster.received(PATH).len(), 1);
        clock.set(NOW_MS + HOUR_MS / 2 + 1);
        workload.authorize(&mut request, &clock).unwrap();
        assert_eq!(cluster.received(PATH).len(), 2, "renewed at half its life");
        assert!(workload.renew());
    }
}

#[test]
fn a_cluster_that_gives_no_token_is_an_error() {
    let clock = StandingClock::new();
    let account = || hour_token("account", NOW_MS);
    for (body, says) in [
        ("<html>".to_owned(), "it is not base64"),
        (BASE64_STANDARD.encode([0xff, 0xfe]), "it is not base64"),
        (BASE64_STANDARD.encode("[]"), "it has no token"),
        (BASE64_STANDARD.encode("x"), "it is not JSON"),
    ] {
        let cluster = answering(move || body.clone());
        let result = workload(&cluster, account()).authorize(&mut request(), &clock);
        match result {
            Err(AuthError::BadAnswer { reason, .. }) => assert_eq!(reason, says),
            other => panic!("{other:?}"),
        }
    }
    let basic = StandIn::start(|_| Reply::Answer(403, String::new()));
    let error = workload(&basic, account())
        .authorize(&mut request(), &clock)
        .unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "Workload identity needs an enhanced cluster."
    );
}

#[test]
fn an_expired_account_is_not_even_sent() {
    let cluster = answering(token_answer);
    let error = workload(&cluster, hour_token("account", NOW_MS - HOUR_MS))
        .authorize(&mut request(), &StandingClock::new())
        .unwrap_err();
    assert!(matches!(
        error,
        AuthError::TokenExpired {
            what: "service account token",
            ..
        }
    ));
    assert!(cluster.received(PATH).is_empty());
}

#[test]
fn the_environment_names_the_cluster() {
    let from = |host: &'static str| {
        let environment = move |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some(host.to_owned()),
            "OCI_RESOURCE_PRINCIPAL_REGION" => Some("phx".to_owned()),
            "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH" => Some("/own/token".to_owned()),
            _ => None,
        };
        OkeSettings::from_environment(&environment, &regions()).unwrap()
    };
    let settings = from("10.96.0.1");
    assert_eq!(settings.url, format!("https://10.96.0.1:12250{PATH}"));
    assert_eq!(settings.region.as_deref(), Some("us-phoenix-1"));
    assert_eq!(settings.account_token_file, PathBuf::from("/own/token"));
    assert!(settings.authority_file.ends_with("ca.crt"));
    assert_eq!(
        from("fd00::1").url,
        format!("https://[fd00::1]:12250{PATH}")
    );

    let error = OkeSettings::from_environment(&|_| None, &regions()).unwrap_err();
    assert!(error.to_string().contains("KUBERNETES_SERVICE_HOST"));
}
