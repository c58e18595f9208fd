//! Fetches that wait for messages, and what wakes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The fetches that wait.
#[derive(Default)]
pub(super) struct Parked(Mutex<State>);

#[derive(Default)]
struct State {
    /// By the OCID of a stream, then by the number of the one that waits.
    streams: HashMap<String, HashMap<u64, Waiter>>,
    next_number: u64,
}

struct Waiter {
    partitions: Vec<u32>,
    wake: Arc<Notify>,
}

/// A place among those who wait, until it is dropped.
pub(super) struct Place<'p> {
    parked: &'p Parked,
    number: u64,
    stream_ids: Vec<String>,
    wake: Arc<Notify>,
}

impl Parked {
    /// Wakes those who wait for a partition.
    pub(super) fn wake(&self, stream_id: &str, partition: u32) {
        let state = self.state();
        let waiters = state.streams.get(stream_id).into_iter().flatten();
        for (_, waiter) in waiters {
            if waiter.partitions.contains(&partition) {
                waiter.wake.notify_one();
            }
        }
    }

    /// From now on, what happens to the partitions wakes the one who waits at this place.
    pub(super) fn park<'s>(
        &self,
        partitions: impl IntoIterator<Item = (&'s str, u32)>,
    ) -> Place<'_> {
        let wake = Arc::new(Notify::new());
        let mut state = self.state();
        let number = state.next_number;
        state.next_number += 1;
        let mut stream_ids = Vec::new();
        for (stream_id, partition) in partitions {
            if !state.streams.contains_key(stream_id) {
                state.streams.insert(stream_id.to_owned(), HashMap::new());
            }
            if let Some(waiters) = state.streams.get_mut(stream_id) {
                let waiter = waiters.entry(number).or_insert_with(|| {
                    stream_ids.push(stream_id.to_owned());
                    Waiter {
                        partitions: Vec::new(),
                        wake: Arc::clone(&wake),
                    }
                });
                waiter.partitions.push(partition);
            }
        }
        Place {
            parked: self,
            number,
            stream_ids,
            wake,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Ends when something has happened since the place was taken, or since this ended last.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.parked.state();
        for stream_id in &self.stream_ids {
            if let Some(waiters) = state.streams.get_mut(stream_id) {
                waiters.remove(&self.number);
                if waiters.is_empty() {
                    state.streams.remove(stream_id);
                }
            }
        }
    }
}
