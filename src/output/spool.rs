//! A list that may be larger than memory: its items as lines of JSON, in a temporary file without a
//! name once they are many.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

use serde::Deserialize;
use serde::ser::{Error, Serialize, SerializeSeq, Serializer};
use serde_json::{Deserializer, Value};
use tempfile::SpooledTempFile;

use super::json;
use super::order::{Order, Ordered};
use super::rows::{Items, Shape};

/// As much stays in memory; only what is larger touches the disk.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;

const BUFFER_BYTES: usize = 64 * 1024;

/// Items that are written once, and then read.
#[derive(Debug)]
pub(super) struct Spool {
    shape: Shape,
    order: Order,
    file: RefCell<BufWriter<SpooledTempFile>>,
}

impl Spool {
    /// An empty list, whose items have their keys in an order.
    pub(super) fn new(order: Order) -> Self {
        let file = SpooledTempFile::new(MEMORY_BYTES);
        Self {
            shape: Shape::default(),
            order,
            file: RefCell::new(BufWriter::with_capacity(BUFFER_BYTES, file)),
        }
    }

    /// Adds an item.
    pub(super) fn push(&mut self, item: &Value) -> io::Result<()> {
        self.shape.add(item);
        let file = self.file.get_mut();
        let order = &self.order;
        json::write_compact(&Ordered { value: item, order }, file)?;
        file.write_all(b"\n")
    }

    /// What the items are.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The order of the items' keys.
    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// Makes sure that all is kept, as far as can be known before it is read.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.get_mut().flush()
    }

    /// Writes the items as they are kept: a JSON document a line.
    pub(super) fn copy_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.reading(|reader| io::copy(reader, out).map(drop))
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&mut BufReader<&mut SpooledTempFile>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut writer = self.file.borrow_mut();
        writer.flush()?;
        let file = writer.get_mut();
        file.seek(SeekFrom::Start(0))?;
        read(&mut BufReader::with_capacity(BUFFER_BYTES, file))
    }
}

impl Items for Spool {
    fn each(&self, visit: &mut dyn FnMut(&Value) -> io::Result<()>) -> io::Result<()> {
        self.reading(|reader| {
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 {
                // A query may nest deeper than what it was given; it is our own text that is read here.
                let mut json = Deserializer::from_slice(&line);
                json.disable_recursion_limit();
                visit(&Value::deserialize(&mut json)?)?;
                line.clear();
            }
            Ok(())
        })
    }
}

/// A document in which the list at `place` is a spool's.
pub(super) struct Framed<'d> {
    /// The document, with anything at all in that place.
    pub document: &'d Value,
    /// The keys that lead there.
    pub place: &'d [&'d str],
    /// The list.
    pub items: &'d Spool,
}

impl Serialize for Framed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.place.split_first(), self.document) {
            (None, _) => self.list(serializer),
            (Some((key, place)), Value::Object(fields)) => {
                serializer.collect_map(fields.iter().map(|(name, document)| {
                    let items = self.items;
                    let leads_there = name == key;
                    let framed = Self {
                        document,
                        place,
                        items,
                    };
                    (name, Field::new(leads_there, framed))
                }))
            }
            (Some(_), other) => other.serialize(serializer),
        }
    }
}

impl Framed<'_> {
    fn list<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let order = self.items.order();
        let mut list = serializer.serialize_seq(Some(self.items.shape().count()))?;
        // A failure of the format is kept, because a visit can only tell of one of the system.
        let mut failure = None;
        let walked = self.items.each(&mut |value| {
            list.serialize_element(&Ordered { value, order })
                .map_err(|error| {
                    failure = Some(error);
                    io::ErrorKind::Other.into()
                })
        });
        match (failure, walked) {
            (Some(failure), _) => Err(failure),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

/// A value of the frame: on the way to the list, or beside it.
enum Field<'d> {
    Beside(&'d Value),
    Leading(Framed<'d>),
}

impl<'d> Field<'d> {
    fn new(leads_there: bool, framed: Framed<'d>) -> Self {
        if leads_there {
            Self::Leading(framed)
        } else {
            Self::Beside(framed.document)
        }
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Beside(value) => value.serialize(serializer),
            Self::Leading(framed) => framed.serialize(serializer),
        }
    }
}
