//! `doctor`: what it finds, and what it says to do.

use serde_json::{Value, json};
use test_support::Program;

use crate::machine::{Machine, Run, token};
use crate::service::Service;

fn refusal(code: &str) -> Value {
    json!({"code": code, "message": "no"})
}

/// The status of a check, and its detail and cure.
#[track_caller]
fn finding(rows: &Value, check: &str) -> (String, String) {
    let rows = rows.as_array().unwrap();
    let row = rows.iter().find(|row| row["check"] == check);
    let row = row.unwrap_or_else(|| panic!("no {check} in {rows:#?}"));
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (
        text("status"),
        format!("{} | {}", text("detail"), text("cure")),
    )
}

#[track_caller]
fn holds(rows: &Value, check: &str, status: &str, told: &str) {
    let (found, text) = finding(rows, check);
    assert_eq!(found, status, "{check}: {text} in {rows:#}");
    assert!(text.contains(told), "no {told:?} in {check}: {text}");
}

fn doctor(machine: &Machine, service: &Service, more: &str) -> Run {
    machine.ocelot(&format!("doctor --endpoint {} {more}", service.url))
}

#[test]
fn a_machine_without_a_profile_is_well() {
    let machine = Machine::new();
    let rows = machine.ocelot("doctor").data(0);
    for check in ["data-folder", "settings", "environment"] {
        assert_eq!(finding(&rows, check).0, "ok", "{rows:#}");
    }
    for check in ["credentials", "connection", "clock", "signature"] {
        assert_eq!(finding(&rows, check).0, "skipped", "{rows:#}");
    }
    assert!(!machine.path("data").exists(), "looking makes nothing");
    machine.ocelot("streaming admin stream list");
    let rows = machine.ocelot("doctor").data(0);
    holds(&rows, "data-folder", "ok", "bytes of metadata");
    let rows = machine.ocelot("doctor --data-dir /dev/null/x").data(1);
    holds(&rows, "data-folder", "failed", "--data-dir");
}

#[test]
fn a_profile_that_works_is_told_to() {
    let machine = Machine::new();
    machine.set_up("");
    let service = Service::start(200, &json!([]), 0);
    let rows = doctor(&machine, &service, "").data(0);
    for check in [
        "settings",
        "permissions",
        "private-key",
        "fingerprint",
        "credentials",
        "connection",
        "clock",
        "signature",
    ] {
        assert_eq!(finding(&rows, check).0, "ok", "{check} in {rows:#}");
    }
    let seen = service.seen();
    assert!(
        seen[0].starts_with(
            "GET /20180418/streampools?compartmentId=ocid1.tenancy.oc1..aaaa&limit=1 "
        )
    );
    assert!(seen[0].contains("authorization: Signature"), "{seen:?}");
}

#[test]
fn a_refused_signature_is_traced_to_its_cause() {
    let machine = Machine::new();
    machine.set_up("");
    let late = Service::start(401, &refusal("NotAuthenticated"), 600);
    let rows = doctor(&machine, &late, "").data(1);
    holds(&rows, "clock", "failed", "behind the service's");
    holds(&rows, "signature", "failed", "timedatectl");
    let early = Service::start(401, &refusal("NotAuthenticated"), -90);
    let rows = doctor(&machine, &early, "").data(1);
    holds(&rows, "clock", "warning", "ahead of the service's");
    holds(&rows, "signature", "failed", "has a key with fingerprint");

    let service = Service::start(401, &refusal("NotAuthenticated"), 0);
    let config = machine.read(".oci/config");
    machine.write(
        ".oci/config",
        &(config.clone() + "security_token_file=~/token\n"),
    );
    let rows = doctor(&machine, &service, "").data(1);
    holds(&rows, "authentication", "warning", "--auth security_token");
    holds(&rows, "signature", "failed", "--auth security_token");
    let unseen = Service::start(404, &refusal("NotAuthorizedOrNotFound"), 0);
    let rows = doctor(&machine, &unseen, "").data(0);
    holds(&rows, "signature", "warning", "stream-family");
}

#[test]
fn a_profile_that_is_wrong_is_told_where() {
    let machine = Machine::new();
    let made = machine.set_up("");
    let service = Service::start(200, &json!([]), 0);
    let config = machine.read(".oci/config");
    let fingerprint = made["fingerprint"].as_str().unwrap();
    let changed = |from: &str, to: &str| {
        machine.write(".oci/config", &config.replace(from, to));
        doctor(&machine, &service, "").data(1)
    };
    let other = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    let rows = changed(fingerprint, other);
    holds(
        &rows,
        "fingerprint",
        "failed",
        &format!("Set fingerprint={fingerprint}"),
    );
    let rows = changed("oci_api_key.pem", "gone.pem");
    holds(
        &rows,
        "private-key",
        "failed",
        "gone.pem: there is no such file",
    );
    holds(&rows, "signature", "skipped", "nothing to sign with");
    holds(&rows, "connection", "ok", "answered");
    let rows = changed("tenancy=", "tenanci=");
    holds(&rows, "credentials", "failed", "needs tenancy");
    let rows = changed("[DEFAULT]", "DEFAULT");
    holds(&rows, "settings", "failed", "config:1:");
    machine.write(".oci/config", &config);
    let rows = machine.ocelot("doctor --profile NONE").data(1);
    holds(&rows, "settings", "failed", "it has: DEFAULT");
    let rows = machine
        .ocelot("doctor --endpoint http://127.0.0.1:1")
        .data(1);
    holds(
        &rows,
        "connection",
        "failed",
        "cannot connect to http://127.0.0.1:1",
    );
    machine
        .ocelot("doctor --target cloud --endpoint http://127.0.0.1:1")
        .says(2, &["give one of them"]);
    let rows = machine.ocelot("doctor --target moon").data(1);
    holds(&rows, "connection", "failed", "moon");
}

#[test]
fn a_session_is_looked_at() {
    let machine = Machine::new();
    machine.begin_session("S", 600);
    let service = Service::start(200, &json!([]), 0);
    let line = "--profile S --auth security_token";
    let rows = doctor(&machine, &service, line).data(0);
    holds(&rows, "session-token", "ok", "valid until");
    holds(&rows, "signature", "ok", "takes it");
    machine.write(".oci/sessions/S/token", &token("S", -1));
    let rows = doctor(&machine, &service, line).data(1);
    holds(&rows, "session-token", "failed", "oci session authenticate");
    holds(&rows, "signature", "skipped", "nothing to sign with");
}

#[cfg(unix)]
#[test]
fn what_may_surprise_is_a_warning() {
    let machine = Machine::new()
        .variable("OCI_CLI_REGION", "us-phoenix-1")
        .variable("OCI_CLI_REGOIN", "x");
    machine.set_up("");
    machine.set_mode(".oci/config", 0o644);
    machine.set_mode(".oci/oci_api_key.pem", 0o640);
    let service = Service::start(200, &json!([]), 0);
    let rows = doctor(&machine, &service, "").data(0);
    holds(&rows, "permissions", "warning", "chmod 600");
    holds(&rows, "private-key", "warning", "chmod 600");
    holds(&rows, "environment", "warning", "OCI_CLI_REGION wins over");
    holds(
        &rows,
        "environment",
        "warning",
        "OCI_CLI_REGOIN says nothing",
    );
}

#[test]
fn a_folder_that_a_server_has_is_well() {
    let home = Program::new();
    let server = home.serve("");
    let rows = home.data("doctor");
    holds(&rows, "data-folder", "ok", server.url());
}

#[test]
fn a_server_that_asks_for_no_signature_is_well() {
    let machine = Machine::new();
    let service = Service::start(200, &json!([]), 0);
    let rows = doctor(&machine, &service, "").data(0);
    holds(&rows, "connection", "ok", "answered");
    holds(&rows, "signature", "skipped", "do not sign");
    let service = Service::start(401, &refusal("NotAuthenticated"), 0);
    let rows = doctor(&machine, &service, "").data(1);
    holds(&rows, "signature", "failed", "ocelot setup config");
}
