//! The file format of `config` and `oci_cli_rc`: that of Python's `configparser`, with line numbers.
//!
//! The official programs read both files with `configparser`, so what it takes for a value is what the
//! user has come to rely on: keys in lower case, `=` or `:` after them, values that go on in lines
//! indented further, comments only on lines of their own, quotes kept. Nothing may be there twice. Every
//! key keeps its lines, for messages that name them and for changes that leave all others as they are.

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;

/// The section whose keys all others inherit, and which may be there more than once.
pub const DEFAULT_SECTION: &str = "DEFAULT";

/// What a file says.
#[derive(Debug, Default)]
pub struct Document {
    sections: Vec<Section>,
}

/// A section with its own keys.
#[derive(Debug)]
pub struct Section {
    /// Its name, exactly as it stands between the brackets.
    pub name: String,
    /// The line of its header, counted from 1; of the last one if there are several.
    pub line: usize,
    /// Its keys in the order of the file.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(PartialEq)]
pub struct Entry {
    /// The key, in lower case.
    pub key: String,
    /// The value, whose lines are joined by line feeds.
    pub value: String,
    /// From the key's line to the last that adds to the value, counted from 1.
    pub lines: RangeInclusive<usize>,
}

impl fmt::Debug for Entry {
    /// Leaves the value out, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}", self.key, self.lines.start())
    }
}

/// The first line that breaks the rules of the format.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A key comes before any section.
    #[error("this comes before the first section: begin with a line such as [DEFAULT]")]
    NoSection,
    /// Neither a section nor a key with a value.
    #[error("this is neither a [section] nor key = value")]
    NoKeyAndValue,
    /// Nothing stands before the `=`.
    #[error("there is no key before the value")]
    NoKey,
    /// A section is there again.
    #[error("section [{name}] is already there in line {first}")]
    SectionTwice {
        /// The section.
        name: String,
        /// Its first line.
        first: usize,
    },
    /// A key is there again in its section.
    #[error("{key} is already set in line {first}: keep one of the two")]
    KeyTwice {
        /// The key.
        key: String,
        /// Its first line.
        first: usize,
    },
}

impl Document {
    /// Reads a file's text. A byte order mark is passed over; a line ends with LF, CR LF or CR.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in lines(text).enumerate() {
            reader.read(index + 1, line.trim_end_matches(['\r', '\n']))?;
        }
        for entry in reader.sections.iter_mut().flat_map(|s| &mut s.entries) {
            let length = entry.value.trim_end_matches(is_space).len();
            entry.value.truncate(length);
        }
        Ok(Self {
            sections: reader.sections,
        })
    }

    /// The section with this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Its sections, in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }
}

impl Section {
    /// The entry of a key, whose case does not matter.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let key = key.to_lowercase();
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// A text's lines, each with what ends it.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\r', '\n']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None if rest.is_empty() => return None,
            None => rest.len(),
        };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}

/// Whether Python counts the character as white space: four separators more than Unicode does.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    by_name: HashMap<String, usize>,
    first_lines: HashMap<(usize, String), usize>,
    /// The section that keys go to.
    section: Option<usize>,
    /// Whether a line indented further belongs to the section's last key.
    in_value: bool,
    indentation: usize,
}

impl Reader {
    fn read(&mut self, number: usize, line: &str) -> Result<(), Malformed> {
        let content = line.trim_matches(is_space);
        if content.starts_with(['#', ';']) {
            return Ok(());
        }
        if content.is_empty() {
            if let Some(entry) = self.open_entry() {
                entry.value.push('\n');
            }
            return Ok(());
        }
        let indentation = line.chars().take_while(|c| is_space(*c)).count();
        let continues = indentation > self.indentation;
        if let Some(entry) = self.open_entry().filter(|_| continues) {
            entry.value.push('\n');
            entry.value.push_str(content);
            entry.lines = *entry.lines.start()..=number;
            return Ok(());
        }
        self.indentation = indentation;
        let read = match header(content) {
            Some(name) => self.open_section(number, name),
            None => self.add_entry(number, content),
        };
        read.map_err(|fault| Malformed {
            line: number,
            fault,
        })
    }

    fn open_entry(&mut self) -> Option<&mut Entry> {
        if !self.in_value {
            return None;
        }
        let section = self.sections.get_mut(self.section?)?;
        section.entries.last_mut()
    }

    fn open_section(&mut self, line: usize, name: &str) -> Result<(), Fault> {
        self.in_value = false;
        let known = self.by_name.get(name).copied();
        self.section = Some(match known {
            Some(at) if name == DEFAULT_SECTION => at,
            Some(at) => {
                return Err(Fault::SectionTwice {
                    name: name.to_owned(),
                    first: self.sections[at].line,
                });
            }
            None => {
                self.sections.push(Section {
                    name: name.to_owned(),
                    line,
                    entries: Vec::new(),
                });
                let at = self.sections.len() - 1;
                self.by_name.insert(name.to_owned(), at);
                at
            }
        });
        if let Some(section) = self.section.and_then(|at| self.sections.get_mut(at)) {
            section.line = line;
        }
        Ok(())
    }

    fn add_entry(&mut self, line: usize, content: &str) -> Result<(), Fault> {
        let at = self.section.ok_or(Fault::NoSection)?;
        let (key, value) = content.split_once(['=', ':']).ok_or(Fault::NoKeyAndValue)?;
        let key = key.trim_end_matches(is_space).to_lowercase();
        if key.is_empty() {
            return Err(Fault::NoKey);
        }
        if let Some(first) = self.first_lines.insert((at, key.clone()), line) {
            return Err(Fault::KeyTwice { key, first });
        }
        self.in_value = true;
        self.sections[at].entries.push(Entry {
            key,
            value: value.trim_start_matches(is_space).to_owned(),
            lines: line..=line,
        });
        Ok(())
    }
}

/// The name in a section's header: all up to the last bracket, whatever follows.
fn header(content: &str) -> Option<&str> {
    let (name, _) = content.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(document: &'a Document, section: &str, key: &str) -> &'a str {
        &document.section(section).unwrap().entry(key).unwrap().value
    }

    fn fault(text: &str) -> Malformed {
        Document::parse(text).unwrap_err()
    }

    #[test]
    fn a_plain_file_keeps_values_and_lines() {
        let text =
            "# mine\r\n[DEFAULT]\r\nUser = u:1 ; not a comment\r\n\r\n[B]\r\nkey: a = b # c\r\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(value(&document, "DEFAULT", "user"), "u:1 ; not a comment");
        let entry = document.section("B").unwrap().entry("KEY").unwrap();
        assert_eq!(entry.value, "a = b # c");
        assert_eq!(entry.lines, 6..=6);
        assert!(document.section("b").is_none());
    }

    #[test]
    fn indented_lines_go_on_with_a_value() {
        let text = "[A]\nq = one\n  two\n\n# aside\n  three\n\nnext =\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(value(&document, "A", "q"), "one\ntwo\n\nthree");
        assert_eq!(document.section("A").unwrap().entries[0].lines, 2..=6);
        assert_eq!(value(&document, "A", "next"), "");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let document = Document::parse("\u{feff}[A]\nk=v").unwrap();
        assert_eq!(value(&document, "A", "k"), "v");
    }

    #[test]
    fn default_may_be_there_twice_and_other_sections_not() {
        let document = Document::parse("[DEFAULT]\na=1\n[DEFAULT]\nb=2\n").unwrap();
        assert_eq!(value(&document, "DEFAULT", "b"), "2");
        let fault = fault("[A]\na=1\n[A]\nb=2\n");
        assert_eq!(
            fault.to_string(),
            "line 3: section [A] is already there in line 1"
        );
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(fault("\n\nk=v").line, 3);
        assert_eq!(fault("[A]\nk=v\nbroken\n").fault, Fault::NoKeyAndValue);
        assert_eq!(fault("[A]\n= v").fault, Fault::NoKey);
        let twice = fault("[DEFAULT]\nk=v\n[DEFAULT]\nK=w");
        assert_eq!(
            (twice.line, twice.fault.to_string()),
            (
                4,
                "k is already set in line 2: keep one of the two".to_owned()
            )
        );
    }

    #[test]
    fn lines_end_in_three_ways() {
        let all: Vec<&str> = lines("a\r\nb\rc\n\nd").collect();
        assert_eq!(all, ["a\r\n", "b\r", "c\n", "\n", "d"]);
    }
}
