//! The shape of requests: what a request may look like, checked before it is decoded.
//!
//! The decoders of `kafka-protocol` reserve memory for as many items as an array says it has. So every array
//! of a request is first walked to its end here: what does not fit its bytes, or has more than
//! [`MOST_ITEMS`] items in all, is never decoded.

/// Most items of arrays and tagged fields in one request.
pub(super) const MOST_ITEMS: usize = 100_000;

/// What stands in one place of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A number of so many bytes.
    Fixed(usize),
    /// A string, or null.
    String,
    /// Bytes, or null.
    Bytes,
    /// An array of structures, or null.
    Structs(&'static [Field]),
    /// An array of plain values, or null.
    Values(&'static Kind),
}

/// A kind, and the versions of the request that have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    kind: Kind,
    first_version: i16,
    last_version: i16,
}

/// A field of every version.
pub(super) const fn always(kind: Kind) -> Field {
    between(0, i16::MAX, kind)
}

/// A field from a version on.
pub(super) const fn since(version: i16, kind: Kind) -> Field {
    between(version, i16::MAX, kind)
}

/// A field of the versions from one to another, both included.
pub(super) const fn between(first_version: i16, last_version: i16, kind: Kind) -> Field {
    Field {
        kind,
        first_version,
        last_version,
    }
}

impl Field {
    pub(super) fn kind_in(&self, version: i16) -> Option<Kind> {
        (self.first_version..=self.last_version)
            .contains(&version)
            .then_some(self.kind)
    }
}

/// Whether bytes begin with a whole request of this shape. What is left behind it is passed over, as Kafka
/// does: librdkafka leaves three bytes behind a Metadata request for all topics, from version 9 on.
///
/// `flexible` tells the versions that have compact lengths and tagged fields.
pub(super) fn fits(shape: &[Field], bytes: &[u8], version: i16, flexible: bool) -> bool {
    let mut walk = Walk {
        bytes,
        version,
        flexible,
        items_left: MOST_ITEMS,
    };
    walk.structure(shape).is_some()
}

/// What stands behind the tagged fields that bytes begin with; `None` where they are cut short.
pub(super) fn after_tagged_fields(bytes: &[u8]) -> Option<&[u8]> {
    let mut walk = Walk {
        bytes,
        version: 0,
        flexible: true,
        items_left: MOST_ITEMS,
    };
    walk.tagged_fields()?;
    Some(walk.bytes)
}

struct Walk<'b> {
    bytes: &'b [u8],
    version: i16,
    flexible: bool,
    items_left: usize,
}

impl Walk<'_> {
    fn structure(&mut self, fields: &[Field]) -> Option<()> {
        for field in fields {
            if let Some(kind) = field.kind_in(self.version) {
                self.value(kind)?;
            }
        }
        match self.flexible {
            true => self.tagged_fields(),
            false => Some(()),
        }
    }

    fn value(&mut self, kind: Kind) -> Option<()> {
        match kind {
            Kind::Fixed(count) => self.skip(count),
            Kind::String if self.flexible => self.compact_bytes(),
            Kind::Bytes if self.flexible => self.compact_bytes(),
            Kind::String => match i16::from_be_bytes(self.take()?) {
                -1 => Some(()),
                length => self.skip(usize::try_from(length).ok()?),
            },
            Kind::Bytes => match i32::from_be_bytes(self.take()?) {
                -1 => Some(()),
                length => self.skip(usize::try_from(length).ok()?),
            },
            Kind::Structs(fields) => {
                for _ in 0..self.item_count()? {
                    self.structure(fields)?;
                }
                Some(())
            }
            Kind::Values(kind) => {
                for _ in 0..self.item_count()? {
                    self.value(*kind)?;
                }
                Some(())
            }
        }
    }

    fn compact_bytes(&mut self) -> Option<()> {
        let length = self.varint()?.saturating_sub(1);
        self.skip(usize::try_from(length).ok()?)
    }

    fn item_count(&mut self) -> Option<usize> {
        let count = match self.flexible {
            true => usize::try_from(self.varint()?.saturating_sub(1)).ok()?,
            false => match i32::from_be_bytes(self.take()?) {
                -1 => 0,
                count => usize::try_from(count).ok()?,
            },
        };
        self.count_items(count)?;
        Some(count)
    }

    fn count_items(&mut self, count: usize) -> Option<()> {
        self.items_left = self.items_left.checked_sub(count)?;
        Some(())
    }

    fn tagged_fields(&mut self) -> Option<()> {
        let count = usize::try_from(self.varint()?).ok()?;
        self.count_items(count)?;
        for _ in 0..count {
            self.varint()?;
            let length = self.varint()?;
            self.skip(usize::try_from(length).ok()?)?;
        }
        Some(())
    }

    /// An unsigned number of up to five bytes, read as the decoder reads it: bits above the 32nd are lost.
    fn varint(&mut self) -> Option<u32> {
        let mut value = 0;
        for place in 0..5 {
            let [byte] = self.take()?;
            value |= u32::from(byte & 0x7f) << (place * 7);
            if byte < 0x80 {
                break;
            }
        }
        Some(value)
    }

    fn take<const WIDTH: usize>(&mut self) -> Option<[u8; WIDTH]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.bytes = self.bytes.get(count..)?;
        Some(())
    }
}
