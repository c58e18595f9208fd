//! Who answers a call.

use std::env;
use std::path::PathBuf;

use super::error::CliError;
use super::globals::Globals;
use crate::call::{ApiError, Call, Reply};
use crate::client::{Http, HttpOptions, Remote, RemoteError, RetryPolicy};
use crate::engine::{Engine, EngineError, Home};
use crate::log::Durability;
use crate::profile::Profile;

/// Where calls go.
pub(super) enum Target {
    /// To the engine in this process.
    Local(Home, Durability),
    /// To a server, or the cloud.
    Remote(Box<Remote>),
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
    /// What the line, the environment and the profile say, in this order; the engine if they say nothing.
    pub(super) fn choose(globals: &Globals, profile: &Profile) -> Result<Self, CliError> {
        let named = globals
            .endpoint
            .clone()
            .or_else(|| globals.target.clone())
            .or_else(|| variable("OCI_CLI_ENDPOINT"))
            .or_else(|| variable("OCELOT_TARGET"))
            .or_else(|| profile.get("target").map(str::to_owned));
        match named.as_deref() {
            None | Some("local") => Ok(Self::Local(home(globals)?, globals.durability)),
            Some("cloud") => Err(CliError::refused("--target cloud is not available yet")),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Self::Remote(Box::new(remote(url, globals)?)))
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
            Self::Remote(remote) => &remote.base_url,
        }
    }

    /// Sends one call. The engine is opened for each, so that other processes have their turn in between.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, Failure> {
        match self {
            Self::Local(home, durability) => {
                let engine = Engine::open(home, *durability)?;
                engine.answer(call).map_err(Failure::Service)
            }
            Self::Remote(remote) => remote.send(call).map_err(Failure::from),
        }
    }
}

fn remote(url: &str, globals: &Globals) -> Result<Remote, CliError> {
    let options = HttpOptions::default();
    Ok(Remote {
        base_url: url.trim_end_matches('/').to_owned(),
        http: Http::new(options).map_err(|error| CliError::refused(error.to_string()))?,
        retry: if globals.no_retry {
            RetryPolicy::NONE
        } else {
            RetryPolicy::default()
        },
        authorize: None,
        request_id: globals.request_id.clone(),
    })
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Service(error) => Self::Service(error),
            other => Self::NotAsked(CliError::refused(other.to_string())),
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
