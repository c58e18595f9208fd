//! Who answers a call.

use std::env;
use std::path::PathBuf;

use super::error::CliError;
use super::globals::Globals;
use crate::call::{ApiError, Call, Reply};
use crate::engine::{Engine, EngineError, Home};
use crate::log::Durability;
use crate::profile::{Settings, Value};

/// Where calls go.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// To the engine in this process.
    Local(Home, Durability),
    /// To a server, or the cloud.
    Remote(String),
}

/// Why a call got no reply.
pub(super) enum Failure {
    /// The service said no.
    Service(ApiError),
    /// It was not asked.
    NotAsked(CliError),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::NotAsked(error.into())
    }
}

impl Target {
    /// What the settings say; the engine if they say nothing.
    pub(super) fn choose(globals: &Globals, settings: &Settings) -> Result<Self, CliError> {
        let named = settings.destination().map(Value::into_text);
        match named.as_deref() {
            None | Some("local") => Ok(Self::Local(home(globals)?, globals.durability)),
            Some("cloud") => Ok(Self::Remote("cloud".to_owned())),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Self::Remote(url.to_owned()))
            }
            Some(other) => Err(CliError::value(format!(
                "{other} is no target: give local, cloud, or a URL that begins with http:// or https://"
            ))),
        }
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Local(..))
    }

    /// Where an error says that it came from.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Local(..) => "local:",
            Self::Remote(url) => url,
        }
    }

    /// Sends one call. The engine is opened for each, so that other processes have their turn in between.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, Failure> {
        match self {
            Self::Local(home, durability) => {
                let engine = Engine::open(home, *durability)?;
                engine.answer(call).map_err(Failure::Service)
            }
            Self::Remote(address) => Err(Failure::NotAsked(CliError::refused(format!(
                "this version of ocelot cannot send commands to {address} yet: leave out --endpoint and \
                 --target (and OCI_CLI_ENDPOINT and OCELOT_TARGET) to have the local engine answer"
            )))),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Where the local engine keeps its data.
pub(super) fn home(globals: &Globals) -> Result<Home, CliError> {
    if globals.memory {
        return Ok(Home::Memory);
    }
    let named = globals
        .data_dir
        .clone()
        .or_else(|| variable("OCELOT_HOME").map(PathBuf::from))
        .or_else(|| dirs::data_dir().map(|folder| folder.join("ocelot")));
    named.map(Home::Folder).ok_or_else(|| {
        CliError::refused(
            "there is no home folder to keep data in: give --data-dir, or set OCELOT_HOME",
        )
    })
}
