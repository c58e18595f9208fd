//! The guide with the official command line, which a server answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use test_support::{Program, Server};

use crate::script::{COMPARTMENT, data, run};

/// The official program, which the guide's spellings are brought to: it calls the endpoint of a subscription and the
/// query of an alarm otherwise, and wants to be told where an alarm's metrics are. The guide names no server, so this
/// does. `{oci}`, `{server}`, `{config}` and `{compartment}` stand for what they say.
const OCI: &str = r#"#!/bin/sh
respell() {
  from=$1 to=$2
  shift 2
  for word do
    shift
    [ "$word" != "$from" ] || word=$to
    set -- "$@" "$word"
  done
  call "$@"
}
call() { exec '{oci}' --endpoint '{server}' --config-file '{config}' "$@"; }
case "$1 $2 $3" in
  "ons subscription create") respell --endpoint --subscription-endpoint "$@" ;;
  "monitoring alarm create") respell --query --query-text "$@" --metric-compartment-id '{compartment}' ;;
  *) call "$@" ;;
esac
"#;

/// Makes the program and its config file in a home.
fn install(program: &Program, server: &Server, oci: &str) {
    let fingerprint = fs::read_to_string(data("signing/fingerprint.txt")).unwrap();
    let config = format!(
        "[DEFAULT]\ntenancy=ocid1.tenancy.oc1..lab\nuser=ocid1.user.oc1..student\nregion=us-ashburn-1\n\
         fingerprint={}\nkey_file={}\n",
        fingerprint.trim(),
        data("signing/keys/rsa.pkcs8.test-key.pem").display()
    );
    let config = program.write("config", &config);
    let script = OCI.replace("{oci}", oci);
    let script = script.replace("{server}", server.url());
    let script = script.replace("{config}", &config);
    let script = script.replace("{compartment}", COMPARTMENT);
    let path = program.write("bin/oci", &script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn the_official_command_line_through_a_server() {
    let Ok(oci) = std::env::var("OCELOT_OCI") else {
        eprintln!("OCELOT_OCI is not set: the official command line is left out");
        return;
    };
    let (program, elsewhere) = (Program::new(), Program::new());
    let server = elsewhere.serve("");
    install(&program, &server, &oci);
    let quiet = [
        ("SUPPRESS_LABEL_WARNING", "True"),
        ("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True"),
    ];
    let told = run(&program.path("bin"), program.environment().chain(quiet));
    println!(
        "the guide took {:?} with the official command line",
        told.took
    );
    told.check();
}
