//! The rc file: defaults of options, canned queries, aliases.

use ocelot::profile::{CommandAlias, ParameterAlias, RcFile, Setting};

use crate::User;

const RC: &str = "\
[DEFAULT]
compartment-id = of-all
streaming.compartment-id = of-streaming
limit = 5

[DEV]
streaming.admin.stream.list.compartment-id = of-the-list
name = $WHO-${WHAT}-$UNSET

[OCI_CLI_CANNED_QUERIES]
# the names of all
Names = data[*].\"name\"
first=data[0].{id: id, \"x\": `$HOME`}

[OCI_CLI_COMMAND_ALIASES]
ls = list
rm = streaming.admin.stream.delete

[OCI_CLI_PARAM_ALIASES]
--cid = --compartment-id
-l = --limit
-dn = --display-name
plain = --ignored
";

fn user() -> User {
    let user = User::new().rc(RC).config("[DEV]\n[OTHER]\n");
    user.variable("WHO", "me").variable("WHAT", "it")
}

fn default_of(user: &User, command: &str, name: &str) -> Option<String> {
    let settings = user.load_for(command).unwrap();
    settings
        .option_default(&[name])
        .map(|value| value.into_text())
}

#[test]
fn the_closest_default_counts() {
    let dev = user().flag("profile", "DEV");
    let of = |command| default_of(&dev, command, "compartment-id").unwrap();
    assert_eq!(of("streaming admin stream list"), "of-the-list");
    assert_eq!(of("streaming admin stream create"), "of-streaming");
    assert_eq!(of("queue queue-admin queue list"), "of-all");
    assert_eq!(
        default_of(&dev, "ons topic list", "name").unwrap(),
        "me-it-$UNSET"
    );
    assert_eq!(default_of(&dev, "ons topic list", "none"), None);
    let all = user();
    assert_eq!(
        default_of(&all, "streaming admin stream list", "compartment-id").unwrap(),
        "of-streaming"
    );
}

#[test]
fn a_profile_that_the_file_does_not_have_gets_no_defaults() {
    let user = user().flag("profile", "OTHER");
    assert_eq!(
        default_of(&user, "streaming admin stream list", "compartment-id"),
        None
    );
}

#[test]
fn a_default_may_stand_under_an_alias() {
    let rc = "[DEFAULT]\nstreaming.cid = c\n[OCI_CLI_PARAM_ALIASES]\n--cid = --compartment-id\n";
    let user = User::new().rc(rc);
    assert_eq!(
        default_of(&user, "streaming admin stream list", "compartment-id").unwrap(),
        "c"
    );
}

#[test]
fn a_default_tells_its_line() {
    let settings = user().flag("profile", "DEV").load_for("x").unwrap();
    let value = settings.option_default(&["limit"]).unwrap();
    assert!(value.source().to_string().ends_with("/.oci/oci_cli_rc:4"));
}

#[test]
fn queries_are_found_by_name_and_not_expanded() {
    let user = user();
    let rc = RcFile::open(None, &user.environment()).unwrap();
    let query = |name| rc.canned_query(name).map(|value| value.into_text());
    assert_eq!(query("Names").unwrap(), "data[*].\"name\"");
    assert_eq!(query("first").unwrap(), "data[0].{id: id, \"x\": `$HOME`}");
    let error = user.tilde(&query("none").unwrap_err().to_string());
    assert_eq!(
        error,
        "~/.oci/oci_cli_rc has no query named none in [OCI_CLI_CANNED_QUERIES]"
    );
}

#[test]
fn aliases_are_listed() {
    let rc = RcFile::open(None, &user().environment()).unwrap();
    let command = |alias: &str, groups: Option<&[&str]>, command: &str| CommandAlias {
        alias: alias.to_owned(),
        groups: groups.map(|groups| groups.iter().map(|word| (*word).to_owned()).collect()),
        command: command.to_owned(),
    };
    assert_eq!(
        rc.command_aliases(),
        [
            command("ls", None, "list"),
            command("rm", Some(&["streaming", "admin", "stream"]), "delete"),
        ]
    );
    let parameter = |alias: &str, option: &str| ParameterAlias {
        alias: alias.to_owned(),
        option: option.to_owned(),
    };
    assert_eq!(
        rc.parameter_aliases(),
        [
            parameter("--cid", "--compartment-id"),
            parameter("-l", "--limit"),
            parameter("-dn", "--display-name")
        ]
    );
}

#[test]
fn both_spellings_of_a_switch_are_understood() {
    for key in ["raw-output", "raw_output"] {
        let user = User::new().rc(format!("[DEFAULT]\n{key} = yes\n"));
        assert!(user.settings().is_on(Setting::RawOutput), "{key}");
    }
}

#[test]
fn a_missing_file_is_only_told_when_it_was_named() {
    assert!(RcFile::open(None, &User::new().environment()).is_ok());
    let user = User::new().flag("cli-rc-file", "~/none");
    assert_eq!(
        user.error(),
        "there is no file ~/none, which --cli-rc-file names"
    );
    let user = User::new().variable("OCI_CLI_RC_FILE", "~/none");
    assert_eq!(
        user.error(),
        "there is no file ~/none, which OCI_CLI_RC_FILE names"
    );
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let user = User::new().rc("[DEFAULT]\nx=1\n\nwhat is this\n");
    assert_eq!(
        user.error(),
        "~/.oci/oci_cli_rc:4: this is neither a [section] nor key = value"
    );
}
