//! The commands about Notifications of the event services guide.

use crate::program::Program;

#[test]
fn the_guide_runs_as_it_is_printed() {
    let program = Program::empty();
    let ocelot = env!("CARGO_BIN_EXE_ocelot");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/notifications/guide.sh");
    let run = program.command("");
    let mut command = std::process::Command::new("bash");
    command
        .args(["-eu", script])
        .env_clear()
        .envs(
            run.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("OCELOT", ocelot)
        .stdin(std::process::Stdio::null());
    let output = assert_cmd::Command::from_std(command)
        .timeout(std::time::Duration::from_secs(60))
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
