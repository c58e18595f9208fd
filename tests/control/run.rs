//! `ocelot run`: what the command finds, what becomes of its status and of signals, and what is left.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::server::{Home, PATIENCE, run};

/// The program, whose temporary files go to a folder of the test's.
fn ocelot(home: &Home, line: &str) -> Command {
    fs::create_dir_all(home.path("tmp")).unwrap();
    let mut command = home.command(line);
    let programs = Path::new(env!("CARGO_BIN_EXE_ocelot")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    command.env("TMPDIR", home.path("tmp")).env("PATH", path);
    command
}

/// A run of a shell script.
fn script(home: &Home, options: &str, script: &str) -> Command {
    let mut command = ocelot(home, &format!("run {options}"));
    command.args(["--", "sh", "-c", script]);
    command
}

fn left(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, pid: impl ToString) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

fn is_there(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie is gone: only nobody has asked for its status yet.
    !status.is_empty() && !status.contains(") Z ")
}

/// A run whose command tells its process and that of its server, and then waits.
struct Waiting {
    process: Child,
    command: String,
    keeper: String,
}

impl Waiting {
    fn start(home: &Home, trap: &str) -> Self {
        let text = format!(
            "{trap}\necho $$\ncat $OCELOT_HOME/lock\necho\nwhile true; do sleep 0.05; done"
        );
        let mut process = script(home, "", &text)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap().trim().to_owned();
        let (command, keeper) = (next(), next());
        Self {
            process,
            command,
            keeper,
        }
    }
}

#[test]
fn the_command_finds_a_server_of_its_own_and_nothing_is_left() {
    let home = Home::new();
    let text = "ocelot streaming admin stream create --name orders --partitions 1 > made.json && \
        ocelot streaming stream message put --stream-id orders --text hello > put.json && \
        ocelot local status --query 'data.server.http' --raw-output && echo $OCI_CLI_ENDPOINT && \
        grep -c key_file= $OCI_CONFIG_FILE && echo $OCELOT_KAFKA_USERNAME";
    let output = run(script(&home, "--auth verify", text));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stderr, b"");
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("http://127.0.0.1:"), "{stdout}");
    // Commands that are about the folder reach the server that requests go to.
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[2], "1");
    assert!(
        lines[3].starts_with("local/run/ocid1.streampool."),
        "{stdout}"
    );
    assert_eq!(left(&home), Vec::<PathBuf>::new());
    // The user's own folder is not even made.
    assert!(!home.data().exists());
}

#[test]
fn commands_of_a_run_ask_the_engine_for_more_than_rest_tells() {
    let home = Home::new();
    let text = "ocelot streaming admin stream create --name orders --partitions 1 > made.json && \
        ocelot streaming stream message put --stream-id orders --text old > put.json && \
        ocelot local clock advance 2h > clock.json && \
        ocelot streaming stream message put --stream-id orders --text new > put.json && \
        ocelot streaming stream message tail --stream-id orders --since 10m --format '{value}'";
    let output = run(script(&home, "", text));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "new\n", "{stderr}");
}

#[test]
fn settings_of_other_accounts_are_taken_out() {
    let home = Home::new();
    let mut command = script(&home, "", "ocelot streaming admin stream list; env");
    command
        .env("OCELOT_TARGET", "cloud")
        .env("OCI_CLI_PROFILE", "PRODUCTION")
        .env("OCI_CLI_AUTH", "instance_principal");
    let output = run(command);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !stdout.contains("PRODUCTION") && !stdout.contains("OCELOT_TARGET"),
        "{stdout}"
    );
}

#[test]
fn the_status_is_that_of_the_command() {
    let home = Home::new();
    assert_eq!(run(script(&home, "", "exit 7")).status.code(), Some(7));
    assert_eq!(
        run(script(&home, "", "kill -9 $$")).status.code(),
        Some(137)
    );
    let output = run(ocelot(&home, "run -- no-such-program --version"));
    assert_eq!(output.status.code(), Some(127));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("Error: cannot run no-such-program"),
        "{stderr}"
    );
    fs::write(home.path("text"), "no program").unwrap();
    assert_eq!(run(ocelot(&home, "run -- ./text")).status.code(), Some(126));
    assert_eq!(run(ocelot(&home, "run")).status.code(), Some(2));
    assert_eq!(left(&home), Vec::<PathBuf>::new());
}

#[test]
fn options_of_the_command_are_not_ours() {
    let home = Home::new();
    let output = run(ocelot(&home, "run -- echo --strict --auth -x"));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "--strict --auth -x\n"
    );
}

#[test]
fn signals_reach_the_command() {
    for name in ["INT", "TERM", "HUP", "QUIT"] {
        let home = Home::new();
        let mut waiting = Waiting::start(&home, &format!("trap 'exit 42' {name}"));
        signal(&format!("-{name}"), waiting.process.id());
        let status = waiting.process.wait().unwrap();
        assert_eq!(status.code(), Some(42), "{name}");
        assert_eq!(left(&home), Vec::<PathBuf>::new(), "{name}");
    }
}

#[test]
fn a_killed_run_leaves_nothing() {
    let home = Home::new();
    // The command does not want to end.
    let mut waiting = Waiting::start(&home, "trap '' TERM");
    waiting.process.kill().unwrap();
    waiting.process.wait().unwrap();
    wait_until("the folder stays", || left(&home).is_empty());
    wait_until("the command stays", || !is_there(&waiting.command));
    wait_until("the server stays", || !is_there(&waiting.keeper));
}

/// The processes whose environment names a folder of the test's temporary files.
fn processes_of(home: &Home) -> Vec<String> {
    let folder = format!("{}/ocelot-run-", home.path("tmp").display());
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_marked = |id: &String| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&folder)
    };
    ids.filter(is_marked).collect()
}

#[test]
fn a_signal_while_a_run_begins_leaves_nothing() {
    let home = Home::new();
    // What is started in the background may have to ignore SIGINT, and all that it starts with it. Signals that are
    // listened to are at their default in what is started.
    let interrupted = Arc::new(AtomicBool::new(false));
    let listening = signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted).unwrap();
    for (name, status) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
        for delay_ms in [0, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 500] {
            let mut process = script(&home, "", "exec sleep 77").spawn().unwrap();
            thread::sleep(Duration::from_millis(delay_ms));
            signal(&format!("-{name}"), process.id());
            let ended = process.wait().unwrap();
            let when = format!("{name} after {delay_ms} ms: {ended}");
            if let Some(code) = ended.code() {
                assert_eq!(Some(code), status, "{when}");
                // Nothing is left for others to clear away.
                assert_eq!(left(&home), Vec::<PathBuf>::new(), "{when}");
            }
            wait_until(&when, || left(&home).is_empty());
            wait_until(&when, || processes_of(&home).is_empty());
        }
    }
    signal_hook::low_level::unregister(listening);
}

#[test]
fn a_run_that_cannot_have_a_folder_says_what_to_do() {
    let home = Home::new();
    let mut command = script(&home, "", "true");
    command.env("TMPDIR", home.path("nowhere"));
    let output = run(command);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("Error: cannot create ")
            && stderr.ends_with("set TMPDIR to a folder that exists and that you may write to\n"),
        "{stderr}"
    );
}

/// A run whose command starts processes in three ways, and tells of them.
fn with_helpers(home: &Home) -> (Child, Vec<String>) {
    // One in the command's group, one in a session of its own, and one that its parent has left.
    let text = "sleep 77 & echo $!; setsid sh -c 'echo $$; exec sleep 78' & \
        (sleep 79 & echo $!); sleep 80; true";
    let mut process = script(home, "", text)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let helpers = lines.take(3).map(|line| line.unwrap()).collect();
    (process, helpers)
}

#[test]
fn what_the_command_has_started_ends_with_a_run_that_is_ended() {
    for name in ["-KILL", "-TERM"] {
        let home = Home::new();
        let (mut process, helpers) = with_helpers(&home);
        assert_eq!(helpers.len(), 3);
        signal(name, process.id());
        process.wait().unwrap();
        wait_until("the folder stays", || left(&home).is_empty());
        for helper in &helpers {
            wait_until(name, || !is_there(helper));
        }
    }
}

#[test]
fn what_the_command_has_started_goes_on_after_a_command_that_ends_by_itself() {
    let home = Home::new();
    let output = run(script(&home, "", "sleep 77 > pipe 2>&1 & echo $!"));
    let helper = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert!(is_there(&helper));
    signal("-KILL", &helper);
}

#[test]
fn a_shell_at_a_terminal_is_used_as_ever_and_ends_with_its_run() {
    let Ok(python) = std::env::var("OCELOT_PYTHON") else {
        panic!("OCELOT_PYTHON names the Python that types");
    };
    let home = Home::new();
    let command = ocelot(&home, "");
    let variables = command.get_envs();
    let mut typist = Command::new(python);
    typist
        .env_clear()
        .arg("tests/control/terminal.py")
        .arg(command.get_program())
        .envs(variables.filter_map(|(name, value)| Some((name, value?))));
    let output = run(typist);
    let told = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(told.split_whitespace().count(), 2);
    for process in told.split_whitespace() {
        wait_until("the shell or its job stays", || !is_there(process));
    }
    wait_until("the folder stays", || left(&home).is_empty());
}

#[test]
fn the_next_run_removes_what_a_run_left_that_was_killed_with_its_server() {
    let home = Home::new();
    let mut living = Waiting::start(&home, "");
    let of_living = left(&home);
    let mut killed = Waiting::start(&home, "");
    signal("-STOP", &killed.keeper);
    killed.process.kill().unwrap();
    killed.process.wait().unwrap();
    signal("-KILL", &killed.keeper);
    signal("-KILL", &killed.command);
    wait_until("the server stays", || !is_there(&killed.keeper));
    for folder in left(&home) {
        let folder = fs::File::open(folder).unwrap();
        folder
            .set_modified(SystemTime::now() - Duration::from_secs(3600))
            .unwrap();
    }
    assert_eq!(left(&home).len(), 2);
    assert!(run(script(&home, "", "true")).status.success());
    assert_eq!(left(&home), of_living);
    signal("-TERM", living.process.id());
    living.process.wait().unwrap();
    assert_eq!(left(&home), Vec::<PathBuf>::new());
}
