//! Appending: the write, how it is taken back, and the way to the next segment.

use super::batch::{self, BatchHeader};
use super::error::{Fault, LogError};
use super::partition::{Active, Appended, Durability, Partition, lock};
use super::produced::ProducedBatch;
use super::producers::StoredBatch;
use super::record::NewRecord;
use super::segment::{Segment, entry_due};
use super::walk::Found;

impl Partition {
    /// Appends records as one batch, all or none, and answers once they are as durable as the
    /// options say.
    ///
    /// Time never goes backwards in a partition, so that looking up a time has one answer: records
    /// get `timestamp_ms` or the time of the record before them, whichever is later. An append
    /// that failed for want of space is undone and may be tried again; after one that left the
    /// disk in doubt all further ones are refused.
    pub fn append(
        &mut self,
        records: &[NewRecord<'_>],
        timestamp_ms: i64,
    ) -> Result<Appended, LogError> {
        self.check_writable()?;
        let timestamp_ms = self.monotonic(timestamp_ms);
        let mut buffer = std::mem::take(&mut self.buffer);
        let appended = batch::encode(&mut buffer, self.next_offset, timestamp_ms, records)
            .and_then(|()| self.write(&buffer));
        self.buffer = buffer;
        appended
    }

    /// Appends one batch as a Kafka producer sent it, after it was checked as
    /// [`ProducedBatch::check`] does. See [`Partition::append_produced`] for the rest.
    pub fn append_batch(
        &mut self,
        produced: &[u8],
        timestamp_ms: i64,
    ) -> Result<Appended, LogError> {
        self.check_writable()?;
        self.append_produced(&ProducedBatch::check(produced)?, timestamp_ms)
    }

    /// Appends a producer's batch, and gives it its offsets and its time (the time stamp type
    /// becomes log append time). See [`Partition::append`] for the rest.
    ///
    /// A batch of an idempotent producer must follow the last one that the producer sent to this
    /// partition, by its sequence number; one of the last five, sent again, is not stored again
    /// and gets the answer it got the first time, also after a restart. A producer that was silent
    /// for 24 hours, or that 10,000 others came after, is not known any more, and begins where it
    /// wants to.
    pub fn append_produced(
        &mut self,
        produced: &ProducedBatch<'_>,
        timestamp_ms: i64,
    ) -> Result<Appended, LogError> {
        self.check_writable()?;
        let header = &produced.header;
        let timestamp_ms = self.monotonic(timestamp_ms);
        if header.is_idempotent()
            && let Some(stored) = self.check_sequence(header, timestamp_ms)?
        {
            return self.repeat_answer(header, &stored);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.extend_from_slice(produced.bytes);
        batch::seal(&mut buffer, header, self.next_offset, timestamp_ms);
        let appended = self.write(&buffer);
        self.buffer = buffer;
        appended
    }

    /// Answers for a batch that is stored already. The process that stored it may have ended before
    /// it was synced.
    fn repeat_answer(
        &self,
        header: &BatchHeader,
        stored: &StoredBatch,
    ) -> Result<Appended, LogError> {
        if self.options.durability == Durability::Fsync {
            self.sync()?;
        }
        Ok(Appended {
            base_offset: stored.base_offset,
            last_offset: stored.base_offset + i64::from(header.last_offset_delta),
            timestamp_ms: stored.timestamp_ms,
            is_duplicate: true,
        })
    }

    /// Writes a whole batch, which has its offsets and its checksum, behind the last one.
    fn write(&mut self, batch: &[u8]) -> Result<Appended, LogError> {
        let header = BatchHeader::parse(batch).ok_or(LogError::InvalidBatch(Fault::Short))?;
        if header.next_offset() == i64::MAX {
            return Err(LogError::InvalidBatch(Fault::Count));
        }
        let batch_bytes = batch.len() as u64;
        self.make_room(batch_bytes)?;
        let Some(active) = &self.active else {
            return Err(LogError::NoRecords);
        };
        let position = active.end;
        if let Err(source) = active.segment.file.write_at(batch, position) {
            return Err(self.undo_write(source));
        }
        if self.options.durability == Durability::Fsync {
            let mut synced = lock(&self.synced);
            self.sync_active(active, header.next_offset(), &mut synced)
                .map_err(|error| self.refuse_writes(error))?;
        }
        self.next_offset = header.next_offset();
        self.last_timestamp_ms = Some(header.max_timestamp_ms);
        if let Some(producers) = &mut self.producers {
            producers.note(&header);
        }
        if let Some(active) = &mut self.active {
            active.end += batch_bytes;
            active.early_sync.has_grown(active.end);
            let found = Found { position, header };
            let interval_bytes = self.options.index_interval_bytes;
            if let Some(entry) = entry_due(&found, active.last_entry_position, interval_bytes) {
                active.last_entry_position = Some(entry.position);
                active.segment.index().push(entry);
            }
        }
        Ok(Appended {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            timestamp_ms: header.max_timestamp_ms,
            is_duplicate: false,
        })
    }

    /// After a failed write: takes what was written off again, so that the next append finds the
    /// log as it was. Synced, for the reason that cutting a tail at opening is.
    fn undo_write(&self, source: std::io::Error) -> LogError {
        let Some(active) = &self.active else {
            return LogError::NoRecords;
        };
        let file = &active.segment.file;
        let error = LogError::io("append to", &active.segment.path)(source);
        match file.truncate(active.end).and_then(|()| file.sync()) {
            Ok(()) => error,
            Err(_) => self.refuse_writes(error),
        }
    }

    /// Sees to it that there is an active segment with room for a batch.
    fn make_room(&mut self, batch_bytes: u64) -> Result<(), LogError> {
        match &self.active {
            None => {
                let segment = Segment::create(&self.disk, &self.folder, self.next_offset)?;
                self.active = Some(Active::new(segment));
                Ok(())
            }
            Some(active)
                if active.end > 0 && active.end + batch_bytes > self.options.segment_bytes =>
            {
                self.roll()
            }
            Some(_) => Ok(()),
        }
    }

    /// Finishes the active segment and begins a new one.
    ///
    /// The finished one is synced whatever the durability, and so is the new one's name: only the
    /// last segment can be torn, whatever happens.
    pub(super) fn roll(&mut self) -> Result<(), LogError> {
        self.store_producers()?;
        let Some(active) = &self.active else {
            return Ok(());
        };
        self.sync_active(active, self.next_offset, &mut lock(&self.synced))
            .and_then(|()| active.segment.index().sync())
            .map_err(|error| self.refuse_writes(error))?;
        let segment = Segment::create(&self.disk, &self.folder, self.next_offset)?;
        self.sync_names()?;
        let finished_base = active.segment.base_offset;
        self.finished.push(finished_base);
        self.active = Some(Active::new(segment));
        Ok(())
    }

    fn monotonic(&self, timestamp_ms: i64) -> i64 {
        self.last_timestamp_ms
            .map_or(timestamp_ms, |last| last.max(timestamp_ms))
    }

    fn check_writable(&self) -> Result<(), LogError> {
        self.check_not_refused()?;
        self.check_tail()
    }
}
