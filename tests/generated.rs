//! The files in `completions/` and `man/` are what this version of the program generates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ocelot::cli::{SHELLS, completion_file};
use ocelot::docs::man_pages;

const ADVICE: &str = "run `UPDATE_GENERATED=1 cargo test --test generated` and commit the result";

#[test]
fn completions_are_current() {
    let mut files = BTreeMap::new();
    for (shell, name) in SHELLS {
        for program in ["ocelot", "oci"] {
            let file = completion_file(shell, program).expect("a shell that is known");
            assert!(file.contains(program), "{shell} asks for {program}");
            files.insert(name.replace("{}", program), file);
        }
    }
    assert_eq!(files.len(), 10);
    check("completions", &files);
}

#[test]
fn man_pages_are_current() {
    let pages = man_pages().into_iter();
    let files: BTreeMap<_, _> = pages.map(|page| (page.file, page.text)).collect();
    assert_eq!(files.len(), 7);
    check("man", &files);
}

/// Compares a folder with what it must hold; brings it up to date where that is asked for.
fn check(folder: &str, wanted: &BTreeMap<String, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if env::var_os("UPDATE_GENERATED").is_some() {
        update(&path, wanted);
    }
    let there: BTreeMap<_, _> = files(&path)
        .into_iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect();
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(wanted), "files in {folder}/: {ADVICE}");
    for (name, text) in wanted {
        // No assert_eq: it would print both files whole.
        assert!(there[name] == *text, "{folder}/{name} is stale: {ADVICE}");
    }
}

fn update(folder: &Path, wanted: &BTreeMap<String, String>) {
    fs::create_dir_all(folder).unwrap();
    for file in files(folder) {
        fs::remove_file(file).unwrap();
    }
    for (name, text) in wanted {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}
