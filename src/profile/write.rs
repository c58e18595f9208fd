//! Adding a profile to a config file, or replacing one, with all else left as it is.
//!
//! The file is changed by writing a new one beside it and renaming that, so that nobody ever reads half
//! of it, and what it was is kept in a backup, which no later change overwrites. Both are only for the
//! user to read. Processes that change the same folder at once take turns.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::ProfileError;
use super::file::read_text;
use super::ini::{self, Document, Section};

/// What a change did.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether the profile was there before.
    pub replaced: bool,
    /// Where the file is kept as it was; `None` if it was not there, or says the same already.
    pub backup: Option<PathBuf>,
}

/// Writes a profile that holds `entries` and nothing else into the config file at `path`.
pub fn write_profile(
    path: &Path,
    name: &str,
    entries: &[(&str, &str)],
) -> Result<Written, ProfileError> {
    check(name, entries)?;
    // Of a link the file that it leads to is replaced, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    create_folder(folder).map_err(unwritable(folder))?;
    let _turn = lock(folder);
    let before = read_text(path)?;
    let text = before.as_deref().unwrap_or_default();
    let document = parse(path, text)?;
    let section = document.section(name);
    let after = match section {
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
        written.backup = Some(back_up(path, before)?);
    }
    put_in_place(path, folder, &after).map_err(unwritable(path))?;
    Ok(written)
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> ProfileError {
    move |error| ProfileError::Unwritable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn parse(path: &Path, text: &str) -> Result<Document, ProfileError> {
    Document::parse(text).map_err(|malformed| ProfileError::Malformed {
        path: path.to_owned(),
        malformed,
    })
}

/// Refuses what would not be read back as it was written.
fn check(name: &str, entries: &[(&str, &str)]) -> Result<(), ProfileError> {
    let refuse = |reason: String| Err(ProfileError::NotWritable(reason));
    let in_name = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || !name.chars().all(in_name) {
        return refuse(format!(
            "{name:?} is no name for one: use letters, digits and any of . _ - @"
        ));
    }
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

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Creates a file that was not there, for the user alone.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Creates the folder for the user alone, if it is not there.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)
}

/// Waits for the turn to change files of the folder; where that cannot be done, goes on without.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Keeps the text in `config.backup`, or `config.backup-2` and so on where there are earlier ones.
fn back_up(path: &Path, text: &str) -> Result<PathBuf, ProfileError> {
    let mut number = 1u32;
    loop {
        let suffix = match number {
            1 => ".backup".to_owned(),
            _ => format!(".backup-{number}"),
        };
        let backup = with_suffix(path, &suffix);
        match create(&backup, text) {
            Ok(()) => return Ok(backup),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(unwritable(&backup)(error)),
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn put_in_place(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let new = with_suffix(path, &format!(".new-{}", std::process::id()));
    // One may be left of a process that was killed.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let renamed = create(&new, text).and_then(|()| fs::rename(&new, path));
    if renamed.is_err() {
        // The failure itself matters more than one to tidy up after it.
        drop(fs::remove_file(&new));
    }
    renamed?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
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
    fn what_cannot_be_read_back_is_refused() {
        for name in ["", "a]b", "a b", "é"] {
            assert!(check(name, ENTRIES).is_err(), "{name}");
        }
        for entry in [
            ("K", "v"),
            ("k", ""),
            ("k", " v"),
            ("k", "a\nb"),
            ("key_content", "x"),
        ] {
            assert!(check("A", &[entry]).is_err(), "{entry:?}");
        }
        assert!(check("A", &[("k", "v"), ("k", "w")]).is_err());
        assert!(check("me@home-1.x_y", ENTRIES).is_ok());
    }
}
