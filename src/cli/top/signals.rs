//! The signals that end the program, which gives back the terminal first.
//!
//! They are heard on a thread of their own: where the terminal has hung up, whoever reads keys from it may never
//! return.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

/// Those that are sent from elsewhere. Keys send none while the program has the terminal.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// How long a page may take to be drawn before the terminal is given back all the same.
const PATIENCE: Duration = Duration::from_millis(500);

/// The right to draw, which is taken away for good before the terminal is given back.
#[derive(Clone, Default)]
pub(super) struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Has the process end at a signal as it does where nobody listens, so that whoever started it sees why. The
    /// second signal ends it at once.
    pub(super) fn until_a_signal() -> io::Result<Self> {
        let is_second = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
            flag::register_conditional_default(signal, Arc::clone(&is_second))?;
            flag::register(signal, Arc::clone(&is_second))?;
        }
        let mut signals = Signals::new(ENDING)?;
        let turn = Self::default();
        let of_thread = turn.clone();
        let thread = thread::Builder::new().name("signals".to_owned());
        thread.spawn(move || {
            if let Some(signal) = signals.forever().next() {
                of_thread.end_by(signal);
            }
        })?;
        Ok(turn)
    }

    /// Waits for the right to draw.
    pub(super) fn take(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_by(&self, signal: i32) {
        let begun = Instant::now();
        let mut turn = self.0.try_lock();
        while matches!(turn, Err(TryLockError::WouldBlock)) && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
            turn = self.0.try_lock();
        }
        // A terminal that hung up cannot be given back, and there is nobody to tell.
        let _ = ratatui::try_restore();
        let _ = low_level::emulate_default_handler(signal);
    }
}
