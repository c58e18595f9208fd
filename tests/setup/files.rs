//! `setup keys`, `setup oci-cli-rc`, `setup repair-file-permissions`, and what is said in place of the rest.

use ocelot::profile::ini::Document;

use crate::machine::Machine;

#[test]
fn a_key_pair_is_made_once() {
    let machine = Machine::new();
    let line = "setup keys --key-name k --output-dir ~/keys --no-passphrase";
    let data = machine.ocelot(line).data(0);
    assert_eq!(machine.files("keys"), ["k.pem", "k_public.pem"]);
    assert_eq!(data["key-file"], machine.shown("keys/k.pem"));
    let before = machine.read("keys/k.pem");
    machine
        .ocelot(line)
        .says(1, &["k_public.pem: the file is there already"]);
    assert_eq!(machine.read("keys/k.pem"), before);
    let again = machine.ocelot(&format!("{line} --overwrite")).data(0);
    assert_ne!(again["fingerprint"], data["fingerprint"]);
    machine
        .ocelot("setup keys --key-name a/b --no-passphrase")
        .says(2, &["without a folder"]);
}

#[test]
fn an_rc_file_begins_with_queries_and_aliases() {
    let machine = Machine::new();
    let data = machine.ocelot("setup oci-cli-rc").data(0);
    assert_eq!(data["kept"].as_array().unwrap().len(), 0);
    let text = machine.read(".oci/oci_cli_rc");
    let document = Document::parse(&text).unwrap();
    let queries = document.section("OCI_CLI_CANNED_QUERIES").unwrap();
    assert!(queries.entries.len() >= 8);
    for query in &queries.entries {
        let run = machine.ocelot(&format!(
            "local status --memory --query query://{}",
            query.key
        ));
        assert!(!run.stderr.contains("malformed"), "{run:#?}");
        assert!(!run.stderr.contains("no query"), "{run:#?}");
    }
    // Run again, it changes nothing.
    let data = machine.ocelot("setup oci-cli-rc").data(0);
    assert_eq!(data["added"].as_array().unwrap().len(), 0);
    assert_eq!(machine.read(".oci/oci_cli_rc"), text);
}

#[test]
fn an_rc_file_keeps_what_it_has() {
    let machine = Machine::new();
    let mine = "[DEFAULT]\noutput=table\n[OCI_CLI_COMMAND_ALIASES]\nmine = list";
    machine.write("rc", mine);
    let run = machine.ocelot("setup oci-cli-rc --file rc --output json");
    assert_eq!(run.data(0)["kept"][0], "OCI_CLI_COMMAND_ALIASES");
    assert!(machine.read("rc").starts_with(mine));
    assert!(machine.read("rc").contains("[OCI_CLI_CANNED_QUERIES]"));
    machine.write("rc", "no section\n");
    machine
        .ocelot("setup oci-cli-rc --file rc")
        .says(1, &["rc:1:"]);
    assert_eq!(machine.read("rc"), "no section\n");
}

#[cfg(unix)]
#[test]
fn permissions_are_closed() {
    let machine = Machine::new();
    machine.write("config", "");
    machine.set_mode("config", 0o644);
    let run = machine.ocelot("setup repair-file-permissions --file ~/config");
    assert_eq!(run.data(0)["mode-before"], "0644");
    assert_eq!(machine.mode("config"), 0o600);
    machine
        .ocelot("setup repair-file-permissions")
        .says(1, &["Missing option(s) --file."]);
    for (file, status) in [("none", 1), ("/", 2)] {
        let line = format!("setup repair-file-permissions --file {file}");
        machine.ocelot(&line).says(status, &[file]);
    }
}

#[test]
fn what_is_not_available_says_what_to_do_instead() {
    let machine = Machine::new();
    for (line, cure) in [
        ("setup bootstrap --profile-name x", "ocelot setup config"),
        ("setup autocomplete", "install.sh"),
        ("setup instance-principal", "--auth instance_principal"),
        ("setup pkcs11-auth --user-ocid x", "ocelot setup config"),
        (
            "session authenticate --no-browser --region x",
            "--auth security_token",
        ),
        (
            "session export --output-file x --force",
            "security_token_file",
        ),
        ("session import --session-archive x", "security_token_file"),
    ] {
        machine.ocelot(line).says(1, &["ocelot does not", cure]);
    }
}
