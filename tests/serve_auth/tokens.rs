//! Kafka clients that log in with auth tokens.

use serde_json::Value;

use crate::support::{Home, Server, python};

const SHOP: &str = "ocid1.tenancy.oc1..shop";

#[test]
fn kafka_clients_log_in_with_tokens() {
    let home = Home::new();
    home.profile("SHOP", SHOP);
    home.run(&["local", "key", "add", "--profile", "SHOP"]);
    let server = Server::start(&home, &["--auth", "verify"]);
    let signed = [
        "--endpoint",
        server.http(),
        "--profile",
        "SHOP",
        "--auth",
        "api_key",
    ];
    let pool = |name, as_whom: &[&str]| {
        let words = [
            "streaming",
            "admin",
            "stream-pool",
            "create",
            "--name",
            name,
        ];
        let rest = [
            "--compartment-id",
            SHOP,
            "--query",
            "data.id",
            "--raw-output",
        ];
        let id = home.run(&[&words[..], &rest, as_whom].concat());
        id.trim().to_owned()
    };
    let [first, second, local] = [
        pool("first", &signed),
        pool("second", &signed),
        pool("local", &[]),
    ];
    let token = |user| {
        let words = [
            "local",
            "token",
            "create",
            "--user",
            user,
            "--tenancy",
            SHOP,
        ];
        let made: Value = home.json(&[&words[..], &["--tenancy-name", "shop"]].concat());
        let text = |field: &str| made["data"][field].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    };
    let (_, good) = token("default/ann@example.com");
    let (deleted_id, deleted) = token("bob");
    home.run(&[
        "local",
        "token",
        "delete",
        "--token-id",
        &deleted_id,
        "--force",
    ]);
    python(
        "kafka_logins.py",
        &[server.kafka(), &first, &second, &local, &good, &deleted],
    );
}
