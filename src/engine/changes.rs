//! Telling those who wait that what they look at has changed.
//!
//! The engine itself never waits: it answers at once, if only with [`Attempt::Nothing`]. Whoever called it
//! may listen for a change and ask again. What it listens to stands in the first answer; so that nothing is
//! missed in between, it asks once more when it listens:
//!
//! ```text
//! engine.attempt(&call)                                -> Nothing(wait)
//! let listening = engine.changes().listen(&wait.key, wake);
//! loop { engine.attempt_again(&call)                   -> Nothing(wait)
//!        await the wake, wait.retry_after, or the end of the patience }
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::call::Reply;

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// It is answered.
    Done(Reply),
    /// There is nothing to answer with yet, and the caller is willing to wait.
    Nothing(Wait),
}

impl Attempt {
    /// The answer of those who do not wait.
    pub fn into_reply(self) -> Reply {
        match self {
            Self::Done(reply) => reply,
            Self::Nothing(wait) => wait.reply,
        }
    }
}

/// What to wait for before a call is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The answer when the patience is over: an empty one.
    pub reply: Reply,
    /// How long the caller is willing to wait in all, from the first attempt on. It is time of the machine's
    /// clock, whatever the engine's clock shows.
    pub patience: Duration,
    /// After how long there may be something even if nobody changes anything, as when a hidden message
    /// becomes visible. None if time alone changes nothing, or the engine's clock stands still.
    pub retry_after: Option<Duration>,
    /// What to listen to: the OCID of the resource that the call reads from.
    pub key: String,
}

/// Called at every change. It is called while others wait for their turn, so it must return at once.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// Who listens to which resource.
#[derive(Default)]
pub struct Changes {
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    last_number: u64,
    by_key: HashMap<String, HashMap<u64, Wake>>,
}

impl Changes {
    /// What whoever makes deliveries listens to. It is told by the store itself, so that nobody who causes a
    /// delivery can forget to, and when the clock is set.
    pub const DELIVERIES: &'static str = "deliveries";

    /// Has `wake` called at every change of the resource `key`, until the value returned is dropped.
    pub fn listen(
        self: &Arc<Self>,
        key: &str,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Listening {
        let mut listeners = self.lock();
        listeners.last_number += 1;
        let number = listeners.last_number;
        let of_key = listeners.by_key.entry(key.to_owned()).or_default();
        of_key.insert(number, Arc::new(wake));
        Listening {
            changes: Arc::clone(self),
            key: key.to_owned(),
            number,
        }
    }

    /// Tells those who listen to `key` that it has changed.
    pub fn tell(&self, key: &str) {
        let wakes: Vec<Wake> = match self.lock().by_key.get(key) {
            Some(listeners) => listeners.values().cloned().collect(),
            None => return,
        };
        // Without the lock, so that a listener may stop listening at once.
        wakes.iter().for_each(|wake| wake());
    }

    /// Tells everyone, as when the clock was set.
    pub fn tell_all(&self) {
        let listeners = self.lock();
        let wakes = listeners.by_key.values().flat_map(HashMap::values);
        let wakes: Vec<Wake> = wakes.cloned().collect();
        drop(listeners);
        wakes.iter().for_each(|wake| wake());
    }

    /// A panic elsewhere leaves the table whole.
    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens until it is dropped.
#[must_use = "it stops listening when dropped"]
pub struct Listening {
    changes: Arc<Changes>,
    key: String,
    number: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listeners = self.changes.lock();
        if let Some(of_key) = listeners.by_key.get_mut(&self.key) {
            of_key.remove(&self.number);
            if of_key.is_empty() {
                listeners.by_key.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn tells_who_listens_to_the_key_until_they_stop() {
        let changes = Arc::new(Changes::default());
        let told = Arc::new(AtomicU32::new(0));
        let count = |told: &Arc<AtomicU32>| {
            let told = Arc::clone(told);
            move || {
                told.fetch_add(1, Ordering::SeqCst);
            }
        };
        let first = changes.listen("a", count(&told));
        let second = changes.listen("a", count(&told));
        let other = changes.listen("b", count(&told));
        changes.tell("a");
        assert_eq!(told.load(Ordering::SeqCst), 2);
        drop(first);
        changes.tell("a");
        changes.tell("c");
        assert_eq!(told.load(Ordering::SeqCst), 3);
        changes.tell_all();
        assert_eq!(told.load(Ordering::SeqCst), 5);
        drop((second, other));
        assert!(changes.lock().by_key.is_empty());
    }
}
