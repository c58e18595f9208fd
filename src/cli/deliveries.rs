//! What a command delivers besides: all that is due when the local engine has answered.

use std::time::Duration;

use super::error::CliError;
use super::globals::Globals;
use super::{target, terminal};
use crate::clock::rfc3339;
use crate::delivery::{
    Courier, CourierOptions, DeliveryError, Failure, Folder, ObjectPlace, SmtpServer,
};
use crate::engine::delivery::Next;
use crate::engine::{Engine, EngineOptions, Home};
use crate::profile::Environment;
use crate::server::ServerRecord;

/// How long a command delivers where the line does not say, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u64 = 2;

/// Longest time for deliveries, an hour: clocks overflow on far longer ones.
const MOST_TIMEOUT_SECONDS: u64 = 3600;

/// The global options that say how a command delivers.
pub(super) const OPTIONS: [&str; 5] = [
    "delivery-timeout",
    "smtp",
    "allow-http",
    "deny-private-networks",
    "object-store",
];

/// Says where objects go, where no option does.
const OBJECT_STORE: &str = "OCELOT_OBJECT_STORE";

/// How the deliveries of a command are made.
pub(super) struct Deliveries {
    /// The options that the line has for them, with their dashes.
    given: Vec<String>,
    courier: Courier,
    time: Duration,
}

impl Deliveries {
    /// As the line says.
    pub(super) fn of(globals: &Globals) -> Result<Self, CliError> {
        let seconds = globals.delivery_timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        let given = OPTIONS.iter().filter(|flag| globals.is_given(flag));
        Ok(Self {
            given: given.map(|flag| format!("--{flag}")).collect(),
            courier: Courier::new(courier_options(globals)?),
            time: Duration::from_secs(seconds.min(MOST_TIMEOUT_SECONDS)),
        })
    }

    /// Tries what is due, and tells of what has not arrived. The call was answered: this cannot fail it.
    pub(super) fn attempt(&self, engine: Engine, home: &Home, options: &EngineOptions) {
        match self.try_due(engine, home, options) {
            Ok(failures) => failures.iter().for_each(tell),
            Err(error) => terminal::note(&format!("Note: deliveries stay due: {error}")),
        }
    }

    /// Refuses to leave deliveries to a server that was not asked how it makes them.
    pub(super) fn check_server(&self, server: &ServerRecord) -> Result<(), CliError> {
        match self.given.is_empty() {
            true => Ok(()),
            false => Err(CliError::value(format!(
                "the server on the data folder (process {} at {}) makes the deliveries, and has no use for {}: \
                 tell it how when it is started, or leave the options out",
                server.pid,
                server.http,
                self.given.join(", ")
            ))),
        }
    }

    fn try_due(
        &self,
        engine: Engine,
        home: &Home,
        options: &EngineOptions,
    ) -> Result<Vec<Failure>, DeliveryError> {
        engine.move_connectors()?;
        let is_due =
            engine.next_delivery_in_ms()? == Some(0) || engine.next_movement_in_ms() == Some(0);
        if self.time.is_zero() || !is_due {
            return Ok(Vec::new());
        }
        match home {
            // What is in memory ends with the engine.
            Home::Memory => self.courier.attempt_due(&engine, self.time),
            Home::Folder(_) => {
                drop(engine);
                let folder = Folder {
                    home: home.clone(),
                    options: options.clone(),
                };
                self.courier.attempt_due(&folder, self.time)
            }
        }
    }
}

/// How a courier may send, as the line says.
pub(super) fn courier_options(globals: &Globals) -> Result<CourierOptions, CliError> {
    let smtp = globals.smtp.as_deref().map(SmtpServer::parse).transpose();
    Ok(CourierOptions {
        smtp: smtp.map_err(|error| CliError::value(format!("--smtp: {error}")))?,
        allow_http: globals.allow_http,
        deny_private_networks: globals.deny_private_networks,
        objects: object_place(globals)?,
    })
}

/// Where connectors put objects: where the option or the variable says, or into the data folder.
fn object_place(globals: &Globals) -> Result<Option<ObjectPlace>, CliError> {
    let variable = Environment::of_process().get(OBJECT_STORE);
    let (given, name) = match (&globals.object_store, variable) {
        (Some(given), _) => (Some(given.clone()), "--object-store"),
        (None, given) => (given, OBJECT_STORE),
    };
    let place = match given {
        Some(text) => Some(ObjectPlace::parse(&text)),
        None => target::home(globals)?
            .objects()
            .map(|folder| ObjectPlace::folder(&folder)),
    };
    let place = place.transpose();
    place.map_err(|error| CliError::value(format!("{name}: {error}")))
}

fn tell(failure: &Failure) {
    let next = match failure.next {
        Next::Done => return,
        Next::At(ms) => format!("it is tried again from {} on", rfc3339(ms)),
        Next::GivenUp => "it is given up, as the delivery policy says".to_owned(),
    };
    terminal::note(&format!(
        "Note: not delivered to {}: {}; {next}.",
        failure.place, failure.reason
    ));
}
