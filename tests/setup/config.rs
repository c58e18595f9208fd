//! `setup config` where nobody can be asked.

use std::process::Command;

use ocelot::client::signing::PrivateKey;

use crate::machine::{Machine, TENANCY, USER};

#[test]
fn a_profile_and_a_key_pair_are_written_from_flags() {
    let machine = Machine::new();
    let run = machine.ocelot(&format!(
        "--target cloud setup config --user {USER} --tenancy {TENANCY} --region phx --no-passphrase"
    ));
    let data = run.data(0);
    let key = PrivateKey::from_file(&machine.path(".oci/oci_api_key.pem"), None).unwrap();
    assert_eq!(data["fingerprint"], key.fingerprint());
    assert_eq!(data["key-is-new"], true);
    assert_eq!(data["replaced"], false);
    assert_eq!(
        machine.read(".oci/config"),
        format!(
            "[DEFAULT]\nuser={USER}\nfingerprint={}\nkey_file={}\ntenancy={TENANCY}\nregion=us-phoenix-1\n\
             target=cloud\n",
            key.fingerprint(),
            machine.shown(".oci/oci_api_key.pem"),
        )
    );
    assert_eq!(
        machine.read(".oci/oci_api_key_public.pem"),
        key.public_pem()
    );
    for name in ["config", "oci_api_key.pem"] {
        assert_eq!(machine.mode(&format!(".oci/{name}")), 0o600, "{name}");
    }
    assert!(run.stderr.contains("api-key upload"), "{run:#?}");
    assert!(run.stderr.contains("ocelot doctor"), "{run:#?}");
}

/// Lets the SDK read the profile, where `OCELOT_PYTHON` names a Python that has it.
#[test]
fn the_sdk_takes_the_profile_for_valid() {
    const SCRIPT: &str = "import sys, oci\n\
        config = oci.config.from_file(sys.argv[1], 'P')\n\
        oci.config.validate_config(config)\n\
        oci.signer.Signer(config['tenancy'], config['user'], config['fingerprint'], config['key_file'], \
        pass_phrase=config['pass_phrase'])\n";
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: the SDK is not asked");
        return;
    };
    let machine = Machine::new();
    machine.write("secret", "open sesame = % ; #\nsecond line\n");
    let run = machine.ocelot(&format!(
        "setup config --user {USER} --tenancy {TENANCY} --region us-phoenix-1 --profile P \
         --passphrase-file secret --store-passphrase"
    ));
    assert_eq!(run.data(0)["passphrase-stored"], true);
    let output = Command::new(python)
        .args(["-c", SCRIPT, &machine.shown(".oci/config")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:#?}");
}

#[test]
fn what_is_missing_is_named_and_not_waited_for() {
    let machine = Machine::new();
    machine.ocelot("setup config").says(
        1,
        &["Missing option(s) --user, --tenancy, --region, --no-passphrase or --passphrase-file."],
    );
    let line = format!("setup config --user {USER} --tenancy {TENANCY} --region phx");
    machine
        .ocelot(&line)
        .says(1, &["Missing option(s) --no-passphrase or"]);
    machine
        .ocelot("setup keys")
        .says(1, &["Missing option(s) --no-passphrase or"]);
    assert!(!machine.path(".oci").exists());

    // A key that is there already may be meant, or not.
    machine.set_up("");
    machine
        .ocelot(&format!("{line} --profile B --no-passphrase"))
        .says(1, &["--key-file", "is there already"]);
}

#[test]
fn variables_stand_in_for_flags() {
    let machine = Machine::new()
        .variable("OCI_CLI_USER", USER)
        .variable("OCI_CLI_TENANCY", TENANCY)
        .variable("OCI_CLI_REGION", "fra")
        .variable("OCI_CLI_PROFILE", "CI")
        .variable("OCI_CLI_KEY_FILE", "~/keys/ci.pem")
        .variable("OCI_CLI_PASSPHRASE", "sesame");
    let data = machine.ocelot("setup config").data(0);
    assert_eq!(data["region"], "eu-frankfurt-1");
    assert_eq!(data["profile"], "CI");
    assert_eq!(data["key-file"], machine.shown("keys/ci.pem"));
    assert!(machine.read("keys/ci.pem").contains("ENCRYPTED"));
    assert!(!machine.read(".oci/config").contains("sesame"));
}

#[test]
fn nothing_is_overwritten_unless_asked_for() {
    let machine = Machine::new();
    machine.set_up("");
    let before = machine.read(".oci/config");
    let key = machine.read(".oci/oci_api_key.pem");
    let line = format!(
        "setup config --user {USER} --tenancy {TENANCY} --region fra --key-file .oci/oci_api_key.pem"
    );
    machine.ocelot(&line).says(
        1,
        &["config:1: profile DEFAULT is there already", "--overwrite"],
    );
    assert_eq!(machine.read(".oci/config"), before);
    let data = machine.ocelot(&format!("{line} --overwrite")).data(0);
    assert_eq!(data["replaced"], true);
    assert_eq!(data["key-is-new"], false);
    assert_eq!(data["backup"], machine.shown(".oci/config.backup"));
    assert_eq!(machine.read(".oci/config.backup"), before);
    assert_eq!(machine.read(".oci/oci_api_key.pem"), key);
    assert!(machine.read(".oci/config").contains("eu-frankfurt-1"));
    let data = machine.ocelot(&format!("{line} --profile B")).data(0);
    assert_eq!(data["replaced"], false);
    assert!(machine.read(".oci/config").contains("\n[B]\n"));
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_written() {
    let machine = Machine::new();
    let line =
        format!("setup config --user {USER} --tenancy {TENANCY} --region phx --no-passphrase");
    for (more, status, told) in [
        ("--user me", 2, "no OCID"),
        (
            "--tenancy ocid1.user.oc1..aaaa",
            2,
            "not the OCID of a tenancy",
        ),
        ("--profile a]b", 1, "is no name for one"),
        ("--target moon", 2, "no target"),
        ("--passphrase x", 2, "cannot be used with"),
        ("--query [", 1, "malformed"),
        ("--max-retries 3", 2, "has no use for --max-retries"),
        ("--memory", 2, "has no use for --memory"),
    ] {
        machine
            .ocelot(&format!("{line} {more}"))
            .says(status, &[told]);
    }
    machine.write("key.pem", "no key");
    machine
        .ocelot(&format!("{line} --key-file key.pem"))
        .says(1, &["key.pem", "not a private key"]);
    machine.write("empty", "\nsecret\n");
    machine
        .ocelot("setup keys --passphrase-file empty")
        .says(2, &["first line of empty"]);
    assert!(!machine.path(".oci").exists());
}

#[test]
fn a_passphrase_opens_a_key_and_is_not_shown() {
    let machine = Machine::new();
    machine.write("secret", "open-sesame\n");
    let made =
        machine.ocelot("setup keys --key-name mine --output-dir keys --passphrase-file secret");
    let data = made.data(0);
    let line = format!(
        "setup config --user {USER} --tenancy {TENANCY} --region phx --key-file keys/mine.pem"
    );
    machine
        .ocelot(&line)
        .says(1, &["Missing option(s) --passphrase-file"]);
    machine
        .ocelot(&format!("{line} --passphrase wrong-one"))
        .says(1, &["does not open"]);
    let opened = machine.ocelot(&format!("{line} --passphrase-file secret"));
    assert_eq!(opened.data(0)["fingerprint"], data["fingerprint"]);
    assert!(opened.stderr.contains("OCI_CLI_PASSPHRASE"), "{opened:#?}");
    assert!(!machine.read(".oci/config").contains("sesame"));
    let stored = machine.ocelot(&format!(
        "{line} --passphrase-file secret --store-passphrase --profile S"
    ));
    assert!(
        machine
            .read(".oci/config")
            .contains("pass_phrase=open-sesame\n")
    );
    for run in [made, opened, stored] {
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains("sesame"), "{shown}");
    }
}
