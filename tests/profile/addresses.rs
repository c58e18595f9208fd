//! Regions and addresses against those that the SDK works out, recorded.

use std::fs;

use ocelot::api::operation::{Client, Operation};
use ocelot::api::operations;
use ocelot::profile::{BaseUrl, Region, regions};
use serde_json::Value;

use crate::{User, recorded};

fn operation(command: &str) -> &'static Operation {
    let mut all = operations();
    all.find(|operation| operation.command == command).unwrap()
}

/// An operation of the client with this name, and an ordinary one.
fn of_client(name: &str) -> &'static Operation {
    let mut all = operations();
    all.find(|operation| {
        operation.client.name == name && operation.command != "monitoring metric-data post"
    })
    .unwrap()
}

fn given(url: &str, client: &Client) -> Result<String, String> {
    let url = BaseUrl::given(url, client).map_err(|error| error.to_string())?;
    Ok(url.to_string())
}

#[test]
fn the_table_of_regions_is_the_sdk_s() {
    let cases = recorded("addresses.jsonl");
    let known: Vec<&Value> = cases
        .iter()
        .filter(|case| case["code"].is_string())
        .collect();
    assert_eq!(known.len(), regions::public_names().count());
    for case in known {
        let text = |key: &str| case[key].as_str().map(str::to_owned);
        let expected = Region {
            name: text("region").unwrap(),
            code: text("code"),
            realm: text("realm"),
            second_level_domain: text("domain"),
        };
        for name in [&expected.name, expected.code.as_ref().unwrap()] {
            assert_eq!(Region::public(name).as_ref(), Some(&expected));
        }
    }
}

#[test]
fn addresses_in_a_region_are_the_sdk_s() {
    let cases = recorded("addresses.jsonl");
    let asked: Vec<&Value> = cases
        .iter()
        .filter(|case| case["asked"].is_string())
        .collect();
    assert_eq!(asked.len(), 140);
    for case in asked {
        let mut user = User::new();
        for (name, value) in case["variables"].as_object().unwrap() {
            let name = name.clone().leak();
            user = user.variable(name, value.as_str().unwrap());
        }
        if case["file"].is_array() {
            user = user.file("regions-config.json", case["file"].to_string());
        }
        let region = Region::find(case["asked"].as_str().unwrap(), &user.environment()).unwrap();
        let dual_stack = case["dual_stack"].as_bool().unwrap();
        for (client, url) in case["urls"].as_object().unwrap() {
            let ours = BaseUrl::in_region(of_client(client), &region, dual_stack).unwrap();
            assert_eq!(ours.to_string(), url.as_str().unwrap(), "{case}");
        }
    }
}

#[test]
fn addresses_that_are_given_are_the_sdk_s() {
    for case in recorded("addresses.jsonl") {
        let Some(endpoint) = case["endpoint"].as_str() else {
            continue;
        };
        for (client, url) in case["urls"].as_object().unwrap() {
            let ours = given(endpoint, of_client(client).client).unwrap();
            let theirs = url.as_str().unwrap().replace("HTTPS://", "https://");
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn slashes_at_the_end_make_no_difference() {
    let client = operation("streaming admin stream list").client;
    for (url, expected) in [
        ("http://h:1/", "http://h:1/20180418"),
        ("http://h:1//", "http://h:1/20180418"),
        ("http://h:1/20180418/", "http://h:1/20180418"),
        ("http://h:1/x/", "http://h:1/x/20180418"),
        (" http://[::1]:9/ ", "http://[::1]:9/20180418"),
        ("http://h:", "http://h/20180418"),
    ] {
        assert_eq!(given(url, client).unwrap(), expected);
    }
}

#[test]
fn addresses_that_cannot_be_are_refused_with_the_reason() {
    let client = operation("streaming admin stream list").client;
    for (url, reason) in [
        ("", "it must begin with https:// or http://"),
        ("localhost:8080", "it must begin with https:// or http://"),
        ("ftp://h", "it must begin with https:// or http://"),
        ("http://", "it has no host"),
        ("http://:80", "it has no host"),
        ("http://a..b", "its host must be letters"),
        ("http://a b", "its host must be letters"),
        ("http://münchen", "its host must be letters"),
        ("http://h\r\nX-Injected: 1", "its port is no number"),
        ("http://h/\r\nX-Injected:1", "its path has a character"),
        ("http://h:99999", "its port is above 65535"),
        ("http://h:x", "its port is no number"),
        ("http://h:-1", "its port is no number"),
        ("http://me:pw@h", "it must not hold a user or a password"),
        (
            "http://h/?a=b",
            "it must have neither a query nor a fragment",
        ),
        ("http://h/#a", "it must have neither a query nor a fragment"),
        ("http://[::1", "its host is no IPv6 address"),
        ("http://[::zz]", "its host is no IPv6 address"),
        ("https://streaming.{region}.x", "its host must be letters"),
    ] {
        let error = given(url, client).unwrap_err();
        assert!(error.contains(reason), "{url:?}: {error}");
    }
}

#[test]
fn a_region_cannot_smuggle_another_host_in() {
    let user = User::new();
    for name in ["evil.com/x", "a@evil.com", "x:80/", "a b", "{x}"] {
        let region = Region::find(name, &user.environment()).unwrap();
        let url = BaseUrl::in_region(operation("streaming admin stream list"), &region, false);
        let safe = match &url {
            Ok(url) => url.origin().starts_with("https://stream"),
            Err(_) => true,
        };
        assert!(safe, "{name}: {url:?}");
    }
}

#[test]
fn metric_values_go_to_the_host_that_takes_them_in() {
    let region = Region::public("iad").unwrap();
    let url = |command| BaseUrl::in_region(operation(command), &region, false).unwrap();
    assert_eq!(
        url("monitoring metric-data post").to_string(),
        "https://telemetry-ingestion.us-ashburn-1.oraclecloud.com/20180401"
    );
    assert_eq!(
        url("monitoring metric list").origin(),
        "https://telemetry.us-ashburn-1.oraclecloud.com"
    );
}

#[test]
fn messages_have_cells() {
    let region = Region::public("fra").unwrap();
    let url = |command| BaseUrl::of_first_cell(operation(command), &region, false).unwrap();
    assert_eq!(
        url("streaming stream message put").to_string(),
        "https://cell-1.streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418"
    );
    assert_eq!(
        url("queue messages put-messages").origin(),
        "https://cell-1.queue.messaging.eu-frankfurt-1.oci.oraclecloud.com"
    );
    assert_eq!(
        url("streaming admin stream list").origin(),
        "https://streaming.eu-frankfurt-1.oci.oraclecloud.com"
    );
}

#[test]
fn settings_choose_the_address() {
    let list = operation("streaming admin stream list");
    let url = |user: &User| user.settings().base_url(list).map(|url| url.to_string());
    let user = User::new().config("[DEFAULT]\nregion = fra\n");
    assert_eq!(
        url(&user).unwrap(),
        "https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418"
    );
    let user = user.flag("endpoint", "http://localhost:1");
    assert_eq!(url(&user).unwrap(), "http://localhost:1/20180418");
    let error = url(&User::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no region is set: give --region")
    );
    let events = operation("events rule list");
    let user = User::new()
        .flag("region", "fra")
        .flag("enable-dual-stack", "true");
    assert_eq!(
        user.settings().base_url(events).unwrap().origin(),
        "https://events.eu-frankfurt-1.ds.oci.oraclecloud.com"
    );
}

#[test]
fn a_broken_description_of_regions_is_told_when_it_matters() {
    for (text, reason) in [("{", "EOF"), ("{}", "it is not a JSON list"), ("", "EOF")] {
        let user = User::new().file("regions-config.json", text);
        assert!(Region::find("fra", &user.environment()).is_ok());
        let error = Region::find("xx-new-9", &user.environment()).unwrap_err();
        let error = user.tilde(&error.to_string());
        assert!(
            error.starts_with("~/.oci/regions-config.json does not describe regions:"),
            "{error}"
        );
        assert!(error.contains(reason), "{error}");
    }
    let odd = r#"[1, null, [], {"regionKey": 3}, {"realmKey": null}]"#;
    let user = User::new().file("regions-config.json", odd);
    assert!(Region::find("xx-new-9", &user.environment()).is_ok());
    fs::remove_file(user.path("regions-config.json")).unwrap();
    fs::create_dir(user.path("regions-config.json")).unwrap();
    assert!(Region::find("xx-new-9", &user.environment()).is_ok());
}
