//! Processes that are killed while they deliver.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bench::text;
use crate::program::Program;
use crate::receiver::{Manner, Receiver};

const PUBLISH: &str = "ons message publish --topic-id alerts --body";

#[test]
fn nothing_is_lost_when_a_delivery_is_cut_off() {
    let program = Program::with_alerts();
    let hanging = Receiver::new(Manner::Hangs);
    program.subscribe("CUSTOM_HTTPS", &hanging.url);
    let quick = Receiver::accepting();
    program.subscribe("CUSTOM_HTTPS", &quick.url);
    for number in 0..5 {
        let line = format!("{PUBLISH} message-{number} --delivery-timeout 60");
        let mut child = program
            .command(&line)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // The attempt is under way: the message was published and nothing has come of it yet.
        hanging.next();
        child.kill().unwrap();
        child.wait().unwrap();
        // The lease of the one who died.
        program.data("local clock advance 1m");
    }
    // Those that were on their way when the process died, and those that were not.
    program.notes("ons topic list --delivery-timeout 1");
    let mut bodies: Vec<String> = quick.rest().into_iter().map(|got| got.body).collect();
    bodies.sort();
    bodies.dedup();
    let wanted: Vec<String> = (0..5).map(|number| format!("message-{number}")).collect();
    assert_eq!(bodies, wanted);
    // All are still due for the one that hangs.
    assert_eq!(program.under_way(), 5);
}

/// Starts a command that publishes, and waits until its message is under way.
fn publish_to(program: &Program, receiver: &Receiver, body: &str) -> std::process::Child {
    let line = format!("{PUBLISH} {body} --delivery-timeout 60");
    let mut command = program.command(&line);
    let publishing = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    assert_eq!(receiver.next().body, body);
    publishing
}

#[test]
fn what_a_killed_server_was_sending_is_sent_again_at_once() {
    let program = Program::with_alerts();
    let hanging = Receiver::new(Manner::Hangs);
    program.subscribe("CUSTOM_HTTPS", &hanging.url);
    // Nothing happens by the clock.
    program.data("local clock set 2030-01-01T00:00:00Z --frozen");
    let server = program.serve("");
    program.data(&format!("{PUBLISH} one"));
    assert_eq!(hanging.next().body, "one");
    server.kill();
    let server = program.serve("");
    assert_eq!(hanging.next().body, "one");
    server.kill();
    // By a command as well.
    hanging.recover();
    program.data("ons topic list --delivery-timeout 5");
    assert_eq!(hanging.next().body, "one");
    assert_eq!(program.under_way(), 0);
}

#[test]
fn what_a_command_is_sending_is_sent_by_nobody_else() {
    let program = Program::with_alerts();
    let hanging = Receiver::new(Manner::Hangs);
    program.subscribe("CUSTOM_HTTPS", &hanging.url);
    let mut publishing = publish_to(&program, &hanging, "one");
    program.data("ons topic list --delivery-timeout 1");
    let server = program.serve("");
    program.data(&format!("{PUBLISH} two"));
    let other = Receiver::accepting();
    program.data(&format!(
        "ons subscription create --topic-id alerts --protocol CUSTOM_HTTPS --subscription-endpoint {}",
        other.url
    ));
    // The server has looked at what is due, and left the endpoint alone.
    other.next();
    assert!(hanging.rest().is_empty());
    publishing.kill().unwrap();
    publishing.wait().unwrap();
    server.kill();
}

/// Publishes messages until the server is gone, and tells which were taken.
fn publish(address: &str, topic_id: &str, bodies: Vec<String>) -> Vec<String> {
    let target = format!("/20181201/topics/{topic_id}/messages");
    let published = bodies.into_iter().map_while(|body| {
        let (status, reply) =
            test_support::ask(address, ("POST", &target), &json!({ "body": body }))?;
        assert_eq!(status, 202, "{reply}");
        Some(body)
    });
    published.collect()
}

#[test]
fn nothing_is_lost_when_a_server_is_killed_again_and_again() {
    const KILLS: usize = 6;
    let program = Program::with_alerts();
    let topic_id = text(&program.data("ons topic list")[0]["topic-id"]);
    let slow = Manner::Answers("200 OK", String::new(), Duration::from_millis(50));
    let [quick, slow, failing, hanging] = [
        Receiver::accepting(),
        Receiver::new(slow),
        Receiver::answering("503 Service Unavailable"),
        Receiver::new(Manner::Hangs),
    ];
    for receiver in [&quick, &slow, &failing, &hanging] {
        program.subscribe("CUSTOM_HTTPS", &receiver.url);
    }
    let mut server = program.serve("");
    let address = server.address().to_owned();
    let mut published = Vec::new();
    let mut quickly = Vec::new();
    for kill in 0..KILLS {
        let bodies = (0..8).map(|nth| format!("{kill}-{nth}")).collect();
        let (to, topic_id) = (address.clone(), topic_id.clone());
        let publishing = thread::spawn(move || publish(&to, &topic_id, bodies));
        // Another moment each time.
        quickly.extend((0..=kill).map(|_| quick.next().body));
        drop(server);
        published.extend(publishing.join().unwrap());
        server = program.serve_at(&address, "");
        // The leases of the one who died.
        program.data("local clock advance 61s");
    }
    failing.recover();
    hanging.recover();
    let mut slowly = Vec::new();
    let mut advances = KILLS;
    while program.under_way() > 0 {
        match slow.next_within(Duration::from_millis(200)) {
            Some(got) => slowly.push(got.body),
            // What is under way waits for its time.
            None => {
                advances += 1;
                assert!(advances < 60, "{} do not arrive", program.under_way());
                program.data("local clock advance 61s");
            }
        }
    }
    assert!(published.len() > KILLS, "{published:?}");
    let published: BTreeSet<String> = published.into_iter().collect();
    for (receiver, mut bodies) in [
        (&quick, quickly),
        (&slow, slowly),
        (&failing, Vec::new()),
        (&hanging, Vec::new()),
    ] {
        bodies.extend(receiver.rest().into_iter().map(|got| got.body));
        let arrived: BTreeSet<String> = bodies.iter().cloned().collect();
        let lost: Vec<_> = published.difference(&arrived).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        // What was on its way when the server died, or for longer than a lease, is there again: one at a time.
        let again = bodies.len() - arrived.len();
        assert!(again <= KILLS + advances, "{bodies:?}");
    }
}
