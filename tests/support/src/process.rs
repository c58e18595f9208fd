//! Processes that are run to their end, and waiting.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take. Much more than it does, since machines are busy at times.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The program that is tested. Cargo builds it beside the folder of the tests' own programs.
pub fn ocelot() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    folder.join(format!("ocelot{}", std::env::consts::EXE_SUFFIX))
}

/// Runs a command to its end, which must come in time.
pub fn finish(command: Command) -> Output {
    let mut command = assert_cmd::Command::from_std(command);
    command.timeout(PATIENCE).output().unwrap()
}

/// Runs a command to its end, which must be a good one, and returns what it said.
pub fn succeed(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = finish(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{shown}: {}\n{stdout}\n{stderr}",
        output.status
    );
    stdout
}

/// What a program that went well printed.
pub fn printed(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    match output.stdout.as_slice() {
        [] => Value::Null,
        bytes => serde_json::from_slice(bytes).unwrap(),
    }
}

/// Waits for the end of a process, unless it does not come in time.
pub fn wait(process: &mut Child) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = process.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

/// Sends a signal, by a name as `-TERM`.
pub fn signal(name: &str, process_id: u32) {
    let id = process_id.to_string();
    let sent = Command::new("kill").args([name, &id]).status();
    assert!(sent.unwrap().success());
}

/// Looks until there is something.
pub fn awaited<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Looks until something holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    awaited(what, || holds().then_some(()));
}
