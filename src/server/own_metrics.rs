//! The engine's own metrics: stored every few seconds while the server runs.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;
use crate::engine::Engine;

/// How much of what was measured is lost at most when the process is killed.
const PERIOD: Duration = Duration::from_secs(5);

/// How many periods a minute has: gauges are measured once in each minute.
const PERIODS_A_MINUTE: u32 = 12;

/// Stores what is measured until the server is to end. What is measured then is put down when the engine is
/// closed.
pub(super) async fn store(shared: Arc<Shared>) {
    let store = async {
        for period in 1_u32.. {
            tokio::time::sleep(PERIOD).await;
            let stored = match period % PERIODS_A_MINUTE {
                0 => shared.ask_engine(Engine::store_metrics_of_minute),
                _ => shared.ask_engine(Engine::store_recorded_metrics),
            };
            if let Err(error) = stored {
                tracing::error!(%error, "metrics were not stored");
            }
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = store => {}
    }
}
