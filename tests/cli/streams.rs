//! The standard streams: full, closed, endless; and a data folder that is none.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Read as _;
use std::process::Stdio;

use crate::sandbox::{Sandbox, permissions_do_not_bind};

const LIST: &str = "streaming admin stream list --query data[].name";

#[test]
fn only_lines_to_put_and_answers_are_read_from_stdin() {
    let sandbox = Sandbox::with_orders();
    for line in [
        "streaming admin stream list",
        "streaming admin stream get --stream-id orders",
        "streaming stream message put --stream-id orders --text a",
        "streaming stream message put --stream-id orders --messages [{\"value\":\"YQ==\"}]",
        "streaming stream message put --stream-id orders --file /dev/null",
        "streaming stream message put --generate-full-command-json-input",
        "streaming stream message put --help",
        "streaming stream cursor create-cursor --stream-id orders --partition 0 --type LATEST",
        "streaming admin stream delete --stream-id orders --force",
        "local status",
        "local clock show",
        "streaming",
        "",
    ] {
        sandbox.ocelot(line).check_does_not_read_stdin();
    }
    for line in [
        "streaming stream message put",
        "streaming stream message put --file -",
    ] {
        sandbox.ocelot(line).status(1).check_does_not_read_stdin();
    }
    let line = "streaming stream message put --stream-id orders --bogus";
    sandbox.ocelot(line).status(2).check_does_not_read_stdin();
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::with_orders();
    for line in [
        LIST,
        "--help",
        "--version",
        "local",
        "streaming",
        "local status",
        "--release-info",
    ] {
        let mut command = sandbox.command();
        command.args(line.split_whitespace());
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}\n{told}");
        let wanted =
            "Error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!(told, wanted, "{line}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let sandbox = Sandbox::with_orders();
    for line in [LIST, "--help", "streaming --help", "local status"] {
        let mut command = sandbox.command();
        command.args(line.split_whitespace());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{line}");
        assert_eq!(told, "", "{line}");
    }
}

#[test]
fn a_stderr_that_takes_nothing_does_not_change_the_exit_status() {
    let sandbox = Sandbox::new();
    for (line, status) in [
        ("--bogus", 2),
        ("streaming admin stream get --stream-id x", 1),
    ] {
        let mut command = sandbox.command();
        command.args(line.split_whitespace());
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command.stderr(full).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stderr(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}");
    }
}

#[test]
fn closed_streams_do_no_harm() {
    let sandbox = Sandbox::with_orders();
    let program = env!("CARGO_BIN_EXE_ocelot");
    for (line, status) in [
        (format!("{program} {LIST} >&-"), 0),
        (format!("{program} {LIST} <&- >&- 2>&-"), 0),
        (format!("{program} --bogus 2>&-"), 2),
        (
            format!("{program} streaming stream message put --stream-id orders <&-"),
            1,
        ),
        (
            format!("{program} streaming admin stream delete --stream-id orders <&-"),
            1,
        ),
    ] {
        let mut command = std::process::Command::new("sh");
        let output = command
            .args(["-c", &line])
            .env("OCELOT_HOME", sandbox.path("data"))
            .env("HOME", sandbox.path(""))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}\n{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
    assert_eq!(
        sandbox.data("streaming admin stream list --query data[0].name --raw-output"),
        "orders"
    );
}

#[test]
fn no_colours_go_where_no_terminal_is() {
    let sandbox = Sandbox::new();
    for line in [
        "--help",
        "--bogus",
        "streaming admin strem",
        "streaming admin stream list",
    ] {
        let mut run = sandbox.ocelot(line).env("TERM", "xterm-256color");
        let output = run.output();
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.contains(&0x1b), "{line}");
    }
}

#[test]
fn a_data_folder_that_is_none_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("afile", "x");
    for folder in ["afile", "afile/below", "/dev/null/x", "/proc/nothing"] {
        let told = format!("Error: cannot use the data folder {folder}");
        let run = sandbox.ocelot(LIST).args(["--data-dir", folder]).status(1);
        run.stderr_has([
            told.as_str(),
            "choose another with --data-dir or OCELOT_HOME",
        ])
        .check();
        let run = sandbox
            .ocelot("local status")
            .env("OCELOT_HOME", folder)
            .status(1);
        run.stderr_has([told.as_str()]).check();
    }
    let run = sandbox.ocelot(LIST).args(["--data-dir", ""]).status(2);
    run.stderr("Error: --data-dir is empty: give the path of a folder\n")
        .check();
}

#[test]
fn a_data_folder_may_begin_with_a_tilde() {
    let sandbox = Sandbox::new();
    sandbox.ocelot(LIST).args(["--data-dir=~/there"]).check();
    assert!(sandbox.path("there").is_dir());
    sandbox
        .ocelot(LIST)
        .env("OCELOT_HOME", "~/elsewhere")
        .check();
    assert!(sandbox.path("elsewhere").is_dir());
    assert!(!sandbox.path("~").exists());
}

#[test]
fn a_data_folder_whose_name_is_not_text_is_used_all_the_same() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::new();
    let folder = sandbox
        .path("")
        .join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    sandbox.ocelot(LIST).env("OCELOT_HOME", &folder).check();
    assert!(folder.is_dir());
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    if permissions_do_not_bind(&sandbox.path("")) {
        return;
    }
    let folder = sandbox.path("sealed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let run = sandbox
        .ocelot(LIST)
        .args(["--data-dir", "sealed/data"])
        .status(1);
    run.stderr_has(["cannot use the data folder sealed/data: Permission denied"])
        .check();
}

#[test]
fn without_a_home_a_data_folder_will_do() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command();
    command.env_remove("HOME").args(LIST.split_whitespace());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
