//! The commands about rules of the event services guide, as they are printed.

use std::time::Duration;

use crate::program::Program;

#[test]
fn the_guide_runs_as_it_is_printed() {
    let program = Program::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/guide.sh");
    let run = program.command("");
    let variables = run.get_envs();
    let mut command = std::process::Command::new("bash");
    command
        .args(["-eu", script])
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .env("OCELOT", env!("CARGO_BIN_EXE_ocelot"))
        .current_dir(program.path(""))
        .stdin(std::process::Stdio::null());
    let output = assert_cmd::Command::from_std(command)
        .timeout(Duration::from_secs(60))
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    for line in [
        "| True    | instance-state-monitor  | ACTIVE |",
        "| True    | object-upload-processor | ACTIVE |",
        "\"eventType\":\"com.oraclecloud.computeapi.terminateinstance.begin\"",
        "\"resourceName\":\"web-1\"",
    ] {
        assert!(stdout.contains(line), "{line}\n{stdout}");
    }
    let named = |name: &str| stdout.lines().filter(|line| line.trim() == name).count();
    assert_eq!(named("instance-state-monitor"), 1, "{stdout}");
    assert_eq!(named("object-upload-processor"), 1, "{stdout}");
    // The guide's function is in the cloud, which is all that there is to say.
    assert!(stderr.starts_with("Warning: "), "{stderr}");
    assert!(
        stderr.contains("There is no function ocid1.fnfunc.oc1..lab"),
        "{stderr}"
    );
}
