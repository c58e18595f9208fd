//! Deliveries: whatever becomes due while the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::Shared;
use crate::clock::rfc3339;
use crate::delivery::{Courier, EngineAccess, Failure};
use crate::engine::delivery::Next;
use crate::engine::{Changes, Engine, EngineError};

/// How long to wait before asking an engine again that failed.
const PAUSE: Duration = Duration::from_secs(1);

impl EngineAccess for Shared {
    fn with<T>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.ask_engine(work)
    }
}

/// Delivers until the server is to end. What is under way then is tried again by who opens the folder next.
pub(super) async fn make(shared: Arc<Shared>) {
    let courier = Courier::new(shared.options.courier.clone());
    let may_be_due = Arc::new(Notify::new());
    let wake = Arc::clone(&may_be_due);
    let changes = shared.engine.changes();
    let _listening = changes.listen(Changes::DELIVERIES, move || wake.notify_one());
    let deliver = async {
        loop {
            if let Err(error) = courier.run(&*shared, &may_be_due, note).await {
                tracing::error!(%error, "deliveries have to wait");
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = deliver => {}
    }
}

fn note(failure: &Failure) {
    let next = match failure.next {
        Next::Done => return,
        Next::At(ms) => rfc3339(ms),
        Next::GivenUp => "never".to_owned(),
    };
    tracing::warn!(
        place = failure.place,
        reason = failure.reason,
        next,
        "not delivered"
    );
}
