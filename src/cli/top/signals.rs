//! The signals that end the program: heard first, so that it can give back the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level};

/// Those that are sent from elsewhere. Keys send none while the program has the terminal.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Hears the signals from when it is made until the process ends.
pub(super) struct Signals {
    /// The one that was heard; 0 before.
    heard: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens from now on. The second signal ends the process at once, should the first not get that far.
    pub(super) fn listen() -> io::Result<Self> {
        let heard = Arc::new(AtomicUsize::new(0));
        let is_second = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
            flag::register_conditional_default(signal, Arc::clone(&is_second))?;
            flag::register(signal, Arc::clone(&is_second))?;
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&heard), number)?;
        }
        Ok(Self { heard })
    }

    /// The signal that was heard, if one was.
    pub(super) fn heard(&self) -> Option<i32> {
        let heard = self.heard.load(Ordering::SeqCst);
        i32::try_from(heard).ok().filter(|signal| *signal != 0)
    }
}

/// Ends the process as the signal does where nobody listens, so that whoever started it sees why.
pub(super) fn end_by(signal: i32) -> io::Result<()> {
    low_level::emulate_default_handler(signal)
}
