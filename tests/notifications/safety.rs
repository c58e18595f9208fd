//! Which addresses are delivered to, and which redirects are followed.

use std::time::Duration;

use crate::program::Program;
use crate::receiver::{Manner, Receiver};

const PUBLISH: &str = "ons message publish --topic-id alerts --body x";

#[test]
fn plain_http_is_for_this_machine_only() {
    let program = Program::with_alerts();
    // An address for documents, which nobody has.
    program.subscribe("CUSTOM_HTTPS", "http://192.0.2.1:9/hook");
    let notes = program.notes(PUBLISH);
    assert!(
        notes.contains("plain http:// is for this machine only"),
        "{notes}"
    );
    let notes = program.notes(&format!("{PUBLISH} --allow-http --delivery-timeout 1"));
    assert!(!notes.contains("plain http://"), "{notes}");
}

#[test]
fn private_networks_can_be_denied() {
    let program = Program::with_alerts();
    let receiver = Receiver::accepting();
    program.subscribe("CUSTOM_HTTPS", &receiver.url);
    for endpoint in [
        "https://10.0.0.1/",
        "https://[fd00::1]/",
        "https://169.254.169.254/",
    ] {
        program.subscribe("CUSTOM_HTTPS", endpoint);
    }
    // A name that leads to this machine.
    program.subscribe("CUSTOM_HTTPS", "https://localhost:9/");
    let notes = program.notes(&format!("{PUBLISH} --deny-private-networks --allow-http"));
    let denied = notes.matches("--deny-private-networks refuses").count();
    assert_eq!(denied, 5, "{notes}");
    assert_eq!(receiver.rest().len(), 0);
    program.notes(&format!("{PUBLISH} --deny-private-networks"));
    assert_eq!(receiver.rest().len(), 0);
}

#[test]
fn redirects_are_followed_to_the_same_host_and_keep_the_message() {
    let redirecting = |status, location: String| {
        let headers = format!("location: {location}\r\n");
        Receiver::new(Manner::Answers(status, headers, Duration::ZERO))
    };
    let other = Receiver::accepting();
    for status in [
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let program = Program::with_alerts();
        let receiver = redirecting(status, other.url.clone());
        program.subscribe("CUSTOM_HTTPS", &receiver.url);
        let notes = program.notes(PUBLISH);
        assert!(notes.contains("a redirect that is not followed"), "{notes}");
        assert_eq!(other.rest().len(), 0, "{status}");
    }
    let program = Program::with_alerts();
    let circular = redirecting("308 Permanent Redirect", "/moved".to_owned());
    program.subscribe("CUSTOM_HTTPS", &circular.url);
    program.notes(PUBLISH);
    let got = circular.rest();
    let followed: Vec<&str> = got.iter().map(|got| got.path.as_str()).collect();
    assert_eq!(followed[..4], ["/hook", "/moved", "/moved", "/moved"]);
    assert!(
        got.iter()
            .any(|got| got.path == "/moved" && got.body == "x")
    );
}

#[test]
fn options_of_deliveries_are_checked() {
    let program = Program::with_alerts();
    let fails = |line: &str, status: i32, told: &str| {
        let output = program.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}\n{stderr}");
        assert!(stderr.contains(told), "{line}\n{stderr}");
    };
    fails(
        "ons topic list --smtp mail",
        2,
        "--smtp: mail is no address",
    );
    fails(
        "ons topic list --smtp http://mail",
        2,
        "--smtp: http://mail",
    );
    fails(
        "ons topic list --smtp smtp://mail?from=nobody",
        2,
        "from is nobody",
    );
    fails(
        "ons topic list --delivery-timeout soon",
        2,
        "--delivery-timeout",
    );
    let cloud = "ons topic list --endpoint http://127.0.0.1:9 --allow-http";
    fails(cloud, 2, "--allow-http is about the local engine");
    fails(
        "local status --smtp smtp://mail",
        2,
        "has no use for --smtp",
    );
}
