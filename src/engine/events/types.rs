//! The event types that services are known to emit.
//!
//! `types.txt` has a line a service: its name and a colon, then its operations. All begin with
//! `com.oraclecloud.`. A mark behind an operation tells in which forms it comes: none, by itself; `+` with
//! `.begin` and `.end`; `*` in all three; `|` by itself and with `.end`; `<` with `.begin`; `>` with `.end`.
//! Source: the catalogue of the cloud's console (behaviour.md 4.4).

use super::wildcard::Wildcard;

const CATALOGUE: &str = include_str!("types.txt");

const PREFIX: &str = "com.oraclecloud.";

/// How many names are suggested.
const MOST_SUGGESTIONS: usize = 3;

/// All known event types, sorted by service and operation.
pub fn event_types() -> impl Iterator<Item = String> {
    CATALOGUE.lines().flat_map(of_service)
}

fn of_service(line: &str) -> impl Iterator<Item = String> {
    let (service, operations) = line.split_once(':').unwrap_or((line, ""));
    operations.split_whitespace().flat_map(move |operation| {
        let name = operation.trim_end_matches(['+', '*', '|', '<', '>']);
        let forms: &[&str] = match operation.as_bytes().last() {
            Some(b'+') => &[".begin", ".end"],
            Some(b'*') => &["", ".begin", ".end"],
            Some(b'|') => &["", ".end"],
            Some(b'<') => &[".begin"],
            Some(b'>') => &[".end"],
            _ => &[""],
        };
        let forms = forms.iter();
        forms.map(move |form| format!("{PREFIX}{service}.{name}{form}"))
    })
}

/// Whether a known event type is like this.
pub fn is_known(wanted: &Wildcard) -> bool {
    event_types().any(|known| wanted.matches(&known))
}

/// The known event types that are nearest to a text, the nearest first.
pub fn nearest(text: &str) -> Vec<String> {
    // Names with less in common than this are no help.
    const LEAST_SIMILARITY: f64 = 0.75;
    let similarity = |known: &String| strsim::normalized_levenshtein(text, known);
    let mut near: Vec<(f64, String)> = event_types()
        .map(|known| (similarity(&known), known))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.truncate(MOST_SUGGESTIONS);
    near.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_forms_are_told() {
        let types: Vec<String> = event_types().collect();
        assert_eq!(types.len(), 3396);
        assert_eq!(types.iter().collect::<HashSet<_>>().len(), types.len());
        assert!(types.iter().all(|name| name.starts_with(PREFIX)));
        for name in [
            "com.oraclecloud.objectstorage.createobject",
            "com.oraclecloud.adm.createknowledgebase.begin",
            "com.oraclecloud.adm.createknowledgebase.end",
        ] {
            assert!(types.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn the_nearest_are_suggested() {
        assert!(is_known(&Wildcard::new("com.oraclecloud.*.createobject")));
        assert!(!is_known(&Wildcard::new("com.oraclecloud.queue.*")));
        let near = nearest("com.oraclecloud.objectstorage.createobjects");
        assert_eq!(
            near.first().map(String::as_str),
            Some("com.oraclecloud.objectstorage.createobject")
        );
        assert_eq!(nearest("my.own.type"), Vec::<String>::new());
    }
}
