//! The partitions of a stream on their way into one order: that of time, and within a partition that of offsets.

use std::collections::VecDeque;

use super::Filter;
use crate::cli::error::CliError;
use crate::cli::stream_reader::{Message, Place, StreamReader, Tail};

/// What comes from a partition.
pub(super) struct Feed {
    place: Place,
    waiting: VecDeque<Message>,
    /// Whether all that was there has been read.
    is_at_end: bool,
    /// Whether nothing more is wanted of it.
    is_over: bool,
}

impl Feed {
    /// What comes from a place on.
    pub(super) fn from(place: Place) -> Self {
        Self {
            place,
            waiting: VecDeque::new(),
            is_at_end: false,
            is_over: false,
        }
    }

    /// What is at the end of a partition, and then what comes.
    pub(super) fn of_tail(tail: Tail) -> Self {
        Self {
            place: tail.place,
            waiting: tail.messages,
            is_at_end: true,
            is_over: false,
        }
    }

    /// Reads on where nothing is waiting.
    pub(super) fn fill(
        &mut self,
        reader: &StreamReader,
        filter: &Filter<'_>,
    ) -> Result<(), CliError> {
        if self.is_over || !self.waiting.is_empty() {
            return Ok(());
        }
        let messages = reader.read_page(&mut self.place)?;
        self.is_at_end = messages.is_empty();
        self.is_over = messages
            .last()
            .is_some_and(|last| !filter.is_before_end(last));
        self.waiting = messages.into();
        self.waiting.retain(|message| filter.matches(message));
        Ok(())
    }

    /// Whether there was nothing to read when it was looked at last.
    pub(super) fn is_idle(&self) -> bool {
        self.is_at_end && self.waiting.is_empty()
    }

    /// Whether nothing comes any more, what is put from now on left aside.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && (self.is_at_end || self.is_over)
    }

    /// Whether nothing comes any more, even of what is put from now on.
    pub(super) fn is_past_end(&self) -> bool {
        self.waiting.is_empty() && self.is_over
    }

    /// When the next message was put, and in which partition.
    fn next(&self) -> Option<(i64, u32)> {
        let message = self.waiting.front()?;
        Some((message.time_ms, message.partition))
    }
}

/// Takes what comes next, as far as it is known: a partition that has been read in part only may have earlier messages
/// than those that wait in others.
pub(super) fn take_in_order(feeds: &mut [Feed]) -> Vec<Message> {
    let mut taken = Vec::new();
    while feeds
        .iter()
        .all(|feed| feed.is_done() || !feed.waiting.is_empty())
    {
        let next = feeds
            .iter_mut()
            .filter_map(|feed| Some((feed.next()?, feed)))
            .min_by_key(|(next, _)| *next);
        match next.and_then(|(_, feed)| feed.waiting.pop_front()) {
            Some(message) => taken.push(message),
            None => break,
        }
    }
    taken
}
