//! Processes that are killed while they deliver.

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
