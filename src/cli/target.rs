//! Who answers a call.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use super::error::CliError;
use super::globals::Globals;
use super::{input, terminal};
use crate::call::{ApiError, Call, Reply};
use crate::client::{Http, HttpError, HttpOptions, Remote, RemoteError, RetryPolicy};
use crate::engine::{Engine, EngineError, Home};
use crate::log::Durability;
use crate::profile::Profile;

/// Longest timeout, a day: clocks overflow on far longer ones.
const MOST_TIMEOUT_SECONDS: u64 = 86_400;

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
    /// There was no reply that can be understood.
    NoReply(RemoteError),
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
    let http = Http::new(http_options(globals)?);
    Ok(Remote {
        base_url: url.trim_end_matches('/').to_owned(),
        http: http.map_err(|error: HttpError| CliError::refused(error.to_string()))?,
        retry: retry_policy(globals)?,
        authorize: None,
        request_id: globals.request_id.clone(),
        trace: globals.debug.then_some(terminal::note),
    })
}

/// As with the official command line, zero means the default.
fn http_options(globals: &Globals) -> Result<HttpOptions, CliError> {
    let default = HttpOptions::default();
    let seconds = |given: Option<u64>, default| match given {
        None | Some(0) => default,
        Some(seconds) => Duration::from_secs(seconds.min(MOST_TIMEOUT_SECONDS)),
    };
    Ok(HttpOptions {
        connect_timeout: seconds(globals.connection_timeout, default.connect_timeout),
        read_timeout: seconds(globals.read_timeout, default.read_timeout),
        proxy: globals.proxy.clone(),
        cert_bundle: cert_bundle(globals)?,
    })
}

/// The file of trusted certificates that the line, or a variable, names.
fn cert_bundle(globals: &Globals) -> Result<Option<PathBuf>, CliError> {
    let variables = [
        "OCI_CLI_CERT_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ];
    let named = || variables.into_iter().find_map(variable);
    let bundle = globals.cert_bundle.clone();
    let bundle = bundle.or_else(|| named().map(|path| input::expand_home(&path)));
    match bundle {
        Some(path) if !path.is_file() => Err(CliError::refused(format!(
            "Invalid value for cert_bundle: Cannot find cert_bundle file: {}",
            path.display()
        ))),
        bundle => Ok(bundle),
    }
}

fn retry_policy(globals: &Globals) -> Result<RetryPolicy, CliError> {
    match globals.max_retries {
        None | Some(0) if globals.no_retry => Ok(RetryPolicy::NONE),
        None | Some(0) => Ok(RetryPolicy::default()),
        Some(_) if globals.no_retry => Err(CliError::value(
            "The option --max-retries is not applicable when using the --no-retry flag.",
        )),
        Some(attempts) => Ok(RetryPolicy::at_most(attempts)),
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Service(error) => Self::Service(error),
            other if other.title().is_some() => Self::NoReply(other),
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
