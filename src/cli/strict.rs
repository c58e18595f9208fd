//! Whether the engine refuses what the services in the cloud refuse: `serve --strict` and `OCELOT_STRICT`.

use clap::{Arg, ArgAction};

use super::error::CliError;
use crate::profile::Environment;

const VARIABLE: &str = "OCELOT_STRICT";

/// The option, for the tree.
pub(super) fn option() -> Arg {
    Arg::new("strict")
        .long("strict")
        .action(ArgAction::SetTrue)
        .help(
            "Refuse what the service in the cloud refuses: idempotent producers, more than 1 MB/s into a partition or \
             2 MB/s out of it, 5 reads a second of a group, 5 calls a second of other kinds, 200 partitions in all; 10 MB/s \
             into a queue or out of it, 1,000 calls a second of each kind for it, 10 queues in all; 60 messages a minute \
             to a topic or a webhook, 10 to an email address, 60 calls a minute of other kinds. OCELOT_STRICT=1 does the \
             same.",
        )
}

/// What the environment says.
pub(super) fn of_environment() -> Result<bool, CliError> {
    let Some(value) = Environment::of_process().get(VARIABLE) else {
        return Ok(false);
    };
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(CliError::value(format!(
            "{VARIABLE} is {value:?}: set it to 1 or 0, or not at all"
        ))),
    }
}
