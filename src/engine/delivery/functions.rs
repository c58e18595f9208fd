//! Functions of this machine: commands and addresses that stand in for functions in the cloud.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Engine, EngineError, ocid};
use crate::clock::rfc3339;
use crate::store::NamedFunction;

/// A function, with its OCID and name.
pub type Function = NamedFunction<Definition>;

/// The longest that a function may run, in seconds: an attempt must end within its lease.
pub const MOST_TIMEOUT_SECONDS: u32 = 50;

/// What `ocelot local function` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FunctionRequest {
    /// Adds a function, or changes what one of this name does.
    Add {
        /// Its name.
        name: String,
        /// What it does.
        definition: Definition,
    },
    /// Lists the functions.
    List,
    /// What came of the newest runs of a function.
    ListRuns {
        /// Its OCID or name.
        function: String,
        /// Most runs.
        limit: usize,
    },
    /// Removes a function, and its runs.
    Remove {
        /// Its OCID or name.
        function: String,
    },
}

/// Why a function cannot be used as asked.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// No such function.
    #[error("there is no function {0}: ocelot local function list shows those that are there")]
    Unknown(String),
}

/// What a function does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// How it is run.
    pub runtime: Runtime,
    /// How long it may take, in seconds.
    pub timeout_seconds: u32,
}

/// How a function is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// A command of the shell, which reads the event from its standard input.
    Command(String),
    /// A command of the shell that serves the FDK's protocol on the Unix socket named by `FN_LISTENER`.
    Fdk(String),
    /// A POST to this URL.
    Url(String),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The id of the call, which the function sees as well.
    pub call_id: String,
    /// When it began by the machine's clock, in milliseconds.
    pub time_started_ms: i64,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The exit status of a command, or the HTTP status of an FDK function or an address; `None` where it
    /// came to none.
    pub status: Option<i32>,
    /// Whether it did what it was to do.
    pub succeeded: bool,
    /// What it answered.
    pub output: String,
    /// What it wrote to its standard error, or why it did not run.
    pub error_output: String,
}

impl Engine {
    /// Adds a function. A function of this name keeps its OCID and does this from now on.
    pub fn add_function(
        &self,
        name: &str,
        definition: Definition,
    ) -> Result<Function, EngineError> {
        self.store.write(|session| {
            let earlier: Option<Function> = session.function(name)?;
            let function = Function {
                id: earlier.map_or_else(|| ocid::new("fnfunc"), |earlier| earlier.id),
                name: name.to_owned(),
                definition,
            };
            session.put_function(&function)?;
            Ok(function)
        })
    }

    /// The functions, by name.
    pub fn functions(&self) -> Result<Vec<Function>, EngineError> {
        Ok(self.store.read(|session| session.functions())?)
    }

    /// The function with this OCID or name.
    pub fn function(&self, id_or_name: &str) -> Result<Function, EngineError> {
        let found = self.store.read(|session| session.function(id_or_name))?;
        Ok(found.ok_or_else(|| FunctionError::Unknown(id_or_name.to_owned()))?)
    }

    /// Removes the function with this OCID, and its runs.
    pub fn remove_function(&self, id: &str) -> Result<(), EngineError> {
        Ok(self.store.write(|session| session.remove_function(id))?)
    }

    /// The newest runs of the function with this OCID, at most `limit`, the newest first.
    pub fn function_runs(&self, id: &str, limit: usize) -> Result<Vec<Run>, EngineError> {
        Ok(self
            .store
            .read(|session| session.function_runs(id, limit))?)
    }

    /// Does what a command about functions asks, and answers with JSON in kebab-case keys.
    pub fn manage_functions(&self, request: &FunctionRequest) -> Result<Value, EngineError> {
        match request {
            FunctionRequest::Add { name, definition } => {
                Ok(shown(&self.add_function(name, definition.clone())?))
            }
            FunctionRequest::List => Ok(self.functions()?.iter().map(shown).collect()),
            FunctionRequest::ListRuns { function, limit } => {
                let runs = self.function_runs(&self.function(function)?.id, *limit)?;
                Ok(runs.iter().map(run_shown).collect())
            }
            FunctionRequest::Remove { function } => {
                let function = self.function(function)?;
                self.remove_function(&function.id)?;
                Ok(json!({"id": function.id, "removed": true}))
            }
        }
    }
}

fn shown(function: &Function) -> Value {
    let (kind, target) = match &function.definition.runtime {
        Runtime::Command(command) => ("exec", command),
        Runtime::Fdk(command) => ("fdk", command),
        Runtime::Url(url) => ("url", url),
    };
    json!({
        "id": function.id,
        "name": function.name,
        kind: target,
        "timeout-in-seconds": function.definition.timeout_seconds,
    })
}

fn run_shown(run: &Run) -> Value {
    json!({
        "call-id": run.call_id,
        "time-started": rfc3339(run.time_started_ms),
        "duration-in-ms": run.duration_ms,
        "status": run.status,
        "succeeded": run.succeeded,
        "output": run.output,
        "error-output": run.error_output,
    })
}
