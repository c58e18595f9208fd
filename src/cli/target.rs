//! Who answers a call.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::CliError;
use super::globals::Globals;
use super::local_engine::LocalEngine;
use super::{credentials, deliveries, terminal};
use crate::api::operation::Operation;
use crate::call::{ApiError, Call, Reply, SERVER_ADDRESS};
use crate::client::{
    Connection, Http, HttpOptions, MessagesEndpoints, Remote, RemoteError, RequestIds, RetryPolicy,
};
use crate::engine::Home;
use crate::profile::{BaseUrl, Environment, ProfileError, Setting, Settings};

/// Longest timeout, a day: clocks overflow on far longer ones.
const MOST_TIMEOUT_SECONDS: u64 = 86_400;

/// Where calls go.
pub(super) enum Target {
    /// To the engine of this machine.
    Local(Box<LocalEngine>),
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

/// Who is to answer, before anything is looked up or opened for it.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// The engine in this process.
    Local,
    /// The cloud.
    Cloud,
    /// The server at this address.
    Server(String),
}

impl Destination {
    /// What the settings say; the engine if they say nothing.
    ///
    /// What was asked for on the line and does not go with that is refused, or told where scripts for the
    /// cloud have it.
    pub(super) fn choose(globals: &Globals, settings: &Settings) -> Result<Self, CliError> {
        check_one_destination(globals)?;
        if globals.is_given("target") && globals.flags.get("target").is_none() {
            return Err(no_target("--target", ""));
        }
        let Some(named) = settings.destination() else {
            return Ok(Self::local(globals));
        };
        match named.text() {
            "local" => Ok(Self::local(globals)),
            "cloud" => {
                check_remote(globals, "cloud")?;
                tell_realm(settings);
                Ok(Self::Cloud)
            }
            url if is_address(url) => {
                check_remote(globals, url)?;
                Ok(Self::Server(url.to_owned()))
            }
            other => Err(no_target(&named.source().to_string(), other)),
        }
    }

    /// The engine; what it has no use for on the line is told.
    pub(super) fn local(globals: &Globals) -> Self {
        let unused = globals.given_for_requests();
        if !unused.is_empty() {
            terminal::note(&format!(
                "Note: the local engine answers, and has no use for {}.",
                unused.join(", ")
            ));
        }
        Self::Local
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Local)
    }

    /// The address that requests for an operation go to. The local engine has none: it is that of
    /// `ocelot serve` on this machine, which answers the same requests.
    pub(super) fn address(
        &self,
        operation: &Operation,
        settings: &Settings,
    ) -> Result<BaseUrl, ProfileError> {
        match self {
            Self::Local => BaseUrl::given(SERVER_ADDRESS, operation.client),
            Self::Cloud => settings.base_url(operation),
            Self::Server(url) => BaseUrl::given(url, operation.client),
        }
    }
}

impl Target {
    /// Gets ready what answers: for a server or the cloud, what signs requests too.
    pub(super) fn open(
        destination: &Destination,
        globals: &Globals,
        settings: &Settings,
        operation: &Operation,
    ) -> Result<Self, CliError> {
        if destination.is_local() {
            return Ok(Self::Local(Box::new(
                LocalEngine::of(globals)?.of_user(settings),
            )));
        }
        let in_cloud = matches!(destination, Destination::Cloud);
        Ok(Self::Remote(Box::new(Remote {
            address: destination.address(operation, settings)?,
            messages: in_cloud.then(MessagesEndpoints::of_user),
            connection: connection(globals, settings)?,
            request_ids: request_ids(globals, settings),
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

    /// Sends one call.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, Failure> {
        match self {
            Self::Local(engine) => engine.answer(call),
            Self::Remote(remote) => remote.send(call).map_err(Failure::from),
        }
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

/// Refuses a line that says twice who answers.
pub(super) fn check_one_destination(globals: &Globals) -> Result<(), CliError> {
    match globals.is_given("endpoint") && globals.is_given("target") {
        false => Ok(()),
        true => Err(CliError::value(
            "--endpoint and --target both say who answers: give one of them",
        )),
    }
}

/// How requests to a server or the cloud are sent.
pub(super) fn connection(globals: &Globals, settings: &Settings) -> Result<Connection, CliError> {
    let retry = retry_policy(settings)?;
    let http = Http::new(http_options(settings)?);
    Ok(Connection {
        http: http.map_err(|error| CliError::refused(error.to_string()))?,
        retry,
        credentials: credentials::of(settings)?,
        trace: globals.debug.then_some(terminal::note),
    })
}

/// The `opc-request-id`s of a command's requests: the user's, or with `--enable-propagation` those of the
/// request on whose behalf this runs, or new ones.
///
/// As the official SDK has it: the first part of `OPC_INCOMING_REQUEST_ID` tells who asked first, the
/// second whose request this is a part of; without one it is new.
pub(super) fn request_ids(globals: &Globals, settings: &Settings) -> RequestIds {
    if let Some(given) = globals.request_id.clone().filter(|id| !id.is_empty()) {
        return RequestIds::Given(given);
    }
    let incoming = settings.environment().get("OPC_INCOMING_REQUEST_ID");
    let Some(incoming) = incoming.filter(|_| settings.is_on(Setting::Propagation)) else {
        return RequestIds::fresh();
    };
    let mut parts = incoming.trim().split('/');
    let first = parts.next().unwrap_or_default();
    match parts.next().filter(|part| !part.is_empty()) {
        Some(second) => RequestIds::Given(format!("{first}/{second}")),
        None => RequestIds::New {
            on_behalf_of: format!("{first}/"),
        },
    }
}

/// None of the six services has addresses that are a realm's own; the official command line says nothing.
fn tell_realm(settings: &Settings) {
    if settings.is_on(Setting::RealmSpecificEndpoint) {
        terminal::note(
            "Note: this service has no address of the realm's own (--realm-specific-endpoint): the region's \
             is used.",
        );
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
        direct: false,
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

/// How often requests are sent.
pub(super) fn retry_policy(settings: &Settings) -> Result<RetryPolicy, CliError> {
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

pub(super) fn no_target(source: &str, name: &str) -> CliError {
    CliError::value(format!(
        "{source} is {name:?}, which is no target: give local, cloud, or a URL that begins with http:// or \
         https://"
    ))
}

/// Refuses options that are about the local engine where it does not answer.
fn check_remote(globals: &Globals, address: &str) -> Result<(), CliError> {
    let of_the_folder = ["data-dir", "memory", "durability"];
    for flag in of_the_folder.into_iter().chain(deliveries::OPTIONS) {
        if globals.is_given(flag) {
            return Err(CliError::value(format!(
                "--{flag} is about the local engine, but {address} is to answer"
            )));
        }
    }
    Ok(())
}

pub(super) fn is_address(text: &str) -> bool {
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
        Some(folder) => Ok(Home::Folder(Environment::of_process().expand_home(folder))),
        None if globals.memory => Ok(Home::Memory),
        None => usual_home().map(Home::Folder),
    }
}

/// The folder where the line names none.
fn usual_home() -> Result<PathBuf, CliError> {
    let named = env::var_os("OCELOT_HOME").filter(|folder| !folder.is_empty());
    let folder = match named {
        Some(folder) => Some(Environment::of_process().expand_home(Path::new(&folder))),
        None => dirs::data_dir().map(|folder| folder.join("ocelot")),
    };
    folder.ok_or_else(|| {
        CliError::refused(
            "there is no home folder to keep data in: give --data-dir, or set OCELOT_HOME",
        )
    })
}
