//! The messages that a connection was sent and has not settled.
//!
//! They bound what a subscription takes: of a queue's messages so many at most are with it at a time, and the
//! others are for the next. A message counts until it is settled, or until the time is over for which it is
//! hidden: then it is the queue's again. Its receipt is remembered for longer, as the queue takes it while
//! nobody else was sent the message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::session::Wish;

/// How many receipts are remembered before those whose time is over are forgotten.
const REMEMBERED: usize = 4096;

/// A subscription, as those see it who tell it that it may have more.
pub(super) struct Reader {
    pub(super) wish: Wish,
    /// Is told when the subscription's queue has changed, or it has fewer messages.
    pub(super) wake: Notify,
}

impl Reader {
    pub(super) fn new(wish: Wish) -> Arc<Self> {
        Arc::new(Self {
            wish,
            wake: Notify::new(),
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

/// What a subscription has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) messages: usize,
    /// When the first of them is the queue's again, in milliseconds of the engine's clock.
    pub(super) first_end_ms: Option<i64>,
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

    /// Takes a message out, and tells whose it was.
    pub(super) fn settle(&self, receipt: &str) -> Option<Arc<Reader>> {
        let delivery = self.lock().remove(receipt)?;
        Some(delivery.reader)
    }

    /// What a subscription has.
    pub(super) fn held_by(&self, reader: &Arc<Reader>, now_ms: i64) -> Held {
        let deliveries = self.lock();
        let ends_ms = deliveries
            .values()
            .filter(|one| Arc::ptr_eq(&one.reader, reader) && one.visible_ms > now_ms)
            .map(|one| one.visible_ms);
        ends_ms.fold(Held::default(), |held, end_ms| Held {
            messages: held.messages + 1,
            first_end_ms: held.first_end_ms.into_iter().chain([end_ms]).min(),
        })
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
        let held = |reader, now_ms| {
            let held = deliveries.held_by(reader, now_ms);
            (held.messages, held.first_end_ms)
        };
        assert_eq!(held(&a, 0), (2, Some(100)));
        assert_eq!(held(&a, 100), (1, Some(200)));
        assert_eq!(held(&b, 0), (1, Some(50)));
        let of_b = deliveries.settle("3").unwrap();
        assert!(Arc::ptr_eq(&of_b, &b));
        assert!(deliveries.settle("3").is_none());
        assert_eq!(held(&b, 0), (0, None));
        // It can be settled although its time is over.
        assert_eq!(held(&a, 999), (0, None));
        assert!(deliveries.settle("1").is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let deliveries = Deliveries::default();
        let a = reader("a");
        for number in 0..i64::try_from(3 * REMEMBERED).unwrap() {
            deliveries.add(&a, number.to_string(), number + 20, number);
        }
        assert!(deliveries.lock().len() <= REMEMBERED);
        let last = i64::try_from(3 * REMEMBERED).unwrap() - 1;
        assert_eq!(deliveries.held_by(&a, last).messages, 20);
    }
}
