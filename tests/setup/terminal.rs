//! `setup` at a terminal: `terminal.py` types the answers.

use std::process::Command;

use ocelot::client::signing::PrivateKey;

use crate::machine::{Machine, TENANCY, USER};

/// Types into a run of the program, and returns what was seen. `None` where `OCELOT_PYTHON` names no Python that
/// can.
fn typed(machine: &Machine, line: &str, answers: &[(&str, &str)]) -> Option<(i32, String)> {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: nothing is typed");
        return None;
    };
    let mut command = Command::new(python);
    command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/setup/terminal.py"
        ))
        .args([env!("CARGO_BIN_EXE_ocelot"), line])
        .env_clear()
        .envs(machine.environment())
        .current_dir(machine.path(""));
    for (question, answer) in answers {
        command.args([question, answer]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:#?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (status, screen) = text.split_once('\n').unwrap();
    Some((status.parse().unwrap(), screen.to_owned()))
}

#[test]
fn what_was_not_given_is_asked_for() {
    let machine = Machine::new();
    let answers = [
        ("user's OCID: ", "me"),
        ("is no OCID", ""),
        ("user's OCID: ", USER),
        ("tenancy's OCID: ", TENANCY),
        ("region, as eu-frankfurt-1: ", "phx"),
        ("oci_api_key.pem]: ", "~/k.pem"),
        ("no passphrase): ", "open-sesame"),
        ("same again: ", "open-seasame"),
        ("The two differ", ""),
        ("no passphrase): ", "open-sesame"),
        ("same again: ", "open-sesame"),
        ("plain text? [y/N]: ", "n"),
    ];
    let Some((status, screen)) = typed(&machine, "setup config", &answers) else {
        return;
    };
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains("sesame"), "{screen}");
    assert!(
        machine
            .read(".oci/config")
            .contains("region=us-phoenix-1\n")
    );
    let secret = "open-sesame".into();
    let key = PrivateKey::from_file(&machine.path("k.pem"), Some(&secret)).unwrap();
    assert!(screen.contains(&key.fingerprint()), "{screen}");

    // The key is used again, and opened; the profile is replaced only after a yes.
    let line =
        format!("setup config --user {USER} --tenancy {TENANCY} --region fra --key-file k.pem");
    let before = machine.read(".oci/config");
    let (status, screen) = typed(&machine, &line, &[("Replace it? [y/N]: ", "")]).unwrap();
    assert_eq!(status, 1, "{screen}");
    assert_eq!(machine.read(".oci/config"), before);
    let answers = [
        ("Replace it? [y/N]: ", "y"),
        ("key's passphrase: ", "wrong"),
        ("does not open", ""),
        ("key's passphrase: ", "open-sesame"),
        ("plain text? [y/N]: ", "y"),
    ];
    let (status, screen) = typed(&machine, &line, &answers).unwrap();
    assert_eq!(status, 0, "{screen}");
    assert!(
        machine
            .read(".oci/config")
            .contains("pass_phrase=open-sesame\n")
    );
}

#[test]
fn what_was_given_is_not_asked_for() {
    let machine = Machine::new();
    let line = format!(
        "setup config --user {USER} --tenancy {TENANCY} --region phx --key-file k.pem --no-passphrase"
    );
    let Some((status, screen)) = typed(&machine, &line, &[]) else {
        return;
    };
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains("]:"), "{screen}");
    let keys = "setup keys --key-name k --output-dir . --no-passphrase";
    let (status, screen) = typed(&machine, keys, &[("Overwrite", "n")]).unwrap();
    assert_eq!(status, 1, "{screen}");
    // The end of the input is no answer.
    let (status, screen) =
        typed(&machine, "setup config --profile P", &[("OCID: ", "\u{4}")]).unwrap();
    assert_eq!(status, 1, "{screen}");
    assert!(screen.contains("no answer was given"), "{screen}");
}
