//! Calls that wait: answered at the change that brings something, or when their time is over.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::call::{ApiError, Call, Reply};
use crate::engine::{Attempt, Wait};
use crate::server::Shared;

/// Answers a call. One that may wait stands in line; while it is the first, it is tried again at every change of
/// what it reads from, and when time may have brought something. A server that is to end keeps nobody waiting.
pub(super) async fn answer(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    match shared.ask_engine(|engine| engine.attempt(call))? {
        Attempt::Done(reply) => Ok(reply),
        Attempt::Nothing(wait) => answer_later(shared, call, wait).await,
    }
}

/// The same for a call that was tried once, and found nothing.
pub(super) async fn answer_later(
    shared: &Shared,
    call: &Call,
    mut wait: Wait,
) -> Result<Reply, ApiError> {
    let begun = Instant::now();
    let told = Arc::new(Notify::new());
    let wake = Arc::clone(&told);
    let changes = shared.engine.changes();
    let place = changes.stand_in_line(&wait, move || wake.notify_one());
    while !shared.stopping.has_begun() {
        let is_first = place.is_first();
        if is_first {
            // What came before it stood there is found now.
            wait = match shared.ask_engine(|engine| engine.attempt_again(call))? {
                Attempt::Done(reply) => return Ok(reply),
                Attempt::Nothing(wait) => wait,
            };
        }
        let left = wait.patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break;
        }
        let pause = match wait.retry_after {
            Some(after) if is_first => after.min(left),
            _ => left,
        };
        // Whichever comes first, the next look tells what there is.
        tokio::select! {
            _ = timeout(pause, told.notified()) => {}
            () = shared.stopping.begun() => {}
        }
    }
    Ok(wait.reply)
}
