//! Alarms: evaluated each minute while the server runs.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;

const MINUTE_MS: i64 = 60_000;

/// Evaluates alarms at the begin of each minute of the engine's clock, until the server is to end. What they
/// cause is carried out by whoever makes deliveries.
pub(super) async fn evaluate(shared: Arc<Shared>) {
    let evaluate = async {
        loop {
            if let Err(error) = shared.ask_engine(|engine| engine.evaluate_alarms()) {
                tracing::error!(%error, "alarms have to wait");
            }
            tokio::time::sleep(to_next_minute(shared.engine.clock().now_ms)).await;
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = evaluate => {}
    }
}

/// How long until the next minute begins. A clock that is set evaluates by itself.
fn to_next_minute(now_ms: i64) -> Duration {
    let rest_ms = MINUTE_MS - now_ms.rem_euclid(MINUTE_MS);
    Duration::from_millis(rest_ms.unsigned_abs())
}
