//! The program in a home of its own.

use std::ops::Deref;

/// The program in a home of its own.
pub(crate) struct Program(test_support::Program);

impl Deref for Program {
    type Target = test_support::Program;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Program {
    /// A home with a topic `alerts`.
    pub(crate) fn with_alerts() -> Self {
        let program = Self::empty();
        program.data("ons topic create --name alerts");
        program
    }

    pub(crate) fn empty() -> Self {
        Self(test_support::Program::new())
    }

    /// What a line that succeeds tells on stderr.
    pub(crate) fn notes(&self, line: &str) -> String {
        self.told(line).1
    }

    pub(crate) fn under_way(&self) -> i64 {
        let status = self.data("local status");
        status["deliveries-under-way"].as_i64().unwrap()
    }
}

/// A Python with the packages of `tests/requirements.txt`.
pub(crate) fn python() -> String {
    std::env::var("OCELOT_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}
