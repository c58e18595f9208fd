//! The stages of a connector: what records wait for, one after the other.
//!
//! Each function task ends a stage, and the target the last one. Log rules stand between: what does not match
//! them never enters the stage behind.

use super::details::{BatchLimits, Target, Task, function_limits};

/// What the records of a stage wait for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Destination<'c> {
    /// A function task, whose answer goes to the next stage.
    Task {
        function_id: &'c str,
        limits: BatchLimits,
    },
    /// The target.
    Target(&'c Target),
}

/// How long a batch is its holder's, in milliseconds: longer than an attempt may take.
const FUNCTION_LEASE_MS: i64 = 60_000;
const OBJECT_LEASE_MS: i64 = 300_000;

impl Destination<'_> {
    /// How long a batch for a destination outside the engine is its holder's, in milliseconds.
    pub(super) fn lease_ms(self) -> Option<i64> {
        match self {
            Self::Task { .. } | Self::Target(Target::Functions { .. }) => Some(FUNCTION_LEASE_MS),
            Self::Target(Target::ObjectStorage { .. }) => Some(OBJECT_LEASE_MS),
            Self::Target(_) => None,
        }
    }
}

/// A stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage<'c> {
    /// The conditions of the log rules that records must match to enter.
    pub conditions: Vec<&'c str>,
    pub destination: Destination<'c>,
}

impl Stage<'_> {
    /// What leaves the stage together.
    pub(super) fn limits(&self) -> BatchLimits {
        match self.destination {
            Destination::Task { limits, .. } => limits,
            Destination::Target(target) => target.batch_limits(),
        }
    }

    /// Whether the records of each partition of a stream leave by themselves. Source: behaviour.md 6.4, for the
    /// names of objects.
    pub(super) fn parts_partitions(&self) -> bool {
        matches!(
            self.destination,
            Destination::Target(Target::ObjectStorage { .. })
        )
    }
}

/// The stages of a connector with these tasks and this target.
pub(super) fn stages<'c>(tasks: &'c [Task], target: &'c Target) -> Vec<Stage<'c>> {
    let mut stages = Vec::new();
    let mut conditions = Vec::new();
    for task in tasks {
        match task {
            Task::LogRule { condition } => conditions.push(condition.as_str()),
            Task::Function {
                function_id,
                batch_size_in_kbs,
                batch_time_in_sec,
            } => stages.push(Stage {
                conditions: std::mem::take(&mut conditions),
                destination: Destination::Task {
                    function_id,
                    limits: function_limits(*batch_size_in_kbs, *batch_time_in_sec),
                },
            }),
        }
    }
    stages.push(Stage {
        conditions,
        destination: Destination::Target(target),
    });
    stages
}

/// The number of the last stage, whose records wait for the target.
pub(super) fn target_stage(tasks: &[Task]) -> u32 {
    let functions = tasks
        .iter()
        .filter(|task| matches!(task, Task::Function { .. }));
    u32::try_from(functions.count()).unwrap_or(u32::MAX)
}
