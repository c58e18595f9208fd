//! What clients do through REST, STOMP and Kafka is counted alike.

use std::process::Command;
use std::time::Duration;

#[test]
fn every_face_counts_what_its_clients_do() {
    let Some(python) = std::env::var_os("OCELOT_PYTHON") else {
        eprintln!("OCELOT_PYTHON is not set: there are no clients to count");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let ocelot = assert_cmd::cargo::cargo_bin!("ocelot");
    let mut command = Command::new(ocelot);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(["run", "--"])
        .arg(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/monitoring/faces.py"
        ))
        .arg(ocelot);
    let command = assert_cmd::Command::from_std(command);
    let output = { command }.timeout(Duration::from_secs(120)).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(output.stdout, b"everything is counted\n");
}
