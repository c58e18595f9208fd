//! Compressed records: gzip, snappy, lz4 and zstd, decompressed as a stream.
//!
//! What is decompressed came from a producer and may be made to hurt: memory grows with the bytes
//! that really come out, one record at a time, and a batch that gives more than
//! [`MAX_INFLATED_BYTES`] is refused.

use std::io::{BufRead, BufReader, Cursor, Error, ErrorKind, Read, Result, Take};

use super::batch::MAX_BATCH_BYTES;
use super::error::Fault;
use super::varint;

/// The most that the records of a batch may decompress to: as much as a batch may hold that is not
/// compressed.
pub(crate) const MAX_INFLATED_BYTES: u64 = MAX_BATCH_BYTES as u64;

const BUFFER_BYTES: usize = 32 << 10;

/// How the records of a batch are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    /// One raw block, or blocks in the frame of the library snappy-java, as Java's clients send.
    Snappy,
    /// The frame format.
    Lz4,
    Zstd,
}

impl Codec {
    fn fault(self, error: &Error) -> Fault {
        if error.kind() == ErrorKind::FileTooLarge {
            return Fault::Inflated(MAX_INFLATED_BYTES);
        }
        Fault::Compression(match self {
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        })
    }

    fn decoder(self, bytes: &[u8]) -> Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
            Self::Snappy => Box::new(SnappyBlocks::new(bytes)),
            Self::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(bytes)),
            // A window above 128 MiB is refused by default, and no level makes one.
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(bytes)?),
        })
    }
}

/// The records of a compressed batch, one after another.
pub(crate) struct Inflate<'a> {
    codec: Codec,
    reader: BufReader<Take<Box<dyn Read + 'a>>>,
    /// The record last read.
    body: Vec<u8>,
}

impl<'a> Inflate<'a> {
    pub(crate) fn new(codec: Codec, bytes: &'a [u8]) -> std::result::Result<Self, Fault> {
        let decoder = codec.decoder(bytes);
        let decoder = decoder.map_err(|error| codec.fault(&error))?;
        // One byte more, so that too much can be told from just enough.
        let limited = decoder.take(MAX_INFLATED_BYTES + 1);
        Ok(Self {
            codec,
            reader: BufReader::with_capacity(BUFFER_BYTES, limited),
            body: Vec::new(),
        })
    }

    /// The bytes of the next record behind its length; `None` when they end before the record does.
    pub(crate) fn next_body(&mut self) -> std::result::Result<Option<&[u8]>, Fault> {
        let read = self.read_body();
        if self.reader.get_ref().limit() == 0 {
            return Err(Fault::Inflated(MAX_INFLATED_BYTES));
        }
        match read {
            Ok(true) => Ok(Some(&self.body)),
            Ok(false) => Ok(None),
            Err(error) => Err(self.codec.fault(&error)),
        }
    }

    /// Whether nothing follows. At the end the codec's own checksum is checked too.
    pub(crate) fn is_at_end(&mut self) -> std::result::Result<bool, Fault> {
        let rest = self.reader.fill_buf();
        rest.map(<[u8]>::is_empty)
            .map_err(|error| self.codec.fault(&error))
    }

    /// Reads a length and that many bytes; `false` when there are fewer.
    fn read_body(&mut self) -> Result<bool> {
        let mut failure = None;
        let reader = &mut self.reader;
        let length = varint::decode(|| {
            let mut byte = [0];
            match reader.read(&mut byte) {
                Ok(1) => Some(byte[0]),
                Ok(_) => None,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let Some(length) = length.and_then(|length| u64::try_from(length).ok()) else {
            return Ok(false);
        };
        self.body.clear();
        // Most records lie in the buffer as a whole.
        let buffered = usize::try_from(length)
            .ok()
            .and_then(|length| self.reader.buffer().get(..length));
        if let Some(bytes) = buffered {
            self.body.extend_from_slice(bytes);
            self.reader.consume(length as usize);
            return Ok(true);
        }
        let count = self
            .reader
            .by_ref()
            .take(length)
            .read_to_end(&mut self.body)?;
        Ok(count as u64 == length)
    }
}

/// Snappy knows only blocks: each is decompressed as a whole.
struct SnappyBlocks<'a> {
    rest: &'a [u8],
    framed: bool,
    block: Cursor<Vec<u8>>,
}

impl<'a> SnappyBlocks<'a> {
    /// What the frame of snappy-java begins with; its version and the oldest compatible one follow.
    const MAGIC: &'static [u8] = b"\x82SNAPPY\0";
    const VERSIONS_BYTES: usize = 8;

    fn new(bytes: &'a [u8]) -> Self {
        let framed = bytes
            .strip_prefix(Self::MAGIC)
            .and_then(|rest| rest.get(Self::VERSIONS_BYTES..));
        Self {
            rest: framed.unwrap_or(bytes),
            framed: framed.is_some(),
            block: Cursor::default(),
        }
    }

    /// Takes the next compressed block off the rest.
    fn take_block(&mut self) -> Result<&'a [u8]> {
        if !self.framed {
            return Ok(std::mem::take(&mut self.rest));
        }
        let split = self.rest.split_first_chunk().and_then(|(length, rest)| {
            let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
            rest.split_at_checked(length)
        });
        let (block, rest) = split.ok_or(ErrorKind::UnexpectedEof)?;
        self.rest = rest;
        Ok(block)
    }
}

impl Read for SnappyBlocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let count = self.block.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.rest.is_empty() {
                return Ok(count);
            }
            let block = self.take_block()?;
            // The block's first bytes claim a length, which is allocated.
            if snap::raw::decompress_len(block)? as u64 > MAX_INFLATED_BYTES + 1 {
                return Err(Error::from(ErrorKind::FileTooLarge));
            }
            self.block = Cursor::new(snap::raw::Decoder::new().decompress_vec(block)?);
        }
    }
}
