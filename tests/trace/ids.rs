//! The ids that lead to a trace, and those that do not.

use serde_json::json;

use crate::sandbox::{Sandbox, string};

#[test]
fn ids_that_a_user_has_in_hand() {
    let sandbox = Sandbox::with_alerts();
    sandbox.data("local function add --name lab --exec cat");
    sandbox.subscribe("EMAIL", "oncall@example.com");
    sandbox.subscribe("ORACLE_FUNCTIONS", "lab");
    let id = sandbox.publish("");
    let call = string(&sandbox.data("local function logs lab")[0]["call-id"]);
    let number = sandbox.data("local inbox list")[0]["number"].to_string();
    for alias in [call, number] {
        assert_eq!(sandbox.trace(&alias)["id"], id, "{alias}");
    }
}

#[test]
fn ids_that_lead_nowhere() {
    let sandbox = Sandbox::with_alerts();
    for id in ["5f0c7a3e-0000-4000-8000-000000000000", "1", "''"] {
        let told = sandbox.refusal(&format!("local trace {id}"));
        assert!(
            told.contains("ocelot local trace lists the newest"),
            "{told}"
        );
    }
    let told = sandbox.refusal("local trace nothing");
    for word in ["nothing", "eventID", "call-id", "10000 hops", "30 days"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let both = sandbox.output("local trace 1 --limit 3");
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_newest_are_listed_first() {
    let sandbox = Sandbox::with_alerts();
    sandbox.subscribe("EMAIL", "oncall@example.com");
    let ids: Vec<String> = (0..3).map(|_| sandbox.publish("")).collect();
    let listed = sandbox.data("local trace --limit 2");
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], json!(ids[2]));
    assert_eq!(listed[1]["id"], json!(ids[1]));
    assert_eq!(listed[0]["source"], "message to alerts");
    assert_eq!(listed[0]["result"], "delivered");
}

#[test]
fn the_newest_complete_at_tab() {
    let sandbox = Sandbox::with_alerts();
    let ids: Vec<String> = (0..11).map(|_| sandbox.publish("")).collect();
    let complete = |begun: &str| {
        let mut command = sandbox.command("-- ocelot local trace");
        command
            .arg(begun)
            .env("OCELOT_COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", "3")
            .env("_CLAP_IFS", "\n");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let offered = complete("");
    assert!(
        offered.contains(&ids[10]) && offered.contains(&ids[1]),
        "{offered}"
    );
    assert!(!offered.contains(&ids[0]), "{offered}");
    assert_eq!(complete(&ids[5][..20]).trim(), ids[5]);
}
