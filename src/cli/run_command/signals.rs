//! The signals that a run passes on to its command.

use std::fs::File;
use std::io;

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use tokio::signal::unix::{self, SignalKind};

/// Hears the signals.
pub(super) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
    quit: unix::Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
            quit: unix::signal(SignalKind::quit())?,
        })
    }

    /// Waits for the next.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
            _ = self.quit.recv() => Signal::QUIT,
        }
    }
}

/// Passes a signal on, unless it was typed at the terminal: then the command, which is in the same group, has it
/// already, and many programs take a second one for impatience. Tells whether it was passed on.
pub(super) fn pass_on(signal: Signal, pid: i32) -> bool {
    let is_typed = matches!(signal, Signal::INT | Signal::QUIT) && is_in_foreground();
    match Pid::from_raw(pid) {
        Some(pid) if !is_typed => {
            // One that has ended needs no signal.
            let _ = kill_process(pid, signal);
            true
        }
        _ => false,
    }
}

/// Whether this process has a terminal, which lets one group of processes at a time read from it.
pub(super) fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Whether what is typed at the terminal reaches this process and its command.
fn is_in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    let group = terminal.map(|terminal| rustix::termios::tcgetpgrp(&terminal));
    matches!(group, Ok(Ok(group)) if group == getpgrp())
}
