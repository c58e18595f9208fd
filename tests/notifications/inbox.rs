//! The inbox of this machine.

use serde_json::json;

use crate::program::Program;

#[test]
fn what_would_have_reached_a_person_is_kept() {
    let program = Program::with_alerts();
    assert_eq!(program.data("local inbox list"), json!([]));
    program.data(
        "ons subscription create --topic-id alerts --protocol EMAIL \
         --subscription-endpoint oncall@example.com",
    );
    let list = program.data("local inbox list");
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["to"], "oncall@example.com");
    assert_eq!(list[0]["protocol"], "EMAIL");
    assert_eq!(list[0]["subject"], "Confirm the subscription to alerts");
    let url = list[0]["confirmation-url"].as_str().unwrap();
    let number = &list[0]["number"];
    let shown = program.data(&format!("local inbox show {number}"));
    assert!(shown["text"].as_str().unwrap().contains(url));

    let confirmed = program.data(&format!("local inbox confirm {number}"));
    assert_eq!(confirmed["topic-name"], "alerts");
    let subscriptions = program.data("ons subscription list");
    assert_eq!(subscriptions[0]["lifecycle-state"], "ACTIVE");

    program.data(
        "ons message publish --topic-id alerts --title 'Disk \u{fc}' --body 'It is f\u{fc}ll.'",
    );
    let list = program.data("local inbox list --limit 1");
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["subject"], "Disk \u{fc}");
    assert_eq!(list[0]["confirmation-url"], json!(null));
    let number = &list[0]["number"];
    let shown = program.data(&format!("local inbox show {number}"));
    let text = shown["text"].as_str().unwrap();
    assert!(
        text.starts_with("It is f\u{fc}ll.\n\n--\nTo unsubscribe: http://"),
        "{text}"
    );
    let eml = program.text(&format!("local inbox show {number} --eml"));
    for line in [
        "From: alerts <notifications@localhost>\r\n",
        "To: oncall@example.com\r\n",
        "Subject: Disk =?utf-8?b?w7w=?=\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
    ] {
        assert!(eml.contains(line), "{eml}");
    }

    for (line, told) in [
        ("local inbox show 99", "the inbox has no message 99"),
        ("local inbox confirm 99", "the inbox has no message 99"),
        (
            "local inbox confirm 2",
            "message 2 asks for no confirmation",
        ),
    ] {
        let output = program.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(stderr.contains(told), "{stderr}");
    }
}

#[test]
fn the_links_of_webhooks_and_text_messages_are_there_too() {
    let program = Program::with_alerts();
    let create = "ons subscription create --topic-id alerts --delivery-timeout 0 --protocol";
    program.data(&format!(
        "{create} SMS --subscription-endpoint +12065550100"
    ));
    program.data(&format!(
        "{create} HTTPS --subscription-endpoint https://example.com/"
    ));
    let list = program.data("local inbox list");
    let text = |number: usize| {
        let number = &list[number]["number"];
        program.data(&format!("local inbox show {number}"))["text"].clone()
    };
    assert!(text(1).as_str().unwrap().contains("REPLY 'CONFIRM "));
    assert!(text(0).as_str().unwrap().contains("/confirmation?token="));
    program.data("local inbox confirm 1");
    // What a person publishes is not for text messages.
    program.data("ons message publish --topic-id alerts --body x --delivery-timeout 0");
    assert_eq!(
        program.data("local inbox list").as_array().unwrap().len(),
        2
    );
}
