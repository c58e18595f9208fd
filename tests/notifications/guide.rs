//! The commands about Notifications of the event services guide.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::Program;

#[test]
fn the_guide_runs_as_it_is_printed() {
    let program = Program::empty();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/guide-notifications.sh"
    );
    // The endpoints of the guide are on other machines.
    let ocelot = env!("CARGO_BIN_EXE_ocelot");
    let oci = format!("oci() {{ '{ocelot}' \"$@\" --delivery-timeout 0; }}; . '{script}'");
    let run = program.command("");
    let mut command = Command::new("bash");
    command
        .args(["-c", &oci])
        .env_clear()
        .envs(
            run.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    let output = assert_cmd::Command::from_std(command)
        .timeout(Duration::from_secs(60))
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    for line in [
        "| oncall-team@example.com",
        "| https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX",
        "| ocid1.fnfunc.oc1..lab",
    ] {
        assert!(stdout.contains(line), "{stdout}");
    }
    // In both tables.
    assert_eq!(stdout.matches("| PENDING").count(), 6, "{stdout}");
    assert_eq!(stdout.matches("| ACTIVE").count(), 2, "{stdout}");
}
