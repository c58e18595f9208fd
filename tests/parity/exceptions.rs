//! Where this program differs from the official command line on purpose, and why.

use crate::case::Case;
use crate::compare::Aspect;

pub(crate) struct Exception {
    pub(crate) reason: &'static str,
    aspects: &'static [Aspect],
    covers: fn(&Case) -> bool,
}

impl Exception {
    pub(crate) fn is_about(&self, case: &Case) -> bool {
        (self.covers)(case)
    }
}

const ALL: &[Aspect] = &[Aspect::Exit, Aspect::Sent, Aspect::Printed, Aspect::Error];

pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        reason: "a malformed --query is refused before anything is sent; the official client sends first",
        aspects: &[Aspect::Sent],
        covers: |case| case.kind() == "query-bad" || case.value_of("--query") == Some("[data, 1]"),
    },
    Exception {
        reason: "a slash in an id stays part of the id: no id can reach another address than the command's",
        aspects: ALL,
        covers: |case| {
            case.kind() == "unicode" && case.requests.iter().any(|r| r.path.contains("b/c"))
        },
    },
    Exception {
        reason: "a wait ends when the wanted state cannot come any more, as if its time were over",
        aspects: &[Aspect::Sent],
        covers: |case| case.kind() == "w-bad" && case.status == 2,
    },
    Exception {
        reason: "tables of numbers and truth values are drawn; the official client fails with a TypeError",
        aspects: &[Aspect::Exit, Aspect::Printed],
        covers: |case| case.stderr.starts_with("TypeError: argument of type"),
    },
    Exception {
        reason: "comparing text with a number is null, as JMESPath says; the official client fails",
        aspects: &[Aspect::Exit, Aspect::Printed],
        covers: |case| case.stderr.starts_with("TypeError: '<' not supported"),
    },
    Exception {
        reason: "times are taken with a blank for the T, and with nanoseconds, too",
        aspects: ALL,
        covers: |case| {
            case.status == 2
                && case.argv.iter().any(|word| {
                    word.starts_with("2026-03-14 01:02:03")
                        || word.starts_with("2026-03-14T01:02:03.123456789")
                })
        },
    },
];

/// Why a case may differ in this, if it may.
pub(crate) fn reason(case: &Case, aspect: Aspect) -> Option<&'static str> {
    let mut exceptions = EXCEPTIONS.iter();
    exceptions
        .find(|exception| exception.aspects.contains(&aspect) && exception.is_about(case))
        .map(|exception| exception.reason)
}
