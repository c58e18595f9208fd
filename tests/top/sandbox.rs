//! The program in a home of its own, with a clock that stands still.

use std::ops::Deref;
use std::path::Path;

use test_support::Program;

pub(crate) struct Sandbox(Program);

impl Deref for Sandbox {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        // The data folder has the same name wherever the home is.
        let program = Program::new().variable("OCELOT_HOME", "data");
        program.data("local clock set 2026-03-14T12:00:00Z --frozen");
        Self(program)
    }

    /// The same with one more variable for every run.
    pub(crate) fn with_variable(self, name: &str, value: &str) -> Self {
        Self(self.0.variable(name, value))
    }

    /// Makes a profile of the config file, with a new key.
    pub(crate) fn make_profile(&self, name: &str, tenancy: &str) {
        self.text(&format!(
            "setup config --profile {name} --user ocid1.user.oc1..{} --tenancy {tenancy} --region us-ashburn-1 \
             --key-file {name}.pem --no-passphrase",
            name.to_lowercase()
        ));
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder()
    }

    /// What a line that is refused says.
    pub(crate) fn refusal(&self, line: &str) -> String {
        self.fails(line, 2)
    }

    pub(crate) fn create_stream(&self, name: &str, partitions: u32) {
        self.text(&format!(
            "streaming admin stream create --name {name} --partitions {partitions}"
        ));
    }

    pub(crate) fn put(&self, stream: &str, messages: usize) {
        let texts = "--text x ".repeat(messages);
        self.text(&format!(
            "streaming stream message put --stream-id {stream} --key k {texts}"
        ));
    }
}
