//! Telling those who wait that what they look at has changed.
//!
//! The engine itself never waits: it answers at once, if only with [`Attempt::Nothing`]. Whoever called it
//! may wait for a change and ask again. One who waits stands in a line with all who would find the same, and
//! the first of the line looks for all of them: at every change, and when time may have brought something.
//! When it leaves, because it found something or for any other reason, the next is told, and looks:
//!
//! ```text
//! engine.attempt(&call)                                -> Nothing(wait)
//! let place = engine.changes().stand_in_line(&wait, wake);
//! loop { if place.is_first() { engine.attempt_again(&call) -> Nothing(wait) }
//!        await the wake, the end of the patience, and, if it is first, wait.retry_after }
//! ```
//!
//! Nothing is missed: the first of a line looks once it stands there, and after everything that happens from
//! then on, as if it were alone; and a line that is not empty has a first one. So a message costs one look of
//! who gets it and one of who comes next, however many wait.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::call::Reply;

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt<R = Reply> {
    /// It is answered.
    Done(R),
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

impl<R> Attempt<R> {
    /// The same with another answer.
    pub(super) fn map<S>(self, answer: impl FnOnce(R) -> S) -> Attempt<S> {
        match self {
            Self::Done(reply) => Attempt::Done(answer(reply)),
            Self::Nothing(wait) => Attempt::Nothing(wait),
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
    /// What the call reads from.
    pub key: String,
    /// What of it the call reads. Where one call finds nothing, no other that reads the same part finds anything.
    pub part: String,
}

/// Called at a change. It is called while others wait for their turn, so it must return at once.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// Who waits for what.
#[derive(Default)]
pub struct Changes {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last_number: u64,
    by_key: HashMap<String, OfKey>,
}

/// Those who read the same part, by their numbers: who came first is the first.
type Line = BTreeMap<u64, Wake>;

/// Who waits for changes of one resource.
#[derive(Default)]
struct OfKey {
    listeners: HashMap<u64, Wake>,
    lines: HashMap<String, Line>,
}

impl OfKey {
    /// Those who are told of a change of these parts, or of all of it.
    fn concerned(&self, parts: Option<&[String]>) -> Vec<Wake> {
        let lines: Vec<&Line> = match parts {
            None => self.lines.values().collect(),
            Some(parts) => parts
                .iter()
                .filter_map(|part| self.lines.get(part))
                .collect(),
        };
        let first = lines.into_iter().filter_map(|line| line.values().next());
        self.listeners.values().chain(first).cloned().collect()
    }

    fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.lines.is_empty()
    }
}

impl Waiting {
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Forgets a key for which nobody waits.
    fn tidy(&mut self, key: &str) {
        if self.by_key.get(key).is_some_and(OfKey::is_empty) {
            self.by_key.remove(key);
        }
    }
}

impl Changes {
    /// What whoever makes deliveries listens to. It is told by the store itself, so that nobody who causes a
    /// delivery can forget to, and when the clock is set.
    pub const DELIVERIES: &'static str = "deliveries";

    /// What whoever waits for a time of the engine's clock listens to. It is told when that is set.
    pub const CLOCK: &'static str = "clock";

    /// Has `wake` called at every change of `key`, until the value returned is dropped.
    pub fn listen(
        self: &Arc<Self>,
        key: &str,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Listening {
        let mut waiting = self.lock();
        let number = waiting.next_number();
        let of_key = waiting.by_key.entry(key.to_owned()).or_default();
        of_key.listeners.insert(number, Arc::new(wake));
        Listening {
            changes: Arc::clone(self),
            key: key.to_owned(),
            number,
        }
    }

    /// Waits in line for what `wait` is about, until the value returned is dropped. `wake` is called when this is
    /// the first of the line and there may be something, and when it becomes the first.
    pub fn stand_in_line(
        self: &Arc<Self>,
        wait: &Wait,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> PlaceInLine {
        let mut waiting = self.lock();
        let number = waiting.next_number();
        let of_key = waiting.by_key.entry(wait.key.clone()).or_default();
        let line = of_key.lines.entry(wait.part.clone()).or_default();
        line.insert(number, Arc::new(wake));
        PlaceInLine {
            changes: Arc::clone(self),
            key: wait.key.clone(),
            part: wait.part.clone(),
            number,
        }
    }

    /// Tells those who wait for `key` that anything of it may have changed. To be called after the change.
    pub fn tell(&self, key: &str) {
        self.tell_concerned(key, None);
    }

    /// The same, where nothing but these parts has changed.
    pub fn tell_parts(&self, key: &str, parts: &[String]) {
        self.tell_concerned(key, Some(parts));
    }

    fn tell_concerned(&self, key: &str, parts: Option<&[String]>) {
        let found = self
            .lock()
            .by_key
            .get(key)
            .map(|of_key| of_key.concerned(parts));
        // Without the lock, so that who is told may leave at once.
        found.iter().flatten().for_each(|wake| wake());
    }

    /// Tells everyone, as when the clock was set.
    pub fn tell_all(&self) {
        let waiting = self.lock();
        let keys = waiting.by_key.values();
        let wakes: Vec<Wake> = keys.flat_map(|of_key| of_key.concerned(None)).collect();
        drop(waiting);
        wakes.iter().for_each(|wake| wake());
    }

    /// A panic elsewhere leaves the tables whole.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut waiting = self.changes.lock();
        if let Some(of_key) = waiting.by_key.get_mut(&self.key) {
            of_key.listeners.remove(&self.number);
        }
        waiting.tidy(&self.key);
    }
}

/// Stands in line until it is dropped.
#[must_use = "it leaves the line when dropped"]
pub struct PlaceInLine {
    changes: Arc<Changes>,
    key: String,
    part: String,
    number: u64,
}

impl PlaceInLine {
    /// Whether this is the one who looks. Once it is, it stays so.
    pub fn is_first(&self) -> bool {
        let waiting = self.changes.lock();
        let line = waiting.by_key.get(&self.key);
        let line = line.and_then(|of_key| of_key.lines.get(&self.part));
        line.and_then(BTreeMap::first_key_value)
            .is_some_and(|(number, _)| *number == self.number)
    }
}

impl Drop for PlaceInLine {
    fn drop(&mut self) {
        let next = self.changes.lock().leave(self);
        if let Some(wake) = next {
            wake();
        }
    }
}

impl Waiting {
    /// Takes someone out of a line, and returns who is to be told that they are the first now.
    fn leave(&mut self, place: &PlaceInLine) -> Option<Wake> {
        let of_key = self.by_key.get_mut(&place.key)?;
        let line = of_key.lines.get_mut(&place.part)?;
        let was_first = line
            .first_key_value()
            .is_some_and(|(number, _)| *number == place.number);
        line.remove(&place.number);
        let next = line.values().next().filter(|_| was_first).cloned();
        if line.is_empty() {
            of_key.lines.remove(&place.part);
        }
        self.tidy(&place.key);
        next
    }
}

#[cfg(test)]
mod tests;
