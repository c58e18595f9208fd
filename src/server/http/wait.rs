//! Calls that wait: answered at the change that brings something, or when their time is over.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::call::{ApiError, Call, Reply};
use crate::engine::Attempt;
use crate::server::Shared;

/// Answers a call. One that may wait is tried again at every change of what it reads from, and when time may
/// have brought something. A server that is to end keeps nobody waiting.
pub(super) async fn answer(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let begun = Instant::now();
    let first = match shared.ask_engine(|engine| engine.attempt(call))? {
        Attempt::Done(reply) => return Ok(reply),
        Attempt::Nothing(wait) => wait,
    };
    let changed = Arc::new(Notify::new());
    let wake = Arc::clone(&changed);
    let changes = shared.engine.changes();
    let _listening = changes.listen(&first.key, move || wake.notify_one());
    loop {
        // What came before the listening began is found now.
        let wait = match shared.ask_engine(|engine| engine.attempt_again(call))? {
            Attempt::Done(reply) => return Ok(reply),
            Attempt::Nothing(wait) => wait,
        };
        // A connection that is quiet for too long is cut: an empty answer comes before that.
        let patience = wait.patience.min(shared.options.limits.client_timeout / 2);
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() || shared.stopping.has_begun() {
            return Ok(wait.reply);
        }
        let pause = wait.retry_after.map_or(left, |after| after.min(left));
        // Whichever comes first, the next look tells what there is.
        tokio::select! {
            _ = timeout(pause, changed.notified()) => {}
            () = shared.stopping.begun() => {}
        }
    }
}
