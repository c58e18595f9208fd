//! `ocelot local state` with standard streams and pipes in the place of files.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::server::{Home, run};
use crate::state::{values, with_shop};

/// Runs a line with this on standard input, which is a pipe.
fn fed(home: &Home, line: &str, input: &[u8]) -> Output {
    let mut child = home
        .command(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is refused is not read to its end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_state_goes_through_pipes() {
    let home = with_shop();
    for server in [None, Some(home.serve(""))] {
        let saved = home.run("local state save -");
        assert!(saved.status.success(), "{}", told(&saved));
        assert!(!home.path("-").exists());
        for file in ["-", "/dev/stdin"] {
            let other = Home::new();
            let loaded = fed(&other, &format!("local state load {file}"), &saved.stdout);
            assert!(loaded.status.success(), "{}", told(&loaded));
            assert_eq!(values(&other), ["one", "three", "two"]);
            let diff = fed(&home, &format!("local state diff {file}"), &saved.stdout);
            let diff: Value = serde_json::from_slice(&diff.stdout).unwrap();
            assert_eq!(diff["data"], json!([]));
        }
        drop(server);
    }
}

#[test]
fn what_is_no_state_is_not_read_to_its_end() {
    let home = with_shop();
    let refused = fed(&home, "local state load - --force", &vec![b'y'; 8 << 20]);
    assert_eq!(refused.status.code(), Some(1));
    let told = told(&refused);
    assert!(told.contains("standard input is no saved state"), "{told}");
    let endless = home.fails("local state load /dev/zero --force", 1);
    assert!(endless.contains("is no saved state"), "{endless}");
    assert_eq!(values(&home).len(), 3);
}

#[test]
fn a_file_has_a_name() {
    let home = with_shop();
    for command in ["save", "load", "diff"] {
        let told = home.fails(&format!("local state {command} ''"), 2);
        assert!(told.contains("FILE is empty"), "{told}");
    }
}

#[test]
fn a_terminal_is_no_place_for_a_state() {
    let home = with_shop();
    let python = std::env::var("OCELOT_PYTHON").unwrap();
    let script =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    for (line, sentence) in [
        ("local state save -", "a saved state is not for a terminal"),
        ("local state load - --force", "standard input is a terminal"),
    ] {
        let typed = home.command(line);
        let mut command = Command::new(&python);
        command.args(["-c", script]);
        command.arg(typed.get_program()).args(typed.get_args());
        command
            .env_clear()
            .envs(home.environment())
            .current_dir(home.folder());
        let output = run(command);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            !output.status.success() && shown.contains(sentence),
            "{line}: {shown}"
        );
    }
    assert!(!fs::exists(home.path("-")).unwrap());
}
