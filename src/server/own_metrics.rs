//! The engine's own metrics: stored every few seconds while the server runs.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;
use crate::engine::Engine;

/// How much of what was measured is lost at most when the process is killed.
const PERIOD: Duration = Duration::from_secs(5);

/// Stores what is measured until the server is to end. What is measured then is put down when the engine is
/// closed.
pub(super) async fn store(shared: Arc<Shared>) {
    let store = async {
        loop {
            tokio::time::sleep(PERIOD).await;
            if let Err(error) = shared.ask_engine(Engine::store_metrics) {
                tracing::error!(%error, "metrics were not stored");
            }
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = store => {}
    }
}
