//! Aliases of commands and options, from the rc file.

use crate::sandbox::Sandbox;

const RC: &str = "[OCI_CLI_COMMAND_ALIASES]
LS = list
rm = streaming.admin.stream.delete
strm = streaming.admin.stream
s = streaming
again = ls
get = delete
[OCI_CLI_PARAM_ALIASES]
--SID = --stream-id
--cid = --compartment-id
-n = --name
-dn = --name
-d = --limit
--q = --query
--sort-by = --page
plain = --name
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_orders();
    sandbox.data("streaming admin stream create --name bills --partitions 1");
    sandbox.write(".oci/oci_cli_rc", RC);
    sandbox
}

#[test]
fn aliases_stand_for_commands_and_options() {
    let sandbox = sandbox();
    for line in [
        "streaming admin stream ls --name orders",
        "s admin strm ls -n orders",
        "--q data[].name s admin strm ls -norders",
        "s admin strm ls -dn orders --cid ocid1.tenancy.oc1..local",
        "s admin strm ls -dn=orders --cid=ocid1.tenancy.oc1..local",
        "s admin strm ls -n=orders",
    ] {
        let run = sandbox.ocelot(line).args(["--query", "data[].name"]);
        run.stdout("[\n  \"orders\"\n]\n").check();
    }
    let remove = "s admin stream rm --sid bills --dry-run --query data.method";
    sandbox.ocelot(remove).stdout("\"DELETE\"\n").check();
}

#[test]
fn an_alias_counts_only_in_its_group_and_for_no_other_alias() {
    let sandbox = sandbox();
    for line in [
        "streaming admin stream-pool rm",
        "streaming admin stream again",
        "streaming admin stream LS",
    ] {
        sandbox
            .ocelot(line)
            .status(2)
            .stderr_has(["unrecognized subcommand"])
            .check();
    }
    let told = "'--sid'";
    sandbox
        .ocelot("s admin stream ls --sid x")
        .status(2)
        .stderr_has([told])
        .check();
}

#[test]
fn a_value_is_no_alias() {
    let sandbox = sandbox();
    for line in [
        "s admin stream ls --name -dn --query data[0]",
        "s admin stream ls --name ls --query data[0]",
        "s admin stream ls --name=-dn --query data[0]",
    ] {
        sandbox.ocelot(line).check();
    }
}

#[test]
fn what_is_there_counts_more() {
    let sandbox = sandbox();
    let told = "Note: get is a command of its own here, so the rc file's alias for delete does not count.\n";
    let get = "streaming admin stream get --stream-id orders --query data.name";
    sandbox
        .ocelot(get)
        .stdout("\"orders\"\n")
        .stderr(told)
        .check();
    let told = "Note: --sort-by is an option of its own here, so the rc file's alias for --page does not count.\n";
    let list = "streaming admin stream list --sort-by NAME --query data[].name";
    sandbox
        .ocelot(list)
        .stdout("[\n  \"bills\",\n  \"orders\"\n]\n")
        .stderr(told)
        .check();
    let told = "rc file's alias for --limit does not count";
    let list = "streaming admin stream list -d --query length(data)";
    sandbox
        .ocelot(list)
        .stdout("2\n")
        .stderr_has([told, "> GET local:"])
        .check();
}

#[test]
fn the_file_may_be_named_on_the_line_or_by_a_variable() {
    let sandbox = Sandbox::with_orders();
    sandbox.write("other", "[OCI_CLI_COMMAND_ALIASES]\nall = list\n");
    let names = "[\n  \"orders\"\n]\n";
    for line in [
        "streaming admin stream all --query data[].name --cli-rc-file other",
        "--defaults-file=other streaming admin stream all --query data[].name",
    ] {
        sandbox.ocelot(line).stdout(names).check();
    }
    let line = "streaming admin stream all --query data[].name";
    sandbox
        .ocelot(line)
        .env("OCI_CLI_RC_FILE", "other")
        .stdout(names)
        .check();
    sandbox.ocelot(line).status(2).stderr_has(["'all'"]).check();
}

#[test]
fn help_knows_them() {
    let sandbox = sandbox();
    let help = sandbox.data("streaming admin stream list --help");
    assert_eq!(sandbox.data("s admin strm ls --help"), help);
    assert_eq!(sandbox.data("help s admin strm ls"), help);
    sandbox.write(".oci/oci_cli_rc", "this is no rc file");
    assert_eq!(sandbox.data("streaming admin stream list --help"), help);
}

#[test]
fn lines_with_aliases_complete() {
    let sandbox = sandbox();
    let completed = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let index = (words.len() - 1).to_string();
        let output = sandbox
            .command()
            .args(["--"])
            .args(&words)
            .env("OCELOT_COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", index)
            .env("_CLAP_IFS", "\n")
            .env("_CLAP_COMPLETE_COMP_TYPE", "9")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(completed("ocelot s admin strm ls --stream-p").contains("--stream-pool-id"));
    assert!(completed("ocelot s admin strm rm --sid o").contains("orders"));
}
