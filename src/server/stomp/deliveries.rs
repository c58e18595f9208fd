//! The messages that a connection was sent and has not settled.
//!
//! They bound what a subscription takes: of a queue's messages so many at most are with it at a time, and the
//! others are for the next. A message counts until it is settled, or until the time is over for which it is
//! hidden: then it is the queue's again. Its receipt is remembered for longer, as the queue takes it while
//! nobody else was sent the message.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::session::Wish;

/// Most messages that a subscription has at a time: what one reply of the queue holds at most. So a queue's
/// messages are shared among those who read from it. The service's number is not known.
pub(super) const WINDOW: usize = 20;

/// How many receipts are remembered before those whose time is over are forgotten.
const REMEMBERED: usize = 4096;

/// A subscription, as those see it who tell it that it may have more.
pub(super) struct Reader {
    pub(super) wish: Wish,
    /// Is told when there may be room for another message.
    pub(super) wake: Notify,
    /// Whether it waits for room. It changes under the lock of the deliveries only.
    is_full: AtomicBool,
}

impl Reader {
    pub(super) fn new(wish: Wish) -> Arc<Self> {
        Arc::new(Self {
            wish,
            wake: Notify::new(),
            is_full: AtomicBool::new(false),
        })
    }
}

/// The messages that a connection was sent and has not settled.
#[derive(Default)]
pub(super) struct Deliveries(Mutex<HashMap<String, Delivery>>);

struct Delivery {
    reader: Arc<Reader>,
    /// Until when the message is hidden from others, in milliseconds of the engine's clock.
    visible_ms: i64,
}

/// How many messages a subscription may have besides those that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// So many.
    For(usize),
    /// None, until one is settled or the first is the queue's again, in milliseconds of the engine's clock.
    NoneUntil(i64),
}

impl Deliveries {
    /// Notes that a message is sent, which its receipt names.
    pub(super) fn add(&self, reader: &Arc<Reader>, receipt: String, visible_ms: i64, now_ms: i64) {
        let mut deliveries = self.lock();
        if deliveries.len() >= REMEMBERED {
            deliveries.retain(|_, delivery| delivery.visible_ms > now_ms);
        }
        let delivery = Delivery {
            reader: Arc::clone(reader),
            visible_ms,
        };
        deliveries.insert(receipt, delivery);
    }

    /// Takes a message out that a client settles, and tells whose it was.
    pub(super) fn take(&self, receipt: &str) -> Option<Arc<Reader>> {
        let mut deliveries = self.lock();
        let delivery = deliveries.remove(receipt)?;
        if delivery.reader.is_full.swap(false, Ordering::Relaxed) {
            delivery.reader.wake.notify_one();
        }
        Some(delivery.reader)
    }

    /// The room that a subscription has. Where it has none, it is woken once it has.
    pub(super) fn room(&self, reader: &Arc<Reader>, now_ms: i64) -> Room {
        let deliveries = self.lock();
        let of_reader = deliveries
            .values()
            .filter(|one| Arc::ptr_eq(&one.reader, reader) && one.visible_ms > now_ms);
        let (mut held, mut first_end_ms) = (0, i64::MAX);
        for delivery in of_reader {
            held += 1;
            first_end_ms = first_end_ms.min(delivery.visible_ms);
        }
        let is_full = held >= WINDOW;
        reader.is_full.store(is_full, Ordering::Relaxed);
        match is_full {
            true => Room::NoneUntil(first_end_ms),
            false => Room::For(WINDOW - held),
        }
    }

    /// A panic elsewhere leaves the table whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Delivery>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::destination::Destination;
    use super::*;

    fn reader(id: &str) -> Arc<Reader> {
        Reader::new(Wish {
            id: id.to_owned(),
            destination: Destination::parse("queue"),
            visibility_seconds: None,
        })
    }

    #[test]
    fn messages_count_until_they_are_settled_or_visible() {
        let deliveries = Deliveries::default();
        let (a, b) = (reader("a"), reader("b"));
        deliveries.add(&a, "1".to_owned(), 100, 0);
        deliveries.add(&a, "2".to_owned(), 200, 0);
        deliveries.add(&b, "3".to_owned(), 50, 0);
        assert_eq!(deliveries.room(&a, 0), Room::For(18));
        assert_eq!(deliveries.room(&a, 100), Room::For(19));
        assert_eq!(deliveries.room(&b, 0), Room::For(19));
        let of_b = deliveries.take("3").unwrap();
        assert!(Arc::ptr_eq(&of_b, &b));
        assert!(deliveries.take("3").is_none());
        assert_eq!(deliveries.room(&b, 0), Room::For(20));
        // It can be settled although its time is over.
        assert_eq!(deliveries.room(&a, 999), Room::For(20));
        assert!(deliveries.take("1").is_some());
    }

    #[test]
    fn who_waits_for_room_is_woken() {
        let deliveries = Deliveries::default();
        let a = reader("a");
        for number in 0..20 {
            deliveries.add(&a, number.to_string(), 100 + number, 0);
        }
        assert!(deliveries.take("7").is_some());
        assert!(!was_woken(&a.wake), "it does not wait");
        deliveries.add(&a, "20".to_owned(), 500, 0);
        assert_eq!(deliveries.room(&a, 0), Room::NoneUntil(100));
        assert!(deliveries.take("8").is_some());
        assert!(was_woken(&a.wake));
        assert!(deliveries.take("9").is_some());
        assert!(!was_woken(&a.wake), "once is enough");
        assert_eq!(deliveries.room(&a, 0), Room::For(2));
    }

    /// Whether somebody was woken since the last time.
    fn was_woken(wake: &Notify) -> bool {
        use std::pin::pin;
        use std::task::{Context, Waker};
        let mut context = Context::from_waker(Waker::noop());
        pin!(wake.notified()).poll(&mut context).is_ready()
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let deliveries = Deliveries::default();
        let a = reader("a");
        let last = i64::try_from(3 * REMEMBERED).unwrap();
        for number in 0..=last {
            deliveries.add(&a, number.to_string(), number + 20, number);
        }
        assert!(deliveries.lock().len() <= REMEMBERED);
        assert_eq!(deliveries.room(&a, last), Room::NoneUntil(last + 1));
    }
}
