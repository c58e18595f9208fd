//! `ocelot top` of a server that is named by its address.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::Server;

use crate::foreign;
use crate::once::{FULL, prepared, with_rules};
use crate::sandbox::Sandbox;
use crate::terminal::Terminal;

const SHOP: &str = "ocid1.tenancy.oc1..shop";
const BANK: &str = "ocid1.tenancy.oc1..bank";

/// What is below the first line.
fn below_heading(text: &str) -> &str {
    text.split_once('\n').unwrap().1
}

/// A server, and beside it someone who has nothing of it but its address.
fn stranger_to(server: &Server) -> (Sandbox, String) {
    (Sandbox::new(), format!("--endpoint {}", server.url()))
}

#[test]
fn a_server_is_named_in_any_of_the_usual_ways() {
    let sandbox = prepared();
    with_rules(&sandbox);
    let server = sandbox.serve("");
    let url = server.url();
    let (stranger, endpoint) = stranger_to(&server);
    let heading = format!("ocelot top  {url}  ");
    let is_right = |text: &str| {
        assert!(text.starts_with(&heading), "{text}");
        assert!(text.lines().next().unwrap().ends_with("(clock is set)"));
        // Deliveries may have been tried meanwhile.
        let (told, rules) = below_heading(text).split_once("DELIVERIES").unwrap();
        let (expected, expected_rules) = below_heading(FULL).split_once("DELIVERIES").unwrap();
        assert_eq!(told, expected);
        assert_eq!(
            rules.split_once("RULES").unwrap().1,
            expected_rules.split_once("RULES").unwrap().1
        );
        assert!(rules.contains("\nhttp://127.0.0.1:9    "), "{rules}");
    };
    is_right(&stranger.text(&format!("top --once {endpoint}")));
    is_right(&stranger.text(&format!("top --once --target {url}/")));
    is_right(&stranger.text(&format!("top --once --target {url}/20180418")));
    for name in ["OCI_CLI_ENDPOINT", "OCELOT_TARGET"] {
        let stranger = Sandbox::new().with_variable(name, url);
        is_right(&stranger.text("top --once"));
        // What stands on the line counts more.
        let own = stranger.text("top --once --data-dir data");
        assert!(own.starts_with("ocelot top  data  "), "{own}");
        assert!(own.contains("There is nothing yet. To begin:"), "{own}");
    }
    // The folder is nobody's business who comes by the address.
    let (_, told) = stranger.texts(&format!("top --once {endpoint} --debug"));
    assert!(told.contains("GET http://127.0.0.1:"), "{told}");
    assert!(told.contains("\"data-dir\":null"), "{told}");
    let folder = sandbox.path().to_str().unwrap();
    assert!(!told.contains(folder), "{told}");
}

#[test]
fn a_server_that_keeps_nothing_can_be_looked_at_too() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve("--memory");
    let (stranger, endpoint) = stranger_to(&server);
    let text = stranger.text(&format!("top --once {endpoint}"));
    let told = "\n\nThere is nothing yet that belongs to your tenancy.\n";
    assert!(text.ends_with(told), "{text}");
    server.stream("orders", 3);
    let (status, overview) = server.ask("GET", "/ocelot/v1/overview", &Value::Null);
    assert_eq!(status, 200);
    assert_eq!(overview["streams"][0]["name"], "orders");
    let (status, _) = server.ask("POST", "/ocelot/v1/overview", &Value::Null);
    assert_eq!(status, 405);
    let text = stranger.text(&format!("top --once {endpoint}"));
    assert!(text.contains("STREAMS (1)"), "{text}");
}

#[test]
fn each_tenancy_sees_its_own_and_strangers_nothing() {
    let sandbox = Sandbox::new();
    sandbox.text("local clock reset");
    for (profile, tenancy) in [("SHOP", SHOP), ("BANK", BANK), ("STRANGER", SHOP)] {
        sandbox.make_profile(profile, tenancy);
    }
    for profile in ["SHOP", "BANK"] {
        sandbox.text(&format!("local key add --profile {profile}"));
    }
    sandbox.create_stream("of-the-folder", 1);
    let server = sandbox.serve("--auth verify --allow-http");
    let asked_by = |profile: &str| {
        format!(
            "--endpoint {} --auth api_key --profile {profile}",
            server.url()
        )
    };
    for (profile, tenancy, name, endpoint) in [
        ("SHOP", SHOP, "of-the-shop", "http://127.0.0.1:9"),
        ("BANK", BANK, "of-the-bank", "http://localhost:9"),
    ] {
        let by = asked_by(profile);
        let run = |line: String| sandbox.text(&format!("{line} {by}"));
        run(format!(
            "streaming admin stream create --name {name} --partitions 1 --compartment-id {tenancy}"
        ));
        // What it calls is on this machine nowhere, so that the call stays on its way.
        let function = format!("ocid1.fnfunc.oc1..{name}");
        run(format!(
            "events rule create --display-name {name} --is-enabled true --compartment-id {tenancy} --condition '{{}}' \
             --actions '{{\"actions\": [{{\"actionType\": \"FAAS\", \"functionId\": \"{function}\", \"isEnabled\": true}}]}}'"
        ));
        let topic = run(format!(
            "ons topic create --name {name} --compartment-id {tenancy} --query 'data.\"topic-id\"' --raw-output"
        ));
        run(format!(
            "ons subscription create --topic-id {} --compartment-id {tenancy} --protocol CUSTOM_HTTPS \
             --subscription-endpoint {endpoint}/",
            topic.trim()
        ));
        run(format!(
            "monitoring alarm create --compartment-id {tenancy} --metric-compartment-id {tenancy} --namespace shop \
             --severity INFO --is-enabled true --display-name {name} --query-text 'cpu[1m].max() > 100' \
             --destinations '[\"{}\"]'",
            topic.trim()
        ));
    }
    let (shop, bank) = (
        sandbox.text(&format!("top --once {}", asked_by("SHOP"))),
        sandbox.text(&format!("top --once {}", asked_by("BANK"))),
    );
    for (text, own, endpoint) in [
        (&shop, "of-the-shop", "http://127.0.0.1:9 "),
        (&bank, "of-the-bank", "http://localhost:9 "),
    ] {
        for section in ["STREAMS (1)", "DELIVERIES (2)", "RULES (1)", "ALARMS (1)"] {
            assert!(text.contains(section), "{section}\n{text}");
        }
        assert!(text.contains(endpoint), "{text}");
        assert!(text.contains(&format!("ocid1.fnfunc.oc1..{own}")), "{text}");
        let names = text.matches("of-the-").count();
        assert_eq!(names, text.matches(own).count(), "{text}");
    }
    // The owner of the folder sees all of it.
    let all = sandbox.text("top --once");
    for told in [
        "STREAMS (3)",
        "DELIVERIES (4)",
        "RULES (2)",
        "ALARMS (2)",
        "of-the-folder",
    ] {
        assert!(all.contains(told), "{told}\n{all}");
    }
    // Strangers are told that they are.
    let told = sandbox.fails(&format!("top --once {}", asked_by("STRANGER")), 1);
    assert!(
        told.starts_with(&format!("Error: {} does not know who asks: ", server.url())),
        "{told}"
    );
    assert!(told.contains("No key of this tenancy"), "{told}");
    fs::remove_file(sandbox.path().join(".oci/config")).unwrap();
    let told = sandbox.fails(&format!("top --once --endpoint {}", server.url()), 1);
    assert!(told.contains("does not know who asks"), "{told}");
    assert!(told.contains("--profile"), "{told}");
}

#[test]
fn a_server_is_trusted_by_its_certificate() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve("--tls auto");
    let (stranger, endpoint) = stranger_to(&server);
    let told = stranger.fails(&format!("top --once {endpoint}"), 1);
    assert!(told.starts_with("Error: cannot trust "), "{told}");
    assert!(told.contains("--cert-bundle"), "{told}");
    let bundle = sandbox.path().join("data/tls/ca.pem");
    let trusting = format!("top --once {endpoint} --cert-bundle {}", bundle.display());
    assert!(stranger.text(&trusting).starts_with("ocelot top  https://"));
}

#[test]
fn who_is_no_server_of_ours_is_told() {
    let sandbox = Sandbox::new();
    let html = "<html>hello</html>";
    let in_cloud = r#"{"code": "NotAuthorizedOrNotFound", "message": "Authorization failed or no such resource"}"#;
    for (status, headers, body, expected) in [
        (
            "404 Not Found",
            "",
            html,
            "has nothing for ocelot top (404): is it an ocelot server",
        ),
        (
            "404 Not Found",
            "",
            in_cloud,
            "has nothing for ocelot top (404): is it an ocelot server",
        ),
        ("200 OK", "", html, "it is not JSON"),
        (
            "200 OK",
            "",
            "{}",
            "tells cannot be read (missing field `now-ms`): is it an ocelot server, of this version",
        ),
        (
            "302 Found",
            "location: http://elsewhere/\r\n",
            "",
            "it redirects to http://elsewhere/",
        ),
        (
            "403 Forbidden",
            "",
            in_cloud,
            "refuses (403 NotAuthorizedOrNotFound): Authorization failed",
        ),
    ] {
        let url = foreign::start(status, headers, body);
        let told = sandbox.fails(&format!("top --once --endpoint {url}"), 1);
        assert!(told.starts_with("Error: "), "{told}");
        assert!(told.contains(&url) && told.contains(expected), "{told}");
    }
    let url = foreign::start(
        "503 Service Unavailable",
        "",
        r#"{"code": "Busy", "message": "not now"}"#,
    );
    let told = sandbox.fails(&format!("top --once --no-retry --endpoint {url}"), 1);
    assert!(told.contains("refuses (503 Busy): not now"), "{told}");
}

#[test]
fn other_versions_may_tell_more_or_less() {
    let sandbox = Sandbox::new();
    let look = |overview: &str| {
        let url = foreign::start("200 OK", "", overview);
        sandbox.output(&format!("top --once --endpoint {url}"))
    };
    let less = look(r#"{"now-ms": 0, "is-on-time": true, "weather": "fine"}"#);
    let text = String::from_utf8(less.stdout).unwrap();
    assert!(
        text.contains("1970-01-01T00:00:00Z") && text.contains("There is nothing yet"),
        "{text}"
    );
    let other = look(r#"{"now-ms": 0, "is-on-time": true, "streams": [{"id": "x"}]}"#);
    assert_eq!(other.status.code(), Some(1));
    let told = String::from_utf8(other.stderr).unwrap();
    assert!(
        told.contains("missing field `name`") && told.contains("of this version (0."),
        "{told}"
    );
}

#[test]
fn what_cannot_be_looked_at_is_refused() {
    let sandbox = Sandbox::new();
    for (options, status, expected) in [
        ("--target cloud", 2, "the cloud has no such view"),
        ("--target nowhere", 2, "no target"),
        (
            "--endpoint http://127.0.0.1:9 --target local",
            2,
            "give one of them",
        ),
        (
            "--endpoint http://127.0.0.1:9 --data-dir data",
            2,
            "--data-dir is about the local engine",
        ),
        ("--debug", 2, "the engine of this machine answers"),
        (
            "--endpoint http://127.0.0.1:9",
            1,
            "cannot connect to http://127.0.0.1:9",
        ),
    ] {
        let told = sandbox.fails(&format!("top --once {options}"), status);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_run_is_looked_at_from_within() {
    let sandbox = Sandbox::new();
    let program = env!("CARGO_BIN_EXE_ocelot");
    for options in ["", "--auth verify"] {
        let script = format!(
            "{program} streaming admin stream create --name orders --partitions 1 > /dev/null && {program} top --once"
        );
        let text = sandbox.text(&format!("run {options} -- sh -c '{script}'"));
        assert!(text.starts_with("ocelot top  http://127.0.0.1:"), "{text}");
        assert!(
            text.contains("STREAMS (1)") && text.contains("\norders  "),
            "{text}"
        );
    }
}

#[test]
fn the_screen_outlives_the_server() {
    let sandbox = Sandbox::new();
    let stranger = Sandbox::new();
    let Some(terminal) = Terminal::open(&stranger) else {
        return;
    };
    sandbox.create_stream("orders", 1);
    let server = sandbox.serve("");
    let (url, address) = (server.url().to_owned(), server.address().to_owned());
    terminal.enter(&format!("ocelot top --interval 0.2 --endpoint {url}"));
    terminal.await_screen(|screen| screen.contains(&url) && screen.contains("STREAMS (1)"));
    // A server that does not answer is told of, with what was seen before.
    server.signal("-STOP");
    let screen = terminal.await_screen(|screen| screen.contains("\nNo answer for "));
    assert!(screen.contains("\norders  "), "{screen}");
    server.signal("-CONT");
    terminal.await_screen(|screen| screen.contains("q leave"));
    server.kill();
    let screen = terminal.await_screen(|screen| screen.contains("\nError: cannot connect to "));
    assert!(screen.contains("\norders  "), "{screen}");
    let begun = Instant::now();
    sandbox.create_stream("returns", 1);
    let server = sandbox.serve_at(&address, "");
    terminal.await_screen(|screen| screen.contains("STREAMS (2)") && screen.contains("q leave"));
    assert!(begun.elapsed() < Duration::from_secs(20));
    server.kill();
    terminal.await_screen(|screen| screen.contains("\nError: cannot connect to "));
    terminal.press("q");
    terminal.await_end(0);
}

#[test]
fn what_is_sent_is_not_shown_over_the_screen() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve("");
    let Some(terminal) = Terminal::open(&sandbox) else {
        return;
    };
    terminal.enter(&format!(
        "clear; ocelot top --debug --endpoint {}",
        server.url()
    ));
    terminal.await_screen(|screen| screen.contains("give --once too"));
    terminal.await_status(2);
}
