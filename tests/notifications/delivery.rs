//! Webhooks, Slack and PagerDuty: what arrives, and what happens when it does not.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::program::Program;
use crate::receiver::{Manner, Receiver};

const PUBLISH: &str = "ons message publish --topic-id alerts --title Alert --body";

#[test]
fn a_webhook_is_asked_to_confirm_and_then_gets_messages_as_they_are() {
    let program = Program::with_alerts();
    let receiver = Receiver::accepting();
    let created = program.data(&format!(
        "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS \
         --subscription-endpoint {}",
        receiver.url
    ));
    assert_eq!(created["lifecycle-state"], "PENDING");
    let asked = receiver.next();
    assert_eq!(asked.path, "/hook");
    assert_eq!(
        asked.header("x-oci-ns-messagetype"),
        "SubscriptionConfirmation"
    );
    assert_eq!(
        asked.header("x-oci-ns-subscriptionid"),
        created["id"].as_str().unwrap()
    );
    let url = asked.header("x-oci-ns-confirmationurl");
    assert_eq!(asked.json()["ConfirmationURL"], url);
    let begins = "http://127.0.0.1:4590/20181201/subscriptions/ocid1.onssubscription.";
    assert!(url.starts_with(begins), "{url}");

    // The token of the link, as a webhook that confirms itself would use it.
    let (_, token) = url.split_once("token=").unwrap();
    let (token, protocol) = token.split_once("&protocol=").unwrap();
    program.data(&format!(
        "ons subscription confirm --id {} --token {token} --protocol {protocol}",
        created["id"].as_str().unwrap()
    ));
    let published = program.data(&format!("{PUBLISH} '{{\"alarm\": [1, 2.50]}}'"));
    let got = receiver.next();
    assert_eq!(got.body, "{\"alarm\": [1, 2.50]}");
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("x-oci-ns-messagetype"), "Notification");
    assert_eq!(got.header("x-oci-ns-topicname"), "alerts");
    assert_eq!(
        got.header("x-oci-ns-topicocid"),
        created["topic-id"].as_str().unwrap()
    );
    assert_eq!(
        got.header("x-oci-ns-messageid"),
        published["message-id"].as_str().unwrap()
    );
    assert!(
        got.header("x-oci-ns-unsubscribeurl")
            .contains("/unsubscription?token=")
    );
    program.data(&format!("{PUBLISH} 'disk full'"));
    let got = receiver.next();
    assert_eq!(got.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(program.under_way(), 0);
    assert_eq!(receiver.rest().len(), 0);
}

#[test]
fn slack_and_pagerduty_have_forms_of_their_own() {
    let program = Program::with_alerts();
    let slack = Receiver::accepting();
    let pager = Receiver::answering("202 Accepted");
    let integration = pager.url.replace("hook", "integration/0123abcd/enqueue");
    for (protocol, endpoint) in [("SLACK", &slack.url), ("PAGERDUTY", &integration)] {
        program.data(&format!(
            "ons subscription create --topic-id alerts --protocol {protocol} \
             --subscription-endpoint {endpoint}"
        ));
        program.confirm_newest();
    }
    let published = program.data(&format!("{PUBLISH} 'disk \"full\"'"));
    let text = slack.next().json()["text"].as_str().unwrap().to_owned();
    assert!(
        text.contains("To confirm the subscription, visit http://"),
        "{text}"
    );
    assert_eq!(slack.next().json(), json!({"text": "disk \"full\""}));
    let asked = pager.next().json();
    assert_eq!(
        asked["payload"]["summary"],
        "Confirm the subscription of this integration"
    );
    let got = pager.next();
    assert_eq!(got.path, "/integration/0123abcd/enqueue");
    assert_eq!(
        got.json(),
        json!({
            "routing_key": "0123abcd",
            "event_action": "trigger",
            "dedup_key": published["message-id"],
            "payload": {
                "summary": "Alert",
                "source": "alerts",
                "severity": "error",
                "custom_details": {"message": "disk \"full\""},
            },
        })
    );
}

#[test]
fn a_message_that_fails_is_tried_again_when_its_time_comes() {
    let program = Program::with_alerts();
    program.data("local clock set 2026-03-14T12:00:00Z --frozen");
    let receiver = Receiver::answering("503 Service Unavailable");
    program.subscribe("CUSTOM_HTTPS", &receiver.url);
    let clear = Receiver::rest;
    let notes = program.notes(&format!("{PUBLISH} x"));
    // Twice at once; then there is a pause.
    assert_eq!(clear(&receiver).len(), 2);
    let place = receiver.url.trim_end_matches("/hook");
    let note = format!(
        "Note: not delivered to {place}: it answered 503 Service Unavailable; it is tried again from \
         2026-03-14T12:01:00.000Z on.\n"
    );
    assert_eq!(notes, note);
    program.data("ons topic list");
    assert_eq!(clear(&receiver).len(), 0);
    program.data("local clock advance 1m");
    program.notes("ons topic list");
    assert_eq!(clear(&receiver).len(), 1);
    program.data("local clock advance 2h");
    let notes = program.notes("ons topic list");
    assert_eq!(clear(&receiver).len(), 1);
    assert!(
        notes.contains("it is given up, as the delivery policy says."),
        "{notes}"
    );
    assert_eq!(program.under_way(), 0);
}

#[test]
fn an_endpoint_that_hangs_delays_no_other_and_the_command_by_its_timeout_only() {
    let program = Program::with_alerts();
    let hanging = Receiver::new(Manner::Hangs);
    let quick = Receiver::accepting();
    program.subscribe("CUSTOM_HTTPS", &hanging.url);
    program.subscribe("CUSTOM_HTTPS", &quick.url);
    let begun = Instant::now();
    let notes = program.notes(&format!("{PUBLISH} x --delivery-timeout 1"));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(quick.rest().len(), 1);
    assert_eq!(hanging.rest().len(), 1);
    assert!(
        notes.contains("no answer in the time that --delivery-timeout allows"),
        "{notes}"
    );
    assert_eq!(program.under_way(), 1);
}

#[test]
fn a_url_may_hold_a_user_and_a_password_which_are_told_to_nobody_else() {
    let program = Program::with_alerts();
    let receiver = Receiver::answering("401 Unauthorized");
    let url = receiver.url.replace("http://", "http://ops:secret@");
    program.subscribe("CUSTOM_HTTPS", &url);
    let notes = program.notes(&format!("{PUBLISH} x"));
    assert_eq!(
        receiver.next().header("authorization"),
        "Basic b3BzOnNlY3JldA=="
    );
    assert!(
        notes.contains("it answered 401") && !notes.contains("secret"),
        "{notes}"
    );
}

#[test]
fn a_slow_endpoint_gets_a_message_once() {
    let program = Program::with_alerts();
    let pause = Duration::from_millis(700);
    let slow = Receiver::new(Manner::Answers("200 OK", String::new(), pause));
    program.subscribe("CUSTOM_HTTPS", &slow.url);
    program.data(&format!("{PUBLISH} x --delivery-timeout 20"));
    assert_eq!(slow.rest().len(), 1);
    assert_eq!(program.under_way(), 0);
}

#[test]
fn commands_at_the_same_time_deliver_each_message_once() {
    let program = Program::with_alerts();
    let receiver = Receiver::accepting();
    program.subscribe("CUSTOM_HTTPS", &receiver.url);
    std::thread::scope(|scope| {
        for number in 0..12 {
            let program = &program;
            scope.spawn(move || program.text(&format!("{PUBLISH} message-{number}")));
        }
    });
    program.data("ons topic list");
    let mut bodies: Vec<String> = receiver.rest().into_iter().map(|got| got.body).collect();
    bodies.sort();
    let mut wanted: Vec<String> = (0..12).map(|number| format!("message-{number}")).collect();
    wanted.sort();
    assert_eq!(bodies, wanted);
}
