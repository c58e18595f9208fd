//! Signed requests, by keys as users make and register them.

use crate::support::{Home, Server, python};

const SHOP: &str = "ocid1.tenancy.oc1..shop";
const BANK: &str = "ocid1.tenancy.oc1..bank";

#[test]
fn registered_keys_sign_and_see_their_own_tenancy() {
    let home = Home::new();
    for (profile, tenancy) in [("SHOP", SHOP), ("BANK", BANK), ("STRANGER", SHOP)] {
        home.profile(profile, tenancy);
    }
    // One key is registered before there is a server, one with it.
    home.run(&["local", "key", "add", "--profile", "BANK"]);
    let server = Server::start(&home, &["--auth", "verify"]);
    home.run(&["local", "key", "add", "--profile", "SHOP"]);
    python("sdk.py", &[server.http(), &home.config_file()]);

    let list = |tenancy, more: &[&str]| {
        let words = [
            "streaming",
            "admin",
            "stream",
            "list",
            "--compartment-id",
            tenancy,
        ];
        let words = [&words[..], &["--query", "data[].name"], more].concat();
        home.json(&words)
    };
    let create = |name, tenancy, more: &[&str]| {
        let words = [
            "streaming",
            "admin",
            "stream",
            "create",
            "--partitions",
            "1",
        ];
        let named = ["--name", name, "--compartment-id", tenancy];
        home.run(&[&words[..], &named, more].concat());
    };
    // The owner of the data folder needs no key, and is a tenancy of its own.
    create("local", SHOP, &[]);
    assert_eq!(list(SHOP, &[]), serde_json::json!(["local"]));
    let signed = [
        "--endpoint",
        server.http(),
        "--profile",
        "SHOP",
        "--auth",
        "api_key",
    ];
    create("signed", SHOP, &signed);
    let names = list(SHOP, &signed).to_string();
    assert!(
        names.contains("signed") && !names.contains("local"),
        "{names}"
    );
    let stranger = [
        "--endpoint",
        server.http(),
        "--profile",
        "STRANGER",
        "--auth",
        "api_key",
    ];
    let words = [
        "streaming",
        "admin",
        "stream",
        "list",
        "--compartment-id",
        SHOP,
    ];
    let (status, said) = home.refusal(&[&words[..], &stranger].concat());
    assert_eq!(status, 1);
    assert!(
        said.contains("401") && said.contains("NotAuthenticated"),
        "{said}"
    );
}
