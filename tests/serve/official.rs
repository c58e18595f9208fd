//! The official parts that tests run against a server: Python programs with the SDK, and the command line.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::server::{Home, Server, run};

/// A file beside the tests.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// A key that exists for tests.
pub(crate) fn test_key() -> PathBuf {
    path("data/signing/keys/rsa.pkcs8.test-key.pem")
}

/// A variable that `tests/run` sets; without it the test has nothing to run.
fn tool(variable: &str) -> Option<OsString> {
    let tool = std::env::var_os(variable);
    if tool.is_none() {
        eprintln!("{variable} is not set: nothing is compared");
    }
    tool
}

/// Runs a Python program against a server, and returns what it says. It gets the server's address, and then
/// `file`.
pub(crate) fn python(home: &Home, server: &Server, script: &str, file: PathBuf) -> Option<String> {
    let mut command = Command::new(tool("OCELOT_PYTHON")?);
    command
        .arg(path("serve").join(script))
        .arg(server.url())
        .arg(file)
        .env("HOME", home.path(""))
        .env("OCELOT", test_support::ocelot())
        .env("OCELOT_HOME", home.data())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(ca) = server.ready["ca"].as_str() {
        command.arg(ca);
    }
    let output = run(command);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", server.log());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Runs a script of commands with the official command line as `oci`, and returns what it says. The script
/// names no server, so the program that it calls does.
pub(crate) fn official(home: &Home, server: &Server, script: &str) -> Option<String> {
    let oci = tool("OCELOT_OCI")?;
    let config = write_config(home);
    // Guides write --endpoint for that of a subscription, which the official command line calls otherwise.
    let program = format!(
        r#"#!/bin/sh
case "$1 $2 $3" in
  "ons subscription create")
    for word do
      shift
      [ "$word" != --endpoint ] || word=--subscription-endpoint
      set -- "$@" "$word"
    done ;;
esac
exec '{}' --endpoint '{}' --config-file '{}' "$@"
"#,
        oci.to_string_lossy(),
        server.url(),
        config.display()
    );
    let bin = home.path("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("oci"), program).unwrap();
    let mut chmod = Command::new("chmod");
    chmod.arg("700").arg(bin.join("oci"));
    assert!(run(chmod).status.success());
    let mut command = Command::new("bash");
    command
        .arg(path("data").join(script))
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", home.path(""))
        .env("SUPPRESS_LABEL_WARNING", "True")
        .env("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True");
    let output = run(command);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", server.log());
    Some(String::from_utf8(output.stdout).unwrap())
}

fn write_config(home: &Home) -> PathBuf {
    let fingerprint = fs::read_to_string(path("data/signing/fingerprint.txt")).unwrap();
    let config = format!(
        "[DEFAULT]\ntenancy=ocid1.tenancy.oc1..shop\nuser=ocid1.user.oc1..clerk\nregion=us-ashburn-1\n\
         fingerprint={}\nkey_file={}\n",
        fingerprint.trim(),
        test_key().display()
    );
    fs::write(home.path("config"), config).unwrap();
    home.path("config")
}
