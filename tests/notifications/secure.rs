//! Webhooks behind TLS: whom a delivery trusts. Elsewhere than on Linux the system alone says so.

use crate::program::Program;
use crate::receiver::Receiver;

const PUBLISH: &str = "ons message publish --topic-id alerts --body";

/// What a command tells on stderr that trusts the authorities in a file, and no others.
fn notes(program: &Program, line: &str, trusted: &str) -> String {
    let mut command = program.command(line);
    let output = command.env("SSL_CERT_FILE", trusted).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{line}\n{stderr}");
    stderr
}

#[test]
fn a_webhook_of_a_private_authority_is_trusted_where_the_file_says_so() {
    let program = Program::with_alerts();
    let (receiver, authority) = Receiver::secure();
    let (_, stranger) = Receiver::secure();
    let authority = program.write("authority.pem", &authority);
    let stranger = program.write("stranger.pem", &stranger);
    program.data("local clock set 2026-03-14T12:00:00Z --frozen");
    program.subscribe("CUSTOM_HTTPS", &receiver.url);
    assert_eq!(notes(&program, &format!("{PUBLISH} one"), &authority), "");
    assert_eq!(receiver.next().body, "one");

    // Whom it does not trust it tells nothing, and the message stays due.
    let told = notes(&program, &format!("{PUBLISH} two"), &stranger);
    let place = receiver.url.trim_end_matches("/hook");
    let begins =
        format!("Note: not delivered to {place}: invalid peer certificate: UnknownIssuer;");
    assert!(told.starts_with(&begins), "{told}");
    assert!(told.contains("SSL_CERT_FILE"), "{told}");
    let ends = "it is tried again from 2026-03-14T12:01:00.000Z on.\n";
    assert!(told.ends_with(ends), "{told}");
    assert_eq!((program.under_way(), receiver.rest().len()), (1, 0));
    program.data("local clock advance 1m");
    assert_eq!(notes(&program, "ons topic list", &authority), "");
    assert_eq!(receiver.next().body, "two");
    assert_eq!(program.under_way(), 0);
}

#[test]
fn a_certificate_for_another_host_is_not_trusted() {
    let program = Program::with_alerts();
    let (receiver, authority) = Receiver::secure();
    let authority = program.write("authority.pem", &authority);
    let url = receiver.url.replace("127.0.0.1", "localhost");
    program.subscribe("CUSTOM_HTTPS", &url);
    let told = notes(&program, &format!("{PUBLISH} x"), &authority);
    assert!(told.contains("invalid peer certificate"), "{told}");
    assert!(receiver.rest().is_empty());
}
