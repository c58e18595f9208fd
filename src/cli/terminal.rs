//! The standard streams: data on stdout, everything else on stderr, questions to whoever is there.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::error::CliError;
use crate::output::Printed;

/// Writes data to stdout.
pub(super) fn data(text: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(CliError::io("write to standard output"))
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
    // A stream that never ends has no answer in it.
    const LONGEST_ANSWER_BYTES: u64 = 1024;
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

/// Whether someone may look at what goes on.
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
