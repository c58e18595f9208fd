//! Adding a profile to a config file, replacing one or removing one, with all else left as it is.
//!
//! How the file itself is changed, and what it was is kept, is told in `change`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::change::Change;
use super::config::{known_profiles, unquoted};
use super::error::ProfileError;
use super::file::read_text;
use super::ini::{self, DEFAULT_SECTION, Document, Section};

/// What a change did.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether the profile was there before.
    pub replaced: bool,
    /// Where the file is kept as it was; `None` if it was not there, or says the same already.
    pub backup: Option<PathBuf>,
}

/// Writes a profile that holds `entries` and nothing else into the config file at `path`. One that is there
/// already stays as it is, and that is an error, unless `overwrite` says otherwise.
pub fn write_profile(
    path: &Path,
    name: &str,
    entries: &[(&str, &str)],
    overwrite: bool,
) -> Result<Written, ProfileError> {
    check_name(name)?;
    check_entries(entries)?;
    let change = Change::begin(path)?;
    let path = change.path();
    let before = change.read()?;
    let text = before.as_deref().unwrap_or_default();
    let document = parse(path, text)?;
    let section = document.section(name);
    let after = match section {
        Some(section) if !overwrite => return Err(exists(path, section)),
        Some(section) => replace(text, section, entries),
        None => append(text, name, entries),
    };
    verify(path, &after, name, entries)?;
    let mut written = Written {
        replaced: section.is_some(),
        backup: None,
    };
    if before.as_ref() == Some(&after) {
        return Ok(written);
    }
    if let Some(before) = &before {
        written.backup = Some(change.back_up(before)?);
    }
    change.replace(&after)?;
    Ok(written)
}

/// Fails where [`write_profile`] would not write a profile of this name: to be asked before there is more to
/// lose.
pub fn check_new_profile(path: &Path, name: &str) -> Result<(), ProfileError> {
    check_name(name)?;
    let text = read_text(path)?.unwrap_or_default();
    match parse(path, &text)?.section(name) {
        Some(section) => Err(exists(path, section)),
        None => Ok(()),
    }
}

fn exists(path: &Path, section: &Section) -> ProfileError {
    ProfileError::ProfileExists {
        path: path.to_owned(),
        line: section.line,
        name: section.name.clone(),
    }
}

/// What a profile itself says, key by key, without what it inherits from `DEFAULT`.
pub fn read_profile(path: &Path, name: &str) -> Result<BTreeMap<String, String>, ProfileError> {
    let text = read_text(path)?.ok_or_else(|| no_file(path, name))?;
    let document = parse(path, &text)?;
    let section = document
        .section(name)
        .ok_or_else(|| no_profile(path, name, &document))?;
    let entries = section.entries.iter();
    Ok(entries
        .map(|entry| (entry.key.clone(), unquoted(&entry.value).to_owned()))
        .collect())
}

fn no_file(path: &Path, name: &str) -> ProfileError {
    ProfileError::NoConfigFile {
        path: path.to_owned(),
        name: name.to_owned(),
    }
}

fn no_profile(path: &Path, name: &str, document: &Document) -> ProfileError {
    ProfileError::NoProfile {
        path: path.to_owned(),
        name: name.to_owned(),
        known: known_profiles(document),
    }
}

/// Removes a profile from the config file at `path`, and tells where the file is kept as it was.
///
/// `DEFAULT` stays: all others inherit from it.
pub fn remove_profile(path: &Path, name: &str) -> Result<PathBuf, ProfileError> {
    if name == DEFAULT_SECTION {
        return Err(ProfileError::NotRemovable);
    }
    let change = Change::begin(path)?;
    let path = change.path();
    let before = change.read()?.ok_or_else(|| no_file(path, name))?;
    let document = parse(path, &before)?;
    let section = document
        .section(name)
        .ok_or_else(|| no_profile(path, name, &document))?;
    let after = without(&before, section);
    if !says_the_rest(&parse(path, &after)?, &document, name) {
        return Err(ProfileError::NotWritable(format!(
            "without profile {name} the rest of {} would say something else: remove the profile by hand",
            path.display()
        )));
    }
    let backup = change.back_up(&before)?;
    change.replace(&after)?;
    Ok(backup)
}

/// The text without the lines of a section, and without the blank ones behind it.
fn without(text: &str, section: &Section) -> String {
    let lines: Vec<&str> = ini::lines(text).collect();
    let last_line = section.entries.last().map_or(0, |entry| *entry.lines.end());
    let last_line = last_line.max(section.line);
    let (before, rest) = lines.split_at(section.line - 1);
    let rest = rest[last_line + 1 - section.line..].iter().copied();
    let rest = rest.skip_while(|line| line.trim().is_empty());
    let rest: String = rest.collect();
    let before = before.concat();
    match rest.is_empty() {
        true => {
            let content = before.trim_end();
            let end = line_break(&before);
            match content.trim_start_matches('\u{feff}').is_empty() {
                true => String::new(),
                false => format!("{content}{end}"),
            }
        }
        false => before + &rest,
    }
}

/// Whether a document says all that another says, but for one section.
fn says_the_rest(after: &Document, before: &Document, removed: &str) -> bool {
    let told = |document: &Document| -> Vec<(String, Vec<(String, String)>)> {
        let sections = document.sections().iter();
        let rest = sections.filter(|section| section.name != removed);
        rest.map(|section| {
            let entries = section.entries.iter();
            let entries = entries.map(|entry| (entry.key.clone(), entry.value.clone()));
            (section.name.clone(), entries.collect())
        })
        .collect()
    };
    after.section(removed).is_none() && told(after) == told(before)
}

fn parse(path: &Path, text: &str) -> Result<Document, ProfileError> {
    Document::parse(text).map_err(|malformed| ProfileError::Malformed {
        path: path.to_owned(),
        malformed,
    })
}

/// Refuses a name that would not be read back as it was written.
fn check_name(name: &str) -> Result<(), ProfileError> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || !name.chars().all(in_name) {
        return Err(ProfileError::NotWritable(format!(
            "{name:?} is no name for one: use letters, digits and any of . _ - @"
        )));
    }
    Ok(())
}

/// Refuses keys and values that would not be read back as they were written.
fn check_entries(entries: &[(&str, &str)]) -> Result<(), ProfileError> {
    let refuse = |reason: String| Err(ProfileError::NotWritable(reason));
    let mut keys = BTreeSet::new();
    for (key, value) in entries {
        let in_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if key.is_empty() || !key.chars().all(in_key) {
            return refuse(format!("{key:?} is no key"));
        }
        if !keys.insert(key) {
            return refuse(format!("{key} is given twice"));
        }
        if *key == "key_content" {
            return refuse(
                "a private key must not stand in it: give its file as key_file".to_owned(),
            );
        }
        if value.is_empty() || value.trim() != *value || value.contains(char::is_control) {
            return refuse(format!(
                "the value of {key} is empty, begins or ends with a blank, or has a control character"
            ));
        }
    }
    Ok(())
}

/// The line break that a text uses.
fn line_break(text: &str) -> &'static str {
    match ini::lines(text).next() {
        Some(line) if line.ends_with("\r\n") => "\r\n",
        Some(line) if line.ends_with('\r') => "\r",
        _ => "\n",
    }
}

fn append(text: &str, name: &str, entries: &[(&str, &str)]) -> String {
    let end = line_break(text);
    let mut out = text.to_owned();
    if !text.trim_start_matches('\u{feff}').is_empty() {
        if !text.ends_with(['\n', '\r']) {
            out.push_str(end);
        }
        out.push_str(end);
    }
    out.push_str(&format!("[{name}]{end}"));
    for (key, value) in entries {
        out.push_str(&format!("{key}={value}{end}"));
    }
    out
}

/// Changes the lines of the section's keys, takes out those it is not to have, and adds new ones below.
fn replace(text: &str, section: &Section, entries: &[(&str, &str)]) -> String {
    let end = line_break(text);
    let last_line = section.entries.last().map_or(0, |entry| *entry.lines.end());
    let insert_after = last_line.max(section.line);
    let mut out = String::with_capacity(text.len());
    for (index, line) in ini::lines(text).enumerate() {
        let number = index + 1;
        let old = section
            .entries
            .iter()
            .find(|old| old.lines.contains(&number));
        let new = old.and_then(|old| entries.iter().find(|(key, _)| *key == old.key));
        match (old, new) {
            (Some(old), Some((_, value))) if old.value != *value => {
                if *old.lines.start() == number {
                    out.push_str(up_to_value(line));
                    out.push_str(value);
                    out.push_str(end);
                }
            }
            (Some(_), None) => {}
            _ => out.push_str(line),
        }
        if number == insert_after {
            let indentation = indentation_after(text, number);
            let is_new = |key: &str| section.entries.iter().all(|old| old.key != key);
            for (key, value) in entries.iter().filter(|(key, _)| is_new(key)) {
                if !out.ends_with(['\n', '\r']) {
                    out.push_str(end);
                }
                out.push_str(&format!("{indentation}{key}={value}{end}"));
            }
        }
    }
    out
}

/// The indentation of what comes after a line, than which a key put between must not have less: what is
/// indented further than a key goes on with its value.
fn indentation_after(text: &str, number: usize) -> &str {
    let mut contents = ini::lines(text).skip(number).filter_map(|line| {
        let content = line.trim_start_matches(ini::is_space);
        let counts = !content.is_empty() && !content.starts_with(['#', ';']);
        counts.then(|| &line[..line.len() - content.len()])
    });
    contents.next().unwrap_or_default()
}

/// A key's line up to where its value begins, so that the user's way of writing it stays.
fn up_to_value(line: &str) -> &str {
    let delimiter = line.find(['=', ':']).map_or(0, |at| at + 1);
    let rest = line[delimiter..].trim_end_matches(['\r', '\n']);
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    &line[..delimiter + blanks]
}

/// Holds that the new text says what it should, before anything is overwritten with it.
fn verify(
    path: &Path,
    text: &str,
    name: &str,
    entries: &[(&str, &str)],
) -> Result<(), ProfileError> {
    let document = parse(path, text)?;
    let read: Option<BTreeSet<(&str, &str)>> = document.section(name).map(|section| {
        let pairs = section.entries.iter();
        pairs
            .map(|entry| (entry.key.as_str(), entry.value.as_str()))
            .collect()
    });
    if read == Some(entries.iter().copied().collect()) {
        return Ok(());
    }
    Err(ProfileError::NotWritable(format!(
        "profile {name} would not be read back from {} as it is",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: &[(&str, &str)] = &[("region", "eu-frankfurt-1"), ("user", "u")];

    fn replaced(text: &str) -> String {
        let document = Document::parse(text).unwrap();
        replace(text, document.section("A").unwrap(), ENTRIES)
    }

    #[test]
    fn a_new_profile_is_added_at_the_end() {
        assert_eq!(
            append("", "A", ENTRIES),
            "[A]\nregion=eu-frankfurt-1\nuser=u\n"
        );
        assert_eq!(
            append("[B]\r\nk=v", "A", &[("k", "v")]),
            "[B]\r\nk=v\r\n\r\n[A]\r\nk=v\r\n"
        );
    }

    #[test]
    fn a_known_profile_is_changed_key_by_key() {
        let text = "# top\n[A]\n; mine\nRegion :\tphx # x\n  more\nold=1\n\n# of B\n[B]\nk=v";
        assert_eq!(
            replaced(text),
            "# top\n[A]\n; mine\nRegion :\teu-frankfurt-1\nuser=u\n\n# of B\n[B]\nk=v"
        );
    }

    #[test]
    fn what_is_the_same_stays_as_it_is() {
        let text = "[A]\nUSER  =  u\nregion=eu-frankfurt-1";
        assert_eq!(replaced(text), text);
        assert_eq!(replaced("[A]"), "[A]\nregion=eu-frankfurt-1\nuser=u\n");
    }

    #[test]
    fn a_profile_goes_with_the_blank_lines_behind_it() {
        let removed = |text: &str| {
            let document = Document::parse(text).unwrap();
            without(text, document.section("A").unwrap())
        };
        assert_eq!(
            removed("# top\n[A]\n; mine\nk=v\n  more\n\n# of B\n[B]\nk=v"),
            "# top\n# of B\n[B]\nk=v"
        );
        assert_eq!(removed("[B]\r\nk=v\r\n\r\n[A]\r\nk=v"), "[B]\r\nk=v\r\n");
        assert_eq!(removed("\u{feff}[A]\nk=v\n"), "");
        assert_eq!(removed("[B]\n\n[A]\n\n\n[C]"), "[B]\n\n[C]");
    }

    #[test]
    fn what_cannot_be_read_back_is_refused() {
        for name in ["", "a]b", "a b", "é"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for entry in [
            ("K", "v"),
            ("k", ""),
            ("k", " v"),
            ("k", "a\nb"),
            ("key_content", "x"),
        ] {
            assert!(check_entries(&[entry]).is_err(), "{entry:?}");
        }
        assert!(check_entries(&[("k", "v"), ("k", "w")]).is_err());
        assert!(check_name("me@home-1.x_y").is_ok());
    }
}
