//! Goes through a segment file batch by batch, checking each.

use std::path::Path;

use super::batch::{self, BatchHeader, HEADER_BYTES};
use super::error::{Fault, LogError};
use super::recover;
use crate::disk::DiskFile;

/// The first read, enough for a lookup; a longer walk reads more at a time.
const FIRST_READ_BYTES: usize = 32 << 10;
const MOST_READ_BYTES: usize = 512 << 10;

/// A place in a segment file where a batch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// In bytes from the start of the file.
    pub(crate) position: u64,
    /// The offset that the batch there must have.
    pub(crate) offset: i64,
}

/// A valid batch and where it was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) position: u64,
    pub(crate) header: BatchHeader,
}

pub(crate) enum Step {
    Batch(Found),
    /// The walk is at the end of the file.
    End,
    /// The bytes at the walk's place are no valid batch. The walk stays there.
    Invalid(Fault),
}

/// A walk over the valid batches of one file.
#[derive(Debug)]
pub(crate) struct Walk<'f> {
    file: &'f dyn DiskFile,
    path: &'f Path,
    /// Where the log ends in the file: bytes behind it are not looked at.
    end: u64,
    next: Place,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    buffer_position: u64,
    /// Length of the batch last stepped over, which ends where the next begins.
    current_bytes: usize,
    read_bytes: usize,
}

impl<'f> Walk<'f> {
    pub(crate) fn new(file: &'f dyn DiskFile, path: &'f Path, start: Place, end: u64) -> Self {
        Self {
            file,
            path,
            end,
            next: start,
            buffer: Vec::new(),
            buffer_position: start.position,
            current_bytes: 0,
            read_bytes: FIRST_READ_BYTES,
        }
    }

    /// Where the next batch begins, or did not.
    pub(crate) fn place(&self) -> Place {
        self.next
    }

    /// Checks the next batch and steps over it.
    pub(crate) fn step(&mut self) -> Result<Step, LogError> {
        self.current_bytes = 0;
        if self.next.position >= self.end {
            return Ok(Step::End);
        }
        let have = self.fill(HEADER_BYTES)?;
        let wanted = match BatchHeader::parse(have).map(|header| header.plausible(self.next.offset))
        {
            None => return Ok(Step::Invalid(Fault::Short)),
            Some(Err(fault)) => return Ok(Step::Invalid(fault)),
            Some(Ok(wanted)) => wanted,
        };
        if wanted as u64 > self.end - self.next.position {
            return Ok(Step::Invalid(Fault::Short));
        }
        let expected = self.next.offset;
        match batch::check(self.fill(wanted)?, expected) {
            Err(fault) => Ok(Step::Invalid(fault)),
            Ok((header, total)) => {
                let position = self.next.position;
                self.current_bytes = total;
                self.next = Place {
                    position: position + total as u64,
                    offset: header.next_offset(),
                };
                Ok(Step::Batch(Found { position, header }))
            }
        }
    }

    /// The bytes of the batch that [`Self::step`] returned last.
    pub(crate) fn current(&self) -> &[u8] {
        let end = (self.next.position - self.buffer_position) as usize;
        let start = end.saturating_sub(self.current_bytes);
        self.buffer.get(start..end).unwrap_or_default()
    }

    /// After `Step::Invalid`: describes the damage and moves the walk to the first valid batch
    /// behind it. Where there is none the walk stays, and the error's `next_offset` is `None`.
    pub(crate) fn pass_damage(&mut self, fault: Fault) -> Result<LogError, LogError> {
        let position = self.next.position;
        let rest = self.rest()?;
        let resume = match recover::find_next(&rest, self.next.offset) {
            recover::Next::Batch { distance, offset } => Some(Place {
                position: position + distance as u64,
                offset,
            }),
            recover::Next::Nothing | recover::Next::Unknown => None,
        };
        if let Some(place) = resume {
            self.jump(place);
        }
        Ok(LogError::Damaged {
            file: self.path.to_owned(),
            position,
            fault,
            next_offset: resume.map(|place| place.offset),
        })
    }

    /// Visits all valid batches from here on, also those behind damage.
    pub(crate) fn visit(mut self, mut visitor: impl FnMut(&Found)) -> Result<(), LogError> {
        loop {
            match self.step()? {
                Step::Batch(found) => visitor(&found),
                Step::End => return Ok(()),
                Step::Invalid(fault) => {
                    let place = self.place();
                    self.pass_damage(fault)?;
                    if self.place() == place {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Goes on from another place of the file.
    pub(crate) fn jump(&mut self, place: Place) {
        self.next = place;
        self.buffer.clear();
        self.buffer_position = place.position;
        self.current_bytes = 0;
    }

    /// All bytes from the walk's place to the end of the log in this file.
    pub(crate) fn rest(&self) -> Result<Vec<u8>, LogError> {
        let length = usize::try_from(self.end - self.next.position).unwrap_or(usize::MAX);
        let mut rest = vec![0; length];
        let count = self
            .file
            .read_at(&mut rest, self.next.position)
            .map_err(LogError::io("read", self.path))?;
        rest.truncate(count);
        Ok(rest)
    }

    /// Sees to it that the buffer begins at the next batch and holds `wanted` bytes of it, or all
    /// there are.
    fn fill(&mut self, wanted: usize) -> Result<&[u8], LogError> {
        let consumed = (self.next.position - self.buffer_position) as usize;
        if self.buffer.len().saturating_sub(consumed) < wanted {
            let length = self.buffer.len();
            let kept = length.saturating_sub(consumed);
            self.buffer.copy_within(length - kept.., 0);
            let rest = self.end - self.next.position;
            let target = wanted.max(self.read_bytes) as u64;
            let target = target.min(rest) as usize;
            self.buffer.resize(target.max(kept), 0);
            let room = self.buffer.get_mut(kept..).unwrap_or_default();
            let count = self
                .file
                .read_at(room, self.next.position + kept as u64)
                .map_err(LogError::io("read", self.path))?;
            self.buffer.truncate(kept + count);
            self.buffer_position = self.next.position;
            self.read_bytes = (self.read_bytes * 2).min(MOST_READ_BYTES);
        }
        let start = (self.next.position - self.buffer_position) as usize;
        Ok(self.buffer.get(start..).unwrap_or_default())
    }
}
