//! The event types that services are known to emit.
//!
//! `types.txt` has a line a service: its name and a colon, then its operations. All begin with
//! `com.oraclecloud.`. A mark behind an operation tells in which forms it comes: none, by itself; `+` with
//! `.begin` and `.end`; `*` in all three; `|` by itself and with `.end`; `<` with `.begin`; `>` with `.end`.
//! Source: the catalogue of the cloud's console (behaviour.md 4.4).

use super::condition::Condition;
use crate::engine::wildcard::Wildcard;

const CATALOGUE: &str = include_str!("types.txt");

const PREFIX: &str = "com.oraclecloud.";

/// How many names are suggested.
const MOST_SUGGESTIONS: usize = 3;

/// How many unknown types a warning names.
const MOST_WARNINGS: usize = 3;

/// How much of a type a warning shows, in characters; what is longer resembles none that is known.
const MOST_SHOWN_CHARS: usize = 120;

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

/// The service that an event type names, as types of the cloud do.
pub fn service_of(event_type: &str) -> Option<&str> {
    let (service, operation) = event_type.strip_prefix(PREFIX)?.split_once('.')?;
    (!service.is_empty() && !operation.is_empty()).then_some(service)
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

/// What there is to say of the event types that a condition asks for, where nothing is known to emit them.
pub fn warning(condition: &Condition) -> Option<String> {
    let mut unknown = condition.event_types().filter(|wanted| !is_known(wanted));
    let named: Vec<String> = unknown.by_ref().take(MOST_WARNINGS).map(named).collect();
    let more = match unknown.count() {
        0 => String::new(),
        count => format!("; nor {count} more"),
    };
    let beginning = "No service is known to emit";
    (!named.is_empty()).then(|| format!("{beginning} {}{more}", named.join("; nor ")))
}

/// An unknown type, with those that may be meant.
fn named(unknown: &Wildcard) -> String {
    let text = unknown.as_str();
    if text.chars().count() > MOST_SHOWN_CHARS {
        let shown: String = text.chars().take(MOST_SHOWN_CHARS).collect();
        return format!("{shown}…");
    }
    match nearest(text).as_slice() {
        [] => text.to_owned(),
        near => format!("{text} (the nearest known: {})", near.join(", ")),
    }
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

    #[test]
    fn a_warning_names_what_is_unknown() {
        let warning = |types: &str| {
            let condition = format!("{{\"eventType\": {types}}}");
            warning(&Condition::parse(&condition).unwrap())
        };
        assert_eq!(warning("\"com.oraclecloud.computeapi.*\""), None);
        assert_eq!(warning("\"*\""), None);
        let told = warning("\"com.oraclecloud.objectstorage.createobjects\"").unwrap();
        let begins = "No service is known to emit com.oraclecloud.objectstorage.createobjects (the \
                      nearest known: com.oraclecloud.objectstorage.createobject, ";
        assert!(told.starts_with(begins), "{told}");
        let told = warning("[\"a\", \"b\", \"c\", \"d\", \"e\"]").unwrap();
        assert_eq!(
            told,
            "No service is known to emit a; nor b; nor c; nor 2 more"
        );
        let told = warning(&format!("\"{}\"", "x".repeat(100_000))).unwrap();
        assert!(told.len() < 200, "{told}");
        assert_eq!(super::warning(&Condition::parse("{}").unwrap()), None);
    }
}
