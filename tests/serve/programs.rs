//! Programs that people write and use: with the official SDK, and over HTTP/2.

use crate::official::{python, test_key};
use crate::server::{Home, Server};

#[test]
fn the_sdk_does_every_operation_of_streaming() {
    let home = Home::new();
    let server = home.serve("");
    if let Some(said) = python(&home, &server, "sdk_streaming.py", test_key()) {
        assert!(said.starts_with("every operation answered"), "{said}");
    }
}

#[test]
fn the_sdk_does_every_operation_of_streaming_over_tls() {
    let home = Home::new();
    let server = home.serve("--tls auto");
    if let Some(said) = python(&home, &server, "sdk_streaming.py", test_key()) {
        assert!(said.starts_with("every operation answered"), "{said}");
    }
}

/// A server whose callers must sign, for two tenancies that it knows and one caller that it does not.
fn verifying(home: &Home) -> Server {
    for (profile, tenancy) in [("SHOP", "shop"), ("BANK", "bank"), ("STRANGER", "shop")] {
        let key_file = home.path(&format!("{profile}.pem"));
        home.ok(&format!(
            "setup config --profile {profile} --user ocid1.user.oc1..{tenancy} --region us-ashburn-1 \
             --tenancy ocid1.tenancy.oc1..{tenancy} --key-file {} --no-passphrase",
            key_file.display()
        ));
    }
    home.ok("local key add --profile SHOP");
    home.ok("local key add --profile BANK");
    home.serve("--auth verify")
}

#[test]
fn the_sdk_does_every_operation_of_queue() {
    let home = Home::new();
    let server = verifying(&home);
    python(&home, &server, "sdk_queue.py", home.path(".oci/config"));
}

#[test]
fn the_sdk_does_every_operation_of_notifications() {
    let home = Home::new();
    let server = verifying(&home);
    python(&home, &server, "sdk_ons.py", home.path(".oci/config"));
}

#[test]
fn producers_and_consumers_of_the_guides() {
    let home = Home::new();
    let server = home.serve("");
    if let Some(said) = python(&home, &server, "guide.py", test_key()) {
        assert_eq!(said, "120 put, 120 got, 120 got again\n");
    }
}

#[test]
fn http_2_is_spoken() {
    let home = Home::new();
    let server = home.serve("--memory");
    server.stream("orders", 1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!(
        "{}/20180418/streams?compartmentId=ocid1.compartment.oc1..shop",
        server.url()
    );
    let bodies = runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..50 {
            asked.spawn(client.get(&url).send());
        }
        let mut bodies = Vec::new();
        while let Some(response) = asked.join_next().await {
            let response = response.unwrap().unwrap();
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
            assert!(response.headers().contains_key("opc-request-id"));
            bodies.push(response.text().await.unwrap());
        }
        bodies
    });
    assert!(bodies.iter().all(|body| body.contains("orders")));
}
