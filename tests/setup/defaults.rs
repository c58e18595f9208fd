//! Commands that exist only here go by the rc file's defaults, as all others do.

use crate::machine::Machine;

#[test]
fn the_rc_file_says_how_to_print() {
    let machine = Machine::new();
    machine.write(
        ".oci/oci_cli_rc",
        "[DEFAULT]\noutput = csv\nlocal.status.output = table\n[P]\noutput = yaml\n",
    );
    let first = |line: &str| {
        let run = machine.ocelot(line);
        assert_eq!(run.status, Some(0), "{run:#?}");
        let mut lines = run.stdout.lines().map(str::to_owned);
        lines.next().unwrap_or_default()
    };
    assert!(first("local status --memory").starts_with("+--"));
    assert!(first("local clock show").starts_with("mode,now,"));
    assert!(first("config explain").starts_with("name,"));
    assert!(first("doctor --memory").starts_with("check,"));
    assert_eq!(
        first("config explain --profile P --query data"),
        "- name: config_file"
    );
    assert_eq!(first("local clock show --output json"), "{");
}

#[test]
fn a_broken_config_file_is_no_concern_of_the_local_engine() {
    let machine = Machine::new();
    machine.write(".oci/config", "broken\n");
    assert_eq!(machine.ocelot("local clock show").status, Some(0));
    machine.ocelot("config explain").says(1, &["config:1:"]);
}
