//! The file format against Python's `configparser`, recorded, and against bytes of all kinds.

use std::collections::BTreeMap;

use ocelot::profile::ini::{Document, Fault};
use proptest::prelude::*;
use serde_json::json;

use crate::recorded;

fn kind(fault: &Fault) -> &'static str {
    match fault {
        Fault::NoSection => "NoSection",
        // The official parser does not tell these two apart.
        Fault::NoKeyAndValue | Fault::NoKey => "NoKeyAndValue",
        Fault::SectionTwice { .. } => "SectionTwice",
        Fault::KeyTwice { .. } => "KeyTwice",
    }
}

fn sections(document: &Document) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    let sections = document.sections().iter().map(|section| {
        let entries = section.entries.iter();
        let pairs = entries.map(|entry| (entry.key.as_str(), entry.value.as_str()));
        (section.name.as_str(), pairs.collect::<BTreeMap<_, _>>())
    });
    // The official parser cannot tell an empty DEFAULT from none.
    let told = sections.filter(|(name, pairs)| *name != "DEFAULT" || !pairs.is_empty());
    told.collect()
}

#[test]
fn every_file_is_read_as_the_official_parser_reads_it() {
    let cases = recorded("files.jsonl");
    assert!(cases.len() > 1000);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        match Document::parse(text) {
            Ok(document) => assert_eq!(json!(sections(&document)), case["sections"], "{text:?}"),
            Err(malformed) => assert_eq!(
                (json!(malformed.line), json!(kind(&malformed.fault))),
                (case["line"].clone(), case["fault"].clone()),
                "{text:?}"
            ),
        }
    }
}

#[test]
fn each_key_knows_its_lines() {
    for case in recorded("files.jsonl") {
        let text = case["text"].as_str().unwrap();
        let Ok(document) = Document::parse(text) else {
            continue;
        };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines: Vec<&str> = text.split('\n').collect();
        for entry in document
            .sections()
            .iter()
            .flat_map(|section| &section.entries)
        {
            let line = lines[entry.lines.start() - 1].to_lowercase();
            assert!(line.contains(&entry.key), "{text:?}: {entry:?}");
            let last = lines[entry.lines.end() - 1].trim();
            assert!(
                last.contains(entry.value.lines().last().unwrap_or("").trim()),
                "{text:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = Document::parse(&text);
    }

    #[test]
    fn no_arrangement_of_marks_makes_it_panic(text in "[\\[\\]=:#; \\t\\r\\n\u{feff}\u{85}kKé\"']{0,60}") {
        let _ = Document::parse(&text);
    }

    #[test]
    fn what_is_written_plainly_is_read_back(
        pairs in prop::collection::btree_map("[a-z_]{1,8}", "[!-~]([ -~é]{0,20}[!-~])?", 0..8),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let body: String = pairs.iter().map(|(k, v)| format!("{k} = {v}{end}")).collect();
        let document = Document::parse(&format!("[P]{end}{body}")).unwrap();
        let expected: BTreeMap<&str, &str> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        prop_assert_eq!(&sections(&document)["P"], &expected);
    }
}
