//! Clients that speak TLS, with the server's own certificate authority.

use std::fs;

use crate::support::{Home, Server, python};

const SHOP: &str = "ocid1.tenancy.oc1..shop";

#[test]
fn clients_trust_the_servers_own_authority_and_no_other() {
    let home = Home::new();
    home.profile("SHOP", SHOP);
    home.run(&["local", "key", "add", "--profile", "SHOP"]);
    let create = [
        "local",
        "token",
        "create",
        "--user",
        "ann",
        "--tenancy",
        SHOP,
    ];
    let made = home.json(&[&create[..], &["--tenancy-name", "shop"]].concat());
    let token = made["data"]["token"].as_str().unwrap();
    let server = Server::start(&home, &["--auth", "verify", "--tls", "auto"]);
    let ca = home.path("data/tls/ca.pem").to_str().unwrap().to_owned();

    // Another server's authority.
    let elsewhere = Home::new();
    drop(Server::start(&elsewhere, &["--tls", "auto"]));
    let other = elsewhere
        .path("data/tls/ca.pem")
        .to_str()
        .unwrap()
        .to_owned();
    assert_ne!(fs::read(&ca).unwrap(), fs::read(&other).unwrap());

    assert!(server.http().starts_with("https://"), "{}", server.http());
    let words = [
        "streaming",
        "admin",
        "stream-pool",
        "list",
        "--compartment-id",
        SHOP,
    ];
    let signed = [
        "--profile",
        "SHOP",
        "--auth",
        "api_key",
        "--no-retry",
        "--endpoint",
        server.http(),
    ];
    let trusting = |bundle: &[&str]| -> Vec<String> {
        let all = [&words[..], &signed, bundle].concat();
        all.into_iter().map(ToOwned::to_owned).collect()
    };
    home.run(&trusting(&["--cert-bundle", &ca]));
    for bundle in [&["--cert-bundle", &other][..], &[]] {
        let (status, said) = home.refusal(&trusting(bundle));
        assert_eq!(status, 1);
        assert!(said.to_lowercase().contains("certificate"), "{said}");
    }
    // Commands on the data folder need no certificate.
    home.run(&words);
    python(
        "tls.py",
        &[
            server.http(),
            server.kafka(),
            &home.config_file(),
            token,
            &ca,
            &other,
        ],
    );
}
