//! Looks at the engine again and again, and tells what has changed in between.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::CliError;
use super::super::globals::Globals;
use super::source::{Look, Place, Source};
use crate::engine::overview::Overview;

/// An overview, with what a comparison to the one before it tells.
pub(super) struct View {
    /// Where that is.
    pub(super) place: Place,
    pub(super) overview: Overview,
    /// How many messages a second were put into a stream or a queue, by OCID; nothing at the first look.
    pub(super) puts_per_second: HashMap<String, f64>,
    at: Instant,
}

impl View {
    /// The view at the first look.
    pub(super) fn of(look: Look) -> Self {
        Self {
            place: look.place,
            overview: look.overview,
            puts_per_second: HashMap::new(),
            at: look.at,
        }
    }

    /// The view at a later look.
    fn after(before: &Self, look: Look) -> Self {
        let seconds = look.at.saturating_duration_since(before.at).as_secs_f64();
        let earlier: HashMap<&str, i64> = puts(&before.overview).collect();
        let rates = puts(&look.overview).filter_map(|(id, messages)| {
            let put = messages - earlier.get(id)?;
            // What was emptied begins anew.
            Some((id.to_owned(), put.max(0) as f64 / seconds.max(0.001)))
        });
        Self {
            puts_per_second: rates.collect(),
            place: look.place,
            overview: look.overview,
            at: look.at,
        }
    }
}

/// How many messages were ever put into each stream and queue.
fn puts(overview: &Overview) -> impl Iterator<Item = (&str, i64)> {
    let streams = overview.streams.iter();
    let streams = streams.map(|stream| (stream.id.as_str(), stream.messages_put));
    let queues = overview.queues.iter();
    streams.chain(queues.map(|queue| (queue.id.as_str(), queue.messages_put)))
}

/// Looks that go on in a thread of their own, so that keys are answered while a look waits.
pub(super) struct Watch {
    looks: Receiver<Result<Look, CliError>>,
    pub(super) interval: Duration,
}

impl Watch {
    /// Begins to look. The thread ends when nobody listens to it any more, or with the process.
    pub(super) fn begin(globals: &Globals, interval: Duration) -> Result<Self, CliError> {
        // One look may wait for its reader: the next is not to be older than it seems.
        let (tell, looks) = mpsc::sync_channel(0);
        let globals = globals.clone();
        let watching = move || {
            let mut source = match Source::open(&globals) {
                Ok(source) => source,
                Err(error) => {
                    let _ = tell.send(Err(error));
                    return;
                }
            };
            loop {
                let begun = Instant::now();
                if tell.send(source.look()).is_err() {
                    return;
                }
                source.try_once();
                thread::sleep(interval.saturating_sub(begun.elapsed()));
            }
        };
        let thread = thread::Builder::new().name("watch".to_owned());
        thread
            .spawn(watching)
            .map_err(CliError::io("begin a thread to watch with"))?;
        Ok(Self { looks, interval })
    }

    /// Waits for the first look.
    pub(super) fn first(&self) -> Result<View, CliError> {
        let look = self.looks.recv().map_err(|RecvError| ended())??;
        Ok(View::of(look))
    }

    /// The next look, if there was one. The outer error is the end of the watch, the inner one a look that
    /// failed, which the next may not.
    pub(super) fn next(&self, before: &View) -> Result<Option<Result<View, CliError>>, CliError> {
        match self.looks.try_recv() {
            Ok(look) => Ok(Some(look.map(|look| View::after(before, look)))),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(ended()),
        }
    }
}

/// Only a fault of this program ends the thread before its listener.
fn ended() -> CliError {
    CliError::Server("the watch has broken off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::overview::StreamOverview;

    fn look(at: Instant, messages_put: i64) -> Look {
        let stream = StreamOverview {
            id: "s".to_owned(),
            name: "orders".to_owned(),
            partitions: 1,
            messages: messages_put,
            messages_put,
        };
        Look {
            place: Place::Folder("data".to_owned()),
            overview: Overview {
                streams: vec![stream],
                ..Overview::default()
            },
            at,
        }
    }

    #[test]
    fn rates_are_what_came_since_the_last_look() {
        let begun = Instant::now();
        let first = View::of(look(begun, 100));
        assert!(first.puts_per_second.is_empty());
        let look = |seconds, messages_put| look(begun + Duration::from_secs(seconds), messages_put);
        let second = View::after(&first, look(2, 150));
        assert_eq!(second.puts_per_second["s"], 25.0);
        let third = View::after(&second, look(3, 150));
        assert_eq!(third.puts_per_second["s"], 0.0);
        let emptied = View::after(&third, look(4, 3));
        assert_eq!(emptied.puts_per_second["s"], 0.0);
    }
}
