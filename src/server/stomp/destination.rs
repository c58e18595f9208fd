//! Destinations: a queue, or one of its channels.

use std::fmt;

/// Where messages are sent to, or received from: `QUEUE` or `QUEUE/CHANNEL`, the queue by its OCID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) queue_id: String,
    pub(super) channel: Option<String>,
}

impl Destination {
    /// Takes a destination apart. Whether there is such a queue, and whether a channel can have such a name, is
    /// the engine's to say.
    pub(super) fn parse(text: &str) -> Self {
        let (queue_id, channel) = match text.split_once('/') {
            Some((queue_id, channel)) => (queue_id, Some(channel.to_owned())),
            None => (text, None),
        };
        Self {
            queue_id: queue_id.to_owned(),
            channel,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.queue_id)?;
        match &self.channel {
            Some(channel) => write!(formatter, "/{channel}"),
            None => Ok(()),
        }
    }
}
