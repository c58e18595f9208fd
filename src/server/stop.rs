//! The end of a server: signals, and the time that requests in flight get.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long requests in flight get once the server is asked to end.
const GRACE: Duration = Duration::from_millis(800);

/// The status of a process that a second signal ended.
const KILLED: i32 = 130;

/// Hears the signals that ask the process to end.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    sender: watch::Sender<bool>,
}

/// Tells the parts of a server that it is to end.
#[derive(Clone)]
pub(super) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Whether the server is to end.
    pub(super) fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when the server is to end.
    pub(super) async fn begun(&self) {
        let mut receiver = self.0.clone();
        // A sender that is gone has nothing to serve for.
        let _ = receiver.wait_for(|stopping| *stopping).await;
    }
}

impl Stop {
    /// Listens from now on: a signal that comes before [`Stop::asked_for`] is not lost.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            sender: watch::Sender::new(false),
        })
    }

    pub(super) fn stopping(&self) -> Stopping {
        Stopping(self.sender.subscribe())
    }

    /// Waits for a signal, and tells everyone.
    pub(super) async fn asked_for(&mut self) {
        self.signal().await;
        self.sender.send_replace(true);
    }

    /// Waits until the tasks are done, at most for the grace; a second signal ends the process at once.
    pub(super) async fn finish(mut self, tasks: impl IntoIterator<Item = JoinHandle<()>>) {
        let all_done = async {
            for task in tasks {
                // One that panicked is done too.
                let _ = task.await;
            }
        };
        tokio::select! {
            () = all_done => {}
            () = tokio::time::sleep(GRACE) => {}
            () = self.signal() => std::process::exit(KILLED),
        }
    }

    async fn signal(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
