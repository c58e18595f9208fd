//! JSON text as Python's `json.dumps` writes it, which scripts written for the official command line
//! compare with: sorted keys, non-ASCII characters as they are, and floats that look like floats.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// `value` over several lines, each level indented by `indent`, without a newline at the end.
pub(super) fn pretty(value: &impl Serialize, indent: &str) -> String {
    in_memory(|text| write_pretty(value, indent, text))
}

/// `value` on one line without spaces.
pub(super) fn compact(value: &impl Serialize) -> String {
    in_memory(|text| write_compact(value, text))
}

/// Writes what [`pretty`] returns.
pub(super) fn write_pretty(
    value: &impl Serialize,
    indent: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let formatter = Pretty(PrettyFormatter::with_indent(indent.as_bytes()));
    Ok(value.serialize(&mut Serializer::with_formatter(out, formatter))?)
}

/// Writes what [`compact`] returns.
pub(super) fn write_compact(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Compact))?)
}

fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut text = Vec::new();
    // Neither can fail: the writer is memory, keys are strings, and the serializer writes UTF-8.
    let _ = write(&mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// A float as Python's `repr` has it: the shortest digits that mean it, always with a point or an
/// exponent.
pub(super) fn float(value: f64) -> String {
    let shortest = format!("{value:e}");
    let Some((digits, exponent)) = shortest.split_once('e') else {
        return shortest;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return shortest;
    };
    if (-4..16).contains(&exponent) {
        let plain = value.to_string();
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

struct Pretty<'i>(PrettyFormatter<'i>);

impl Formatter for Pretty<'_> {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float(value).as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

struct Compact;

impl Formatter for Compact {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float(value).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn floats_look_as_python_writes_them() {
        for (value, text) in [
            (12.0, "12.0"),
            (0.5, "0.5"),
            (1_234_567.25, "1234567.25"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn keys_are_sorted_and_text_is_kept() {
        let value = json!({"b": [], "a": {}, "Z": "“ü”\u{1}\n\"", "c": [1, 2.0, null, true]});
        assert_eq!(
            pretty(&value, "  "),
            "{\n  \"Z\": \"“ü”\\u0001\\n\\\"\",\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    2.0,\n    null,\n    true\n  ]\n}"
        );
        assert_eq!(
            compact(&value),
            r#"{"Z":"“ü”\u0001\n\"","a":{},"b":[],"c":[1,2.0,null,true]}"#
        );
    }
}
