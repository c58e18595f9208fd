//! Who answers a call.

use std::env;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::CliError;
use super::globals::Globals;
use super::{credentials, input, terminal};
use crate::api::operation::Operation;
use crate::call::{ApiError, Call, Reply};
use crate::client::{Http, HttpOptions, Remote, RemoteError, RetryPolicy};
use crate::engine::{Attempt, Engine, EngineError, Home};
use crate::log::Durability;
use crate::profile::{BaseUrl, Setting, Settings};

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
    /// What the settings say; the engine if they say nothing.
    ///
    /// What was asked for on the line and does not go with that is refused, or told where scripts for the
    /// cloud have it.
    pub(super) fn choose(
        globals: &Globals,
        settings: &Settings,
        operation: &Operation,
    ) -> Result<Self, CliError> {
        if globals.is_given("endpoint") && globals.is_given("target") {
            return Err(CliError::value(
                "--endpoint and --target both say who answers: give one of them",
            ));
        }
        if globals.is_given("target") && globals.flags.get("target").is_none() {
            return Err(no_target("--target", ""));
        }
        let Some(named) = settings.destination() else {
            return Self::local(globals);
        };
        match named.text() {
            "local" => Self::local(globals),
            "cloud" => {
                check_remote(globals, "cloud")?;
                Self::remote(globals, settings, settings.base_url(operation)?, true)
            }
            url if is_address(url) => {
                check_remote(globals, url)?;
                Self::remote(
                    globals,
                    settings,
                    BaseUrl::given(url, operation.client)?,
                    false,
                )
            }
            other => Err(no_target(&named.source().to_string(), other)),
        }
    }

    fn local(globals: &Globals) -> Result<Self, CliError> {
        let unused = globals.given_for_requests();
        if !unused.is_empty() {
            terminal::note(&format!(
                "Note: the local engine answers, and has no use for {}.",
                unused.join(", ")
            ));
        }
        Ok(Self::Local(home(globals)?, globals.durability))
    }

    fn remote(
        globals: &Globals,
        settings: &Settings,
        address: BaseUrl,
        in_cloud: bool,
    ) -> Result<Self, CliError> {
        let http = Http::new(http_options(settings)?);
        Ok(Self::Remote(Box::new(Remote {
            address,
            asks_for_messages_endpoint: in_cloud,
            http: http.map_err(|error| CliError::refused(error.to_string()))?,
            retry: retry_policy(settings)?,
            credentials: credentials::of(settings)?,
            request_id: globals.request_id.clone(),
            trace: globals.debug.then_some(terminal::note),
        })))
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Local(..))
    }

    /// Where an error says that it came from.
    pub(super) fn address(&self, operation: &Operation) -> String {
        match self {
            Self::Local(..) => format!("local:{}", operation.client.base_path),
            Self::Remote(remote) => remote.address.to_string(),
        }
    }

    /// Sends one call. The engine is opened for each, so that other processes have their turn in between.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, Failure> {
        match self {
            Self::Local(home, durability) => ask_engine(home, *durability, call),
            Self::Remote(remote) => remote.send(call).map_err(Failure::from),
        }
    }
}

/// Asks the engine in this process, again and again where the call is to wait for something.
///
/// Between two attempts the folder is free for those who may bring it. Nobody can in memory of our own.
fn ask_engine(home: &Home, durability: Durability, call: &Call) -> Result<Reply, Failure> {
    const FIRST_PAUSE: Duration = Duration::from_millis(5);
    const LONGEST_PAUSE: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let engine = Engine::open(home, durability)?;
        let attempt = engine.attempt(call).map_err(Failure::Service)?;
        drop(engine);
        let wait = match attempt {
            Attempt::Nothing(wait) if *home != Home::Memory => wait,
            other => return Ok(other.into_reply()),
        };
        let left = wait.patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(wait.reply);
        }
        thread::sleep(pause.min(left).min(wait.retry_after.unwrap_or(left)));
        pause = (pause * 2).min(LONGEST_PAUSE);
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

/// As with the official command line, zero means the default.
pub(super) fn http_options(settings: &Settings) -> Result<HttpOptions, CliError> {
    let default = HttpOptions::default();
    let seconds = |setting, default| -> Result<Duration, CliError> {
        Ok(match settings.number(setting)? {
            None | Some(0) => default,
            Some(seconds) => Duration::from_secs(seconds.min(MOST_TIMEOUT_SECONDS)),
        })
    };
    Ok(HttpOptions {
        connect_timeout: seconds(Setting::ConnectionTimeout, default.connect_timeout)?,
        read_timeout: seconds(Setting::ReadTimeout, default.read_timeout)?,
        proxy: settings.text(Setting::Proxy),
        cert_bundle: cert_bundle(settings)?,
    })
}

/// The file of trusted certificates.
fn cert_bundle(settings: &Settings) -> Result<Option<PathBuf>, CliError> {
    match settings.path(Setting::CertBundle) {
        Some(path) if !path.is_file() => Err(CliError::refused(format!(
            "Invalid value for cert_bundle: Cannot find cert_bundle file: {}",
            path.display()
        ))),
        bundle => Ok(bundle),
    }
}

fn retry_policy(settings: &Settings) -> Result<RetryPolicy, CliError> {
    let once = settings.is_on(Setting::NoRetry);
    match settings.number(Setting::MaxRetries)? {
        None | Some(0) if once => Ok(RetryPolicy::NONE),
        None | Some(0) => Ok(RetryPolicy::default()),
        Some(_) if once => Err(CliError::value(
            "The option --max-retries is not applicable when using the --no-retry flag.",
        )),
        Some(attempts) => Ok(RetryPolicy::at_most(
            u32::try_from(attempts).unwrap_or(u32::MAX),
        )),
    }
}

fn no_target(source: &str, name: &str) -> CliError {
    CliError::value(format!(
        "{source} is {name:?}, which is no target: give local, cloud, or a URL that begins with http:// or \
         https://"
    ))
}

/// Refuses options that are about the local engine where it does not answer.
fn check_remote(globals: &Globals, address: &str) -> Result<(), CliError> {
    for flag in ["data-dir", "memory", "durability"] {
        if globals.is_given(flag) {
            return Err(CliError::value(format!(
                "--{flag} is about the local engine, but {address} is to answer"
            )));
        }
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("http://");
    let rest = rest.or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.trim_matches('/').is_empty())
}

/// Where the local engine keeps its data.
pub(super) fn home(globals: &Globals) -> Result<Home, CliError> {
    match &globals.data_dir {
        Some(_) if globals.memory => Err(CliError::value(
            "--memory keeps nothing, so there is no --data-dir: give one of them",
        )),
        Some(folder) if folder.as_os_str().is_empty() => Err(CliError::value(
            "--data-dir is empty: give the path of a folder",
        )),
        Some(folder) => Ok(Home::Folder(input::expand_home(folder))),
        None if globals.memory => Ok(Home::Memory),
        None => usual_home().map(Home::Folder),
    }
}

/// The folder where the line names none.
fn usual_home() -> Result<PathBuf, CliError> {
    let named = env::var_os("OCELOT_HOME").filter(|folder| !folder.is_empty());
    let folder = match named {
        Some(folder) => Some(input::expand_home(Path::new(&folder))),
        None => dirs::data_dir().map(|folder| folder.join("ocelot")),
    };
    folder.ok_or_else(|| {
        CliError::refused(
            "there is no home folder to keep data in: give --data-dir, or set OCELOT_HOME",
        )
    })
}
