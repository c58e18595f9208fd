//! Alarms: evaluated each minute while the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::Shared;
use crate::engine::Changes;

const MINUTE_MS: i64 = 60_000;

/// Evaluates alarms at the begin of each minute of the engine's clock, until the server is to end. What they
/// cause is carried out by whoever makes deliveries.
pub(super) async fn evaluate(shared: Arc<Shared>) {
    let clock_was_set = Arc::new(Notify::new());
    let wake = Arc::clone(&clock_was_set);
    let changes = shared.engine.changes();
    let _listening = changes.listen(Changes::CLOCK, move || wake.notify_one());
    let evaluate = async {
        loop {
            // With many alarms it takes a while, in which others are to be answered.
            if let Err(error) = tokio::task::block_in_place(|| shared.engine.evaluate_alarms()) {
                tracing::error!(%error, "alarms have to wait");
            }
            let next_minute = to_next_minute(shared.engine.clock().now_ms);
            tokio::select! {
                () = tokio::time::sleep(next_minute) => {}
                // The minute ends at another time than it seemed.
                () = clock_was_set.notified() => {}
            }
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = evaluate => {}
    }
}

/// How long until the next minute begins.
fn to_next_minute(now_ms: i64) -> Duration {
    let rest_ms = MINUTE_MS - now_ms.rem_euclid(MINUTE_MS);
    Duration::from_millis(rest_ms.unsigned_abs())
}
