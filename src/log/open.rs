//! Opens the last segment: finds its end, cuts a torn tail, completes the index.

use super::error::{Fault, LogError};
use super::index::{Entries, Entry};
use super::recover::{self, Verdict};
use super::segment::{Segment, entry_due};
use super::walk::{Place, Step, Walk};

/// What opening found at the end of the log.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Where the next batch goes: behind the last valid batch, or where damage begins.
    pub(crate) end: Place,
    /// Of the last valid batch in this segment.
    pub(crate) last_timestamp_ms: Option<i64>,
    /// Where the index points to last.
    pub(crate) last_entry_position: Option<u32>,
    /// What is wrong at `end`, when the last batch is damaged.
    pub(crate) damage: Option<Fault>,
    /// Bytes of an unfinished append that were cut off at `end`.
    pub(crate) cut_bytes: u64,
}

/// Finds the end of the last segment. Looks only at what lies behind the last index entry.
pub(crate) fn open_tail(segment: &Segment, interval_bytes: u64) -> Result<Tail, LogError> {
    let end = segment.opened_bytes;
    let found = segment.index().read_tail()?;
    let start = match last_valid(segment, &found, end)? {
        Some(start) => Some(start),
        // None of the last entries holds; an earlier one may.
        None => last_valid(segment, &segment.index().read_all()?, end)?,
    };
    let start_entry = start.as_ref().map(|(entry, _)| *entry);
    let index_is_worn = !found.sound || found.entries.last() != start_entry.as_ref();
    let walk = match start {
        Some((_, walk)) => walk,
        None => segment.walk(segment.start(), end),
    };
    let (tail, due) = finish(segment, walk, start_entry, interval_bytes)?;
    let mut index = segment.index();
    if index_is_worn {
        let mut entries = index.read_all()?.entries;
        let kept = entries.partition_point(|entry| {
            start_entry.is_some_and(|start| entry.position <= start.position)
        });
        entries.truncate(kept);
        entries.extend(due);
        index.rewrite(entries);
    } else {
        for entry in due {
            index.push(entry);
        }
    }
    Ok(tail)
}

/// The last entry whose batch is valid, with a walk that has stepped over that batch.
fn last_valid<'s>(
    segment: &'s Segment,
    found: &Entries,
    end: u64,
) -> Result<Option<(Entry, Walk<'s>)>, LogError> {
    for entry in found.entries.iter().rev() {
        let mut walk = segment.walk(entry.place(), end);
        if let Step::Batch(batch) = walk.step()?
            && batch.header.max_timestamp_ms == entry.timestamp_ms
        {
            return Ok(Some((*entry, walk)));
        }
    }
    Ok(None)
}

/// Walks to the end, and returns the index entries that are missing on the way.
fn finish(
    segment: &Segment,
    mut walk: Walk<'_>,
    start: Option<Entry>,
    interval_bytes: u64,
) -> Result<(Tail, Vec<Entry>), LogError> {
    let mut due: Vec<Entry> = Vec::new();
    let mut tail = Tail {
        end: walk.place(),
        last_timestamp_ms: start.map(|entry| entry.timestamp_ms),
        last_entry_position: start.map(|entry| entry.position),
        damage: None,
        cut_bytes: 0,
    };
    loop {
        match walk.step()? {
            Step::Batch(found) => {
                tail.last_timestamp_ms = Some(found.header.max_timestamp_ms);
                if let Some(entry) = entry_due(&found, tail.last_entry_position, interval_bytes) {
                    tail.last_entry_position = Some(entry.position);
                    due.push(entry);
                }
            }
            Step::End => break,
            Step::Invalid(fault) => {
                let place = walk.place();
                if recover::judge(&walk.rest()?, place.position, place.offset) == Verdict::Torn {
                    tail.cut_bytes = segment.opened_bytes - place.position;
                    cut(segment, place)?;
                    break;
                }
                walk.pass_damage(fault)?;
                if walk.place() == place {
                    tail.damage = Some(fault);
                    break;
                }
            }
        }
    }
    tail.end = walk.place();
    Ok((tail, due))
}

/// Cuts off an unfinished append, and makes that last: else a power cut during the next append
/// could leave a mix of both, which looks like damage.
fn cut(segment: &Segment, place: Place) -> Result<(), LogError> {
    segment
        .file
        .truncate(place.position)
        .and_then(|()| segment.file.sync())
        .map_err(LogError::io("cut the unfinished end off", &segment.path))
}
