//! A time in which nobody answers, while a server restarts or a network is gone, and how long it is waited out.

use std::time::{Duration, Instant};

use crate::cli::error::CliError;
use crate::cli::terminal;
use crate::client::{HttpError, RemoteError};

/// How long nobody has to answer before that is taken for the end.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(500);

/// A time in which nobody answers; none yet to begin with.
#[derive(Debug, Default)]
pub(super) struct Outage {
    begun: Option<Instant>,
}

impl Outage {
    /// Whether to ask again after a failure, which begins the outage where there was none. That is told once.
    pub(super) fn lasts(&mut self, error: &RemoteError) -> bool {
        if !may_pass(error) {
            return false;
        }
        let begun = self.begun.get_or_insert_with(|| {
            let seconds = LONGEST.as_secs();
            terminal::note(&format!(
                "Note: {error}: asking again for up to {seconds} s."
            ));
            Instant::now()
        });
        begun.elapsed() < LONGEST
    }

    /// Waits until it is time to ask again.
    pub(super) fn pause(&self) -> Result<(), CliError> {
        terminal::pause(PAUSE)
    }

    /// There is an answer.
    pub(super) fn end(self) {
        if self.begun.is_some() {
            terminal::note("Note: there is an answer again: going on.");
        }
    }
}

/// Whether there may be an answer a little later.
fn may_pass(error: &RemoteError) -> bool {
    match error {
        RemoteError::Http(error) => {
            matches!(error, HttpError::Connect { .. }) || error.is_passing()
        }
        _ => false,
    }
}
