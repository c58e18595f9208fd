//! `ocelot tour`: a guided run on an engine of its own, which is gone afterwards.
//!
//! Each step is the real program run as a user would, so that what is shown is what happens.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::CliError;
use super::terminal;

/// What is shown before a command, the command as typed after `ocelot`, and what is piped into it.
struct Step {
    says: &'static str,
    command: &'static [&'static str],
    piped: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        says: "A stream takes messages and keeps them in order. It has partitions, here three.",
        command: &[
            "streaming",
            "admin",
            "stream",
            "create",
            "--name",
            "orders",
            "--partitions",
            "3",
            "--query",
            "data.{name: name, partitions: partitions, id: id}",
        ],
        piped: "",
    },
    Step {
        says: "Messages with the same key go to the same partition.",
        command: &[
            "streaming",
            "stream",
            "message",
            "put",
            "--stream-id",
            "orders",
            "--key",
            "ORD-1",
            "--text",
            "created",
            "--text",
            "paid",
        ],
        piped: "",
    },
    Step {
        says: "What is piped in is put line by line.",
        command: &[
            "streaming",
            "stream",
            "message",
            "put",
            "--stream-id",
            "orders",
            "--key",
            "ORD-2",
        ],
        piped: "created\npaid\nshipped\n",
    },
    Step {
        says: "A cursor says where reading begins: here with the oldest message, on all partitions.",
        command: &[
            "streaming",
            "stream",
            "cursor",
            "create-cursor",
            "--stream-id",
            "orders",
            "--type",
            "TRIM_HORIZON",
            "--query",
            "data.value",
            "--raw-output",
        ],
        piped: "",
    },
    Step {
        says: "Messages are read from a cursor; --decode prints them as text.",
        command: &[
            "streaming",
            "stream",
            "message",
            "get",
            "--stream-id",
            "orders",
            "--cursor",
            CURSOR,
            "--decode",
        ],
        piped: "",
    },
    Step {
        says: "Every output can be queried, and shown as a table.",
        command: &[
            "streaming",
            "admin",
            "stream",
            "list",
            "--query",
            "data[].{Name: name, Partitions: partitions, State: \"lifecycle-state\"}",
            "--output",
            "table",
        ],
        piped: "",
    },
    Step {
        says: "A rule picks events and hands them on: here those of new objects in buckets, to the stream.",
        command: &[
            "events",
            "rule",
            "create",
            "--display-name",
            "uploads",
            "--is-enabled",
            "true",
            "--condition",
            "{\"eventType\": \"com.oraclecloud.objectstorage.createobject\"}",
            "--actions",
            "{\"actions\": [{\"actionType\": \"OSS\", \"streamId\": \"orders\", \"isEnabled\": true}]}",
            "--query",
            "data.{name: \"display-name\", state: \"lifecycle-state\", condition: condition}",
        ],
        piped: "",
    },
    Step {
        says: "Buckets are not on this machine, so their events are emitted by hand, and the rules that want them \
               are told.",
        command: &[
            "local",
            "event",
            "emit",
            "--type",
            "com.oraclecloud.objectstorage.createobject",
            "--data",
            "{\"bucketName\": \"data-lake\"}",
            "--query",
            "data.{event: event.eventType, rules: rules[].\"display-name\"}",
        ],
        piped: "",
    },
    Step {
        says: "All of this is on disk: the next command, or the next day, finds it there.",
        command: &[
            "local",
            "status",
            "--query",
            "data.{resources: resources, messages: \"messages-bytes\"}",
        ],
        piped: "",
    },
];

/// Stands for the cursor that an earlier step printed.
const CURSOR: &str = "$CURSOR";

/// Runs the tour.
pub(super) fn run() -> Result<(), CliError> {
    let program = std::env::current_exe().map_err(CliError::io("find this program's own file"))?;
    let home = Home::new()?;
    say("This runs on an engine of its own, which is gone when the tour ends.\n")?;
    let mut printed = String::new();
    for step in STEPS {
        say(&format!("\n# {}\n$ {}\n", step.says, shown(step)))?;
        let command = step.command.iter().map(|word| match *word {
            CURSOR => printed.trim().to_owned(),
            word => word.to_owned(),
        });
        let command: Vec<String> = command.collect();
        printed = run_step(&program, &home.0, &command, step.piped)?;
        say(&printed)?;
    }
    say("\nThe same commands without the tour keep their data: ocelot local status says where.\n")?;
    Ok(())
}

fn say(text: &str) -> Result<(), CliError> {
    terminal::data(text.as_bytes())
}

/// A step as a user would type it.
fn shown(step: &Step) -> String {
    let words = step
        .command
        .iter()
        .map(|word| quoted(word))
        .collect::<Vec<_>>()
        .join(" ");
    match step.piped {
        "" => format!("ocelot {words}"),
        lines => format!("printf '{}' | ocelot {words}", lines.replace('\n', "\\n")),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    match word {
        CURSOR => format!("\"{word}\""),
        word if word.chars().all(plain) => word.to_owned(),
        word => format!("'{word}'"),
    }
}

/// Runs this program with the tour's own settings only, and returns what it printed.
fn run_step(
    program: &Path,
    home: &Path,
    command: &[String],
    piped: &str,
) -> Result<String, CliError> {
    let mut child = Command::new(program)
        .args(command)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_system(name)))
        .env("HOME", home)
        .env("OCELOT_HOME", home.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(CliError::io(format!("run {}", program.display())))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(piped.as_bytes())
            .map_err(CliError::io("talk to the command"))?;
    }
    let output = child
        .wait_with_output()
        .map_err(CliError::io("wait for the command"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(CliError::refused(format!(
            "the tour stopped: ocelot {} failed: {}",
            command.join(" "),
            text(&output.stderr)
        ))),
    }
}

/// What a program needs from its surroundings to start at all.
fn is_system(name: &OsStr) -> bool {
    ["PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SystemRoot"]
        .iter()
        .any(|known| name == *known)
}

/// A folder that is removed when the tour ends, however it ends.
struct Home(PathBuf);

impl Home {
    fn new() -> Result<Self, CliError> {
        let name = format!("ocelot-tour-{}", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(CliError::io(format!("create {}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What remains in the folder for temporary files is the system's to clear.
        let _ = fs::remove_dir_all(&self.0);
    }
}
