//! `--output yaml`: the document of the JSON output as YAML.
//!
//! Strings that YAML 1.1 or 1.2 would read as something else are quoted, so that `on` and dates stay
//! what they are with every reader. Text of several lines stands as a block.

use std::io::{self, Write};

use serde::Serialize;
use serde_saphyr::{SerializeError, ser_options, to_io_writer_with_options};

/// Writes a document; its last line is ended.
pub(super) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let options = ser_options! {
        // A long line stays one line, which tools that look at lines understand.
        folded_wrap_chars: usize::MAX,
    };
    let mut out = out;
    to_io_writer_with_options(&mut out, document, options).map_err(|error| match error {
        SerializeError::IO { error } => error,
        other => io::Error::other(other),
    })
}
