//! What the server tells on stderr while it serves. No secrets: headers and bodies are never logged.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// The least that is worth a line.
    pub level: Level,
    /// Whether a line is a JSON object.
    pub json: bool,
}

/// Sends what this program logs to stderr, and of its libraries what is a warning. Fails if the process logs
/// somewhere already.
pub fn log_to_stderr(options: LogOptions) -> Result<(), TryInitError> {
    let wanted = Targets::new()
        .with_default(LevelFilter::WARN.min(LevelFilter::from_level(options.level)))
        .with_target(env!("CARGO_CRATE_NAME"), options.level);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match options.json {
        true => lines.json().flatten_event(true).boxed(),
        false => lines.boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(wanted))
        .try_init()
}
