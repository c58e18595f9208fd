//! Puts to queues: those that come at the same time are put together.
//!
//! The first one to come leaves word that it waits, and lets the requests that have arrived meanwhile join. So a
//! single client waits for nobody, and with many clients a change of the store holds the messages of many.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::call::{ApiError, Call};
use crate::engine::{PutQueueMessages, PutQueueResult};
use crate::server::Shared;

/// Most requests that are put together, so that nobody else waits for long.
const MOST_TOGETHER: usize = 32;

/// Requests that wait to be put.
#[derive(Default)]
pub(in crate::server) struct Puts {
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    call: Call,
    messages: PutQueueMessages<'static>,
    result: oneshot::Sender<Result<PutQueueResult, ApiError>>,
}

impl Puts {
    /// A panic elsewhere leaves the list whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the messages of one request.
pub(super) async fn put(
    shared: &Arc<Shared>,
    call: Call,
    messages: PutQueueMessages<'static>,
) -> Result<PutQueueResult, ApiError> {
    let (sender, result) = oneshot::channel();
    let is_first = {
        let mut waiting = shared.puts.lock();
        waiting.push(Waiting {
            call,
            messages,
            result: sender,
        });
        waiting.len() == 1
    };
    if is_first {
        // By a task of its own: a client that goes away takes its request along, but not those of others.
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            put_all(&shared);
        });
    }
    let lost = |_| ApiError::internal("the messages were not put: the server is ending");
    result.await.map_err(lost)?
}

fn put_all(shared: &Shared) {
    let mut waiting = std::mem::take(&mut *shared.puts.lock());
    while !waiting.is_empty() {
        let later = waiting.split_off(MOST_TOGETHER.min(waiting.len()));
        put_some(shared, waiting);
        waiting = later;
    }
}

fn put_some(shared: &Shared, waiting: Vec<Waiting>) {
    let requests: Vec<_> = waiting
        .iter()
        .map(|one| (&one.call, &one.messages))
        .collect();
    let results = shared.ask_engine(|engine| engine.put_queue_messages(&requests));
    for (one, result) in waiting.into_iter().zip(results) {
        // Who has gone away needs no answer.
        let _ = one.result.send(result);
    }
}
