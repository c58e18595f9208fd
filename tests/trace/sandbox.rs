//! The program in a home of its own, with a clock that stands still.

use std::ops::Deref;

use serde_json::Value;
use test_support::Program;
pub(crate) use test_support::text as string;

/// The instant at which the clock stands when a test begins.
pub(crate) const NOON: &str = "2026-03-14T12:00:00.000Z";

pub(crate) struct Sandbox(Program);

impl Deref for Sandbox {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl Sandbox {
    /// A home with a topic `alerts`.
    pub(crate) fn with_alerts() -> Self {
        let program = Program::new();
        program.data(&format!("local clock set {NOON} --frozen"));
        program.data("ons topic create --name alerts");
        Self(program)
    }

    /// The data that a line prints, whatever it tells besides.
    pub(crate) fn data(&self, line: &str) -> Value {
        self.told(line).0
    }

    /// What a line that is refused says.
    pub(crate) fn refusal(&self, line: &str) -> String {
        self.fails(line, 1)
    }

    /// Publishes a message to `alerts`, and tells its id.
    pub(crate) fn publish(&self, options: &str) -> String {
        let line = format!("ons message publish --topic-id alerts --body x {options}");
        string(&self.data(&line)["message-id"])
    }

    pub(crate) fn trace(&self, id: &str) -> Value {
        self.data(&format!("local trace {id}"))
    }
}

/// The kinds and results of a trace's hops, each with the place of the hop that led to it.
pub(crate) fn shape(trace: &Value) -> Vec<(String, String, Option<u64>)> {
    let hops = trace["hops"].as_array().unwrap().iter();
    hops.map(|hop| {
        (
            string(&hop["kind"]),
            string(&hop["result"]),
            hop["parent"].as_u64(),
        )
    })
    .collect()
}

/// What a test expects of [`shape`].
pub(crate) fn hop(
    kind: &str,
    result: &str,
    parent: impl Into<Option<u64>>,
) -> (String, String, Option<u64>) {
    (kind.to_owned(), result.to_owned(), parent.into())
}
