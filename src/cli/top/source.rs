//! Who is looked at: the engine of this machine, wherever it runs, or a server by its address.

use std::fmt;
use std::time::Instant;

use super::super::credentials;
use super::super::error::CliError;
use super::super::globals::Globals;
use super::super::local_engine::{LocalEngine, NO_SERVICE};
use super::super::target::{self, Destination};
use crate::api;
use crate::call::ApiError;
use crate::client::{Remote, RemoteError, RetryPolicy};
use crate::engine::LocalRequest;
use crate::engine::overview::Overview;
use crate::profile::{BaseUrl, Environment, Settings};
use crate::server::OVERVIEW_PATH;

/// The words of the command, by which the rc file knows it.
const WORDS: &str = "top";

/// Where what is told of is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the data folder at this path.
    Folder(String),
    /// In the server at this address.
    Server(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(text) | Self::Server(text) => f.write_str(text),
        }
    }
}

/// What is told once, and since when that is so.
pub(super) struct Look {
    pub(super) place: Place,
    pub(super) overview: Overview,
    pub(super) at: Instant,
}

/// Who tells.
pub(super) enum Source {
    /// The engine of this machine: of all tenancies.
    Engine(Box<LocalEngine>),
    /// A server: of the caller's tenancy.
    Server(Box<Server>),
}

impl Source {
    /// What the line and the settings name; nothing is asked yet.
    pub(super) fn open(globals: &Globals) -> Result<Self, CliError> {
        // A folder that stands on the line is meant, whatever server a variable names.
        let names_server = globals.is_given("endpoint") || globals.is_given("target");
        let names_folder = globals.is_given("data-dir") && !names_server;
        let environment = Environment::of_process();
        let (destination, settings) = if names_folder {
            let settings = Settings::without_profile(globals.flags.clone(), &environment, WORDS)?;
            (Destination::local(globals), settings)
        } else {
            let settings = Settings::load(globals.flags.clone(), &environment, WORDS)?;
            (Destination::choose(globals, &settings)?, settings)
        };
        match destination {
            Destination::Local if globals.is_given("debug") => Err(CliError::value(
                "--debug shows what is sent to a server, but the engine of this machine answers: leave it out",
            )),
            Destination::Local => Ok(Self::Engine(Box::new(LocalEngine::of(globals)?))),
            Destination::Cloud => Err(CliError::value(
                "the cloud has no such view: name an ocelot server with --endpoint URL, or give --target local; \
                 ocelot monitoring metric-data summarize-metrics-data shows what the cloud measures",
            )),
            Destination::Server(url) => {
                let server = Server::open(&url, globals, settings)?;
                Ok(Self::Server(Box::new(server)))
            }
        }
    }

    /// Gives up on a look that fails, for those who look again anyway.
    pub(super) fn try_once(&mut self) {
        if let Self::Server(server) = self {
            server.remote.connection.retry = RetryPolicy::NONE;
        }
    }

    /// Asks for an overview.
    pub(super) fn look(&self) -> Result<Look, CliError> {
        let (place, overview) = match self {
            Self::Engine(engine) => of_engine(engine)?,
            Self::Server(server) => {
                let address = server.remote.address.to_string();
                (Place::Server(address), server.overview()?)
            }
        };
        Ok(Look {
            place,
            overview,
            at: Instant::now(),
        })
    }
}

fn of_engine(engine: &LocalEngine) -> Result<(Place, Overview), CliError> {
    let data = engine.control(&LocalRequest::ShowOverview)?;
    let overview = serde_json::from_value(data).map_err(|error| {
        CliError::Server(format!(
            "the server that has the data folder is of another version, whose overview cannot be read: {error}"
        ))
    });
    let overview: Overview = overview?;
    let folder = overview.data_dir.clone().unwrap_or_default();
    Ok((Place::Folder(folder), overview))
}

/// A server that is asked over the network.
pub(super) struct Server {
    remote: Remote,
    settings: Settings,
}

impl Server {
    fn open(url: &str, globals: &Globals, settings: Settings) -> Result<Self, CliError> {
        Ok(Self {
            remote: Remote {
                address: BaseUrl::given(without_version(url), &NO_SERVICE)?,
                messages: None,
                connection: target::connection(globals, &settings)?,
                request_ids: target::request_ids(globals, &settings),
            },
            settings,
        })
    }

    fn overview(&self) -> Result<Overview, CliError> {
        let address = &self.remote.address;
        let data = self.remote.get(OVERVIEW_PATH);
        let data = data.map_err(|error| self.no_overview(error))?;
        serde_json::from_value(data).map_err(|error| {
            CliError::Server(format!(
                "what {address} tells cannot be read ({error}): is it an ocelot server, of this version ({})?",
                env!("CARGO_PKG_VERSION")
            ))
        })
    }

    /// Why there is no overview, and on a line of its own what to do about it.
    fn no_overview(&self, error: RemoteError) -> CliError {
        let address = &self.remote.address;
        match error {
            RemoteError::Service(refusal) => CliError::Server(self.refused(&refusal)),
            RemoteError::Unexpected { .. } => CliError::Server(format!(
                "{error}\nCheck that it is the address of ocelot serve."
            )),
            RemoteError::Authorize(error) => credentials::refused(error),
            other => CliError::Server(match other.title() {
                Some(_) => format!("{other}\n{}", other.next_step()),
                None => format!("{address} was not asked: {other}"),
            }),
        }
    }

    fn refused(&self, refusal: &ApiError) -> String {
        let address = &self.remote.address;
        let ApiError {
            status,
            code,
            message,
            ..
        } = refusal;
        match status {
            401 => {
                let cure = credentials::cure_of_refusal(refusal, &self.settings);
                let cure = cure.unwrap_or_else(|| {
                    "It shows each tenancy to its own users: choose the profile of one with --profile.".to_owned()
                });
                format!("{address} does not know who asks: {message}\n{cure}")
            }
            404 | 405 => format!(
                "{address} has nothing for ocelot top ({status}): is it an ocelot server, of this version ({})?",
                env!("CARGO_PKG_VERSION")
            ),
            _ => format!("{address} refuses ({status} {code}): {message}"),
        }
    }
}

/// A server's address without the version path of a service, which commands of services take behind it.
fn without_version(url: &str) -> &str {
    let url = url.trim().trim_end_matches('/');
    let mut versions = api::operations().map(|operation| operation.client.base_path);
    let bare =
        versions.find_map(|version| url.strip_suffix(version).filter(|_| !version.is_empty()));
    bare.unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_have_the_version_path_of_a_service() {
        for (url, bare) in [
            ("http://host:4590", "http://host:4590"),
            ("http://host:4590/", "http://host:4590"),
            ("https://host/20180418/", "https://host"),
            ("https://host/behind/20200909", "https://host/behind"),
            ("https://host/behind", "https://host/behind"),
        ] {
            assert_eq!(without_version(url), bare);
        }
    }
}
