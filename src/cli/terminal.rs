//! The standard streams: data on stdout, everything else on stderr, questions to whoever is there.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

use super::error::CliError;
use crate::output::Printed;

/// A stream that never ends has no answer in it.
const LONGEST_ANSWER_BYTES: u64 = 1024;

/// Writes data to stdout.
pub(super) fn data(text: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(CliError::io("write to standard output"))
}

/// Waits for so long, and no longer than anyone reads what this process writes: a closed pipe is told at once, not
/// when there is something to write again.
pub(super) fn pause(wait: Duration) -> Result<(), CliError> {
    #[cfg(unix)]
    if let Ok(timeout) = rustix::event::Timespec::try_from(wait) {
        use rustix::event::{PollFd, PollFlags, poll};
        let stdout = io::stdout();
        // What is asked for is nothing: that the reader is gone is told unasked.
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        let told = poll(&mut watched, Some(&timeout));
        let gone = PollFlags::ERR | PollFlags::HUP;
        match (told, &watched) {
            (Ok(0) | Err(rustix::io::Errno::INTR), _) => return Ok(()),
            (Ok(_), [stdout]) if stdout.revents().intersects(gone) => {
                return Err(CliError::ClosedPipe);
            }
            // What cannot be watched is waited with.
            _ => {}
        }
    }
    thread::sleep(wait);
    Ok(())
}

/// Writes a line for people to stderr. If nobody reads that, there is nobody to tell.
pub(super) fn note(text: &str) {
    if !text.is_empty() {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(io::stderr().lock(), "{text}{newline}");
    }
}

/// Writes what a reply looks like.
pub(super) fn print(printed: &Printed) -> Result<(), CliError> {
    data(printed.stdout.as_bytes())?;
    note(&printed.stderr);
    Ok(())
}

/// Asks a question that takes yes or no, and fails unless the answer is yes.
///
/// The question goes to stdout, where the official command line has it. Where the input is at its end
/// nobody can answer, and that is a no.
pub(super) fn confirm(question: &str) -> Result<(), CliError> {
    loop {
        data(format!("{question} [y/N]: ").as_bytes())?;
        let mut answer = String::new();
        let read = io::stdin()
            .lock()
            .take(LONGEST_ANSWER_BYTES)
            .read_line(&mut answer)
            .map_err(CliError::io("read the answer from standard input"))?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(()),
            "" if read == 0 => {
                data(b"\n")?;
                return Err(CliError::Aborted(
                    "there is no one to ask; give --force to go ahead without asking".to_owned(),
                ));
            }
            "" | "n" | "no" => return Err(CliError::Aborted(String::new())),
            _ => note("Error: invalid input: answer y or n"),
        }
    }
}

/// Whether someone types what this process reads.
pub(super) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Whether someone looks at what this process writes.
pub(super) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The size of the terminal that this process writes to, in columns and lines; `None` where that is none.
pub(super) fn size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
    Some((usize::from(width.0), usize::from(height.0)))
}

/// How wide the variable `COLUMNS` wants text to be that goes elsewhere than to a terminal, within what can be
/// drawn at all.
pub(super) fn wanted_columns() -> Option<u16> {
    let named = std::env::var("COLUMNS").ok()?;
    let columns: u16 = named.trim().parse().ok()?;
    Some(columns.clamp(40, 500))
}

/// Whether the user lets terminals have colors: `NO_COLOR` is not set, or empty.
pub(super) fn shows_colors() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether someone may look at what goes on.
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether someone is there to be asked: both what they type and what they are shown is at a terminal.
pub(super) fn can_ask() -> bool {
    stdin_is_terminal() && stderr_is_terminal()
}

/// Asks whoever is at the terminal for a line, on stderr, so that stdout stays data. An empty answer is the
/// default, where there is one; the end of the input is no answer.
pub(super) fn ask(question: &str, default: Option<&str>) -> Result<String, CliError> {
    let shown = default.map_or(String::new(), |default| format!(" [{default}]"));
    let mut stderr = io::stderr().lock();
    let written = write!(stderr, "{question}{shown}: ").and_then(|()| stderr.flush());
    written.map_err(CliError::io("ask on standard error"))?;
    let mut answer = String::new();
    let read = io::stdin()
        .lock()
        .take(LONGEST_ANSWER_BYTES)
        .read_line(&mut answer)
        .map_err(CliError::io("read the answer from standard input"))?;
    if read == 0 {
        return Err(CliError::Aborted("no answer was given".to_owned()));
    }
    Ok(match (answer.trim(), default) {
        ("", Some(default)) => default.to_owned(),
        (answer, _) => answer.to_owned(),
    })
}

/// Asks whoever is at the terminal a question that takes yes or no, on stderr; no is the default.
pub(super) fn ask_whether(question: &str) -> Result<bool, CliError> {
    loop {
        match ask(&format!("{question} [y/N]"), None)?
            .to_ascii_lowercase()
            .as_str()
        {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => note("Answer y or n."),
        }
    }
}

/// Asks whoever is at the terminal for a secret, which is not shown as it is typed.
pub(super) fn ask_secret(question: &str) -> Result<SecretString, CliError> {
    let answer = rpassword::prompt_password(format!("{question}: "));
    let answer = answer.map_err(CliError::io("read a secret from the terminal"))?;
    Ok(SecretString::from(answer))
}
