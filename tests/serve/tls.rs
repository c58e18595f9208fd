//! TLS: the authority in the data folder, and certificates that are given.

use std::fs;

use ocelot::api::operation::Method;
use ocelot::client::{Http, HttpError, HttpOptions, Request};
use serde_json::Value;

use crate::server::{Home, is_private, json, text};
use crate::wire::Wire;

#[test]
fn the_authority_of_the_folder_is_trusted_and_lasts() {
    let home = Home::new();
    let server = home.serve("--tls auto");
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let ca = home.data().join("tls/ca.pem");
    assert_eq!(server.ready["ca"], ca.display().to_string());
    assert!(is_private(&home.data().join("tls/ca-key.pem")));
    let id = server.stream("orders", 1);
    let shown = json(&server.get(&format!("/20180418/streams/{id}")));
    assert_eq!(shown["messagesEndpoint"], server.url());
    // Who does not trust it does not get through.
    let stranger = Http::new(HttpOptions {
        direct: true,
        ..HttpOptions::default()
    });
    let request = Request::new(Method::Get, format!("{}/healthz", server.url()));
    let error = stranger.unwrap().send(&request).unwrap_err();
    assert!(matches!(error, HttpError::Tls { .. }), "{error}");
    // Commands on the folder need no certificate, and name the address that others use.
    let shown = home.json(&format!("streaming admin stream get --stream-id {id}"));
    assert_eq!(shown["messages-endpoint"], server.url());
    // The way in that they use is theirs alone.
    let record = fs::read(home.data().join("server.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    let control = record["control"].as_str().unwrap();
    let request = Request::new(
        Method::Get,
        format!("{control}/20180418/streams?compartmentId=x"),
    );
    assert_eq!(server.exchange(&request).status, 401);
    let before = fs::read(&ca).unwrap();
    server.stop();
    let server = home.serve("--tls auto");
    assert_eq!(fs::read(&ca).unwrap(), before);
    assert_eq!(text(&server.get("/healthz")), "ok\n");
}

#[test]
fn the_names_of_the_server_are_in_its_certificate() {
    let home = Home::new();
    let server = home.serve("--tls auto --advertise events.test");
    let localhost = server.url().replace("127.0.0.1", "localhost");
    let request = Request::new(Method::Get, format!("{localhost}/healthz"));
    assert_eq!(server.exchange(&request).status, 200);
}

#[test]
fn certificates_can_be_given() {
    let home = Home::new();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (home.path("cert.pem"), home.path("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let options = format!("--tls-cert {} --tls-key {}", cert.display(), key.display());
    let server = home.serve(&options);
    let http = Http::new(HttpOptions {
        direct: true,
        cert_bundle: Some(cert.clone()),
        ..HttpOptions::default()
    });
    let request = Request::new(Method::Get, format!("{}/healthz", server.url()));
    assert_eq!(http.unwrap().send(&request).unwrap().status, 200);
    home.ok("streaming admin stream list");
    assert!(!home.data().join("tls").exists());
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let home = Home::new();
    fs::write(home.path("empty.pem"), "").unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap();
    fs::write(home.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(home.path("key.pem"), other.signing_key.serialize_pem()).unwrap();
    for (options, status, expected) in [
        ("--tls-cert cert.pem", 2, "--tls-key"),
        (
            "--tls off --tls-cert cert.pem --tls-key key.pem",
            2,
            "--tls off has no use for",
        ),
        (
            "--tls-cert none.pem --tls-key key.pem",
            1,
            "cannot use none.pem",
        ),
        (
            "--tls-cert empty.pem --tls-key key.pem",
            1,
            "empty.pem holds no certificate",
        ),
        (
            "--tls-cert cert.pem --tls-key empty.pem",
            1,
            "empty.pem holds no private key",
        ),
        (
            "--tls-cert cert.pem --tls-key key.pem",
            1,
            "the certificate cannot be used",
        ),
        ("--tls auto --memory", 1, "with --memory there is none"),
    ] {
        let run = home.run(&format!(
            "serve --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 {options}"
        ));
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(status), "{options}: {stderr}");
        assert!(stderr.contains(expected), "{options}: {stderr}");
    }
}

#[test]
fn who_speaks_no_tls_is_let_go() {
    let home = Home::new();
    let server = home.serve("--tls auto --client-timeout 1");
    let mut plain = Wire::to(server.address());
    plain.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(plain.is_closed());
    let mut silent = Wire::to(server.address());
    assert!(silent.is_closed());
    assert_eq!(text(&server.get("/healthz")), "ok\n");
}
