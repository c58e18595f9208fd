//! Many consumers on one queue.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;

use serde_json::json;

use super::support::Bench;

/// Inside one visibility window no message is held by two; all are got and deleted.
#[test]
fn no_message_is_held_by_two() {
    const CONSUMERS: usize = 32;
    const MESSAGES: usize = 2000;
    let bench = Bench::new();
    let queue = bench.queue(json!({}));
    let holders: Mutex<HashMap<i64, usize>> = Mutex::default();
    thread::scope(|scope| {
        for producer in 0..2 {
            let queue = &queue;
            scope.spawn(move || {
                for nth in 0..MESSAGES / 20 {
                    let channel = ["a", "b", "c"][(nth + producer) % 3];
                    queue.put_to(Some(channel), &["x"; 10]);
                }
            });
        }
        for consumer in 0..CONSUMERS {
            let (queue, holders) = (&queue, &holders);
            scope.spawn(move || {
                while holders.lock().unwrap().len() < MESSAGES {
                    for message in queue.get(7) {
                        let before = holders.lock().unwrap().insert(message.id, consumer);
                        assert_eq!(before, None, "{} was held", message.id);
                        assert_eq!(message.deliveries, 1);
                        if message.id % 2 == 0 {
                            queue.delete(&message.receipt).unwrap();
                        }
                    }
                }
            });
        }
    });
    assert_eq!(queue.stats(), [0, 1000, 0, 0]);
    bench.time.advance(30_000);
    assert_eq!(queue.stats(), [1000, 0, 0, 0]);
}
