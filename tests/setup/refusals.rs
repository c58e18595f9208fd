//! What a command says where a service does not know who asks.

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::service::Service;

/// What a list of streams that is refused with 401 says to do, by a clock that is so far ahead.
fn tip(machine: &Machine, ahead_seconds: i64, more: &str) -> String {
    let refusal = json!({"code": "NotAuthenticated", "message": "who are you?"});
    let service = Service::start(401, &refusal, ahead_seconds);
    let run = machine.ocelot(&format!(
        "streaming admin stream list --compartment-id c --endpoint {} {more}",
        service.url
    ));
    run.says(1, &["ServiceError:\n{"]);
    let details = run.stderr.split_once(":\n").unwrap().1;
    let details: Value = serde_json::from_str(details).unwrap();
    assert_eq!(details["code"], "NotAuthenticated");
    details["troubleshooting_tips"].as_str().unwrap().to_owned()
}

#[test]
fn a_clock_that_is_off_is_told() {
    let machine = Machine::new();
    machine.set_up("");
    let behind = tip(&machine, 3 * 3600 + 30, "");
    assert!(
        behind.starts_with("This computer's clock is 3 hours behind the service's"),
        "{behind}"
    );
    let ahead = tip(&machine, -600, "");
    assert!(ahead.contains("minutes ahead of the service's"), "{ahead}");
    for seconds in [0, 200, -200] {
        let tip = tip(&machine, seconds, "");
        assert!(tip.starts_with("Check the profile's user"), "{tip}");
    }
}

#[test]
fn a_session_that_is_not_used_is_told() {
    let machine = Machine::new();
    machine.begin_session("S", 600);
    let config = machine.read(".oci/config");
    let config = config.replace(
        "fingerprint=aa\n",
        "fingerprint=aa\nuser=ocid1.user.oc1..aaaa\n",
    );
    machine.write(".oci/config", &config);
    let unused = tip(&machine, 0, "--profile S");
    assert!(unused.contains("give --auth security_token"), "{unused}");
    assert!(unused.contains("/.oci/config:"), "{unused}");
    let over = tip(&machine, 0, "--profile S --auth security_token");
    assert!(over.contains("ocelot session refresh"), "{over}");
}
