//! The engine of this machine, wherever it runs: in this process, or in a server that has the data folder.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::deliveries::Deliveries;
use super::error::CliError;
use super::globals::Globals;
use super::strict;
use super::target::{self, Failure};
use crate::api::operation::{Client, Method};
use crate::call::{ApiError, Call, Reply};
use crate::client::auth::{AuthError, Credentials};
use crate::client::{
    Connection, Http, HttpError, HttpOptions, Remote, RemoteError, Request, RequestIds, RetryPolicy,
};
use crate::clock::{Clock, SystemClock};
use crate::engine::{
    Attempt, Engine, EngineOptions, FolderSign, Home, LocalRequest, PATIENCE, Strictness,
};
use crate::log::Durability;
use crate::profile::{BaseUrl, Environment, Setting, Settings};
use crate::server::{CLAIMED_USER, ControlToken, Holder, LOCAL_PATH, ServerRecord};

/// How long to wait before looking again who has the folder.
const PAUSE: Duration = Duration::from_millis(20);

/// The engine over a data folder, or over nothing but memory.
///
/// It is opened for each call, so that other processes have their turn in between.
pub(super) struct LocalEngine {
    home: Home,
    /// Those of every engine that is opened, which so count rates together.
    options: EngineOptions,
    /// What is due after a call, where the engine is in this process.
    deliveries: Deliveries,
    /// Names requests.
    request_ids: RequestIds,
    /// Who makes them.
    user: Option<String>,
    link: RefCell<Option<Link>>,
}

/// How long to wait for a server to end that has let go of a connection.
const ENDING: Duration = Duration::from_secs(2);

/// Why there is no answer of a server.
enum Unanswered<T> {
    /// It was not asked: it is about to end, or to begin.
    Unreached,
    /// It let go of the connection. What to tell if it may have done what it was asked.
    Lost(Box<T>),
}

impl LocalEngine {
    /// That which the global options name.
    pub(super) fn of(globals: &Globals) -> Result<Self, CliError> {
        Ok(Self {
            home: target::home(globals)?,
            options: EngineOptions {
                durability: globals.durability,
                strictness: Strictness::new(strict::of_environment()?),
                keeps_folder: false,
            },
            deliveries: Deliveries::of(globals)?,
            request_ids: match globals.request_id.clone() {
                Some(id) => RequestIds::Given(id),
                None => RequestIds::fresh(),
            },
            user: user_of_machine(),
            link: RefCell::new(None),
        })
    }

    /// That which the global options name, if it is a server's with this address.
    pub(super) fn served_at(url: &str, globals: &Globals) -> Option<Self> {
        let engine = Self::of(globals).ok()?;
        let Home::Folder(folder) = &engine.home else {
            return None;
        };
        // Nothing is opened for the address of someone else.
        ServerRecord::left_in(folder).filter(|record| record.serves_at(url))?;
        match Holder::peek(&engine.home)? {
            Holder::Server(record) if record.serves_at(url) => Some(engine),
            _ => None,
        }
    }

    /// The same for the user of the profile, where there is one.
    #[must_use]
    pub(super) fn of_user(self, settings: &Settings) -> Self {
        Self {
            user: settings.text(Setting::User).or(self.user),
            ..self
        }
    }

    /// Answers a call, which is tried again and again where it is to wait for something.
    ///
    /// In this process, what is due then is delivered; a server does so by itself, and waits by itself.
    /// Between two attempts the folder is free for those who may bring it; nobody can into memory of our own.
    pub(super) fn answer(&self, call: &Call) -> Result<Reply, Failure> {
        let begun = Instant::now();
        let mut call = call.clone();
        call.origin.claimed_user_id = self.user.clone();
        call.origin.request_id = Some(self.request_ids.next());
        let call = &call;
        let Home::Folder(folder) = &self.home else {
            return Ok(self.first_attempt(call)?.into_reply());
        };
        let mut seen = FolderSign::of(folder);
        let mut attempt = self.first_attempt(call)?;
        while let Attempt::Nothing(wait) = &attempt {
            let left = wait.patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            let pause = wait.retry_after.map_or(left, |after| after.min(left));
            await_change(folder, &seen, pause);
            seen = FolderSign::of(folder);
            attempt = self.attempt(call, Engine::attempt_again)?;
        }
        Ok(attempt.into_reply())
    }

    /// Attempts a call for the first time, which is when faults strike it.
    fn first_attempt(&self, call: &Call) -> Result<Attempt, Failure> {
        let delay = Cell::new(Duration::ZERO);
        let attempt = self.attempt(call, |engine, call| attempt_struck(engine, call, &delay));
        // Others have the folder meanwhile.
        thread::sleep(delay.get());
        attempt
    }

    fn attempt(
        &self,
        call: &Call,
        ask: impl Fn(&Engine, &Call) -> Result<Attempt, ApiError>,
    ) -> Result<Attempt, Failure> {
        let attempt = self.ask(
            |engine| {
                let attempt = ask(&engine, call).map_err(Failure::Service);
                self.deliveries.attempt(engine, &self.home, &self.options);
                attempt
            },
            |link| link.answer(call),
        );
        attempt.map_err(Failure::NotAsked)?
    }

    /// Asks the engine something about itself.
    pub(super) fn control(&self, request: &LocalRequest) -> Result<Value, CliError> {
        self.ask(
            |engine| engine.control(request).map_err(CliError::from),
            |link| link.control(request),
        )?
    }

    /// The same of what may cause deliveries: in this process, what is due then is delivered.
    pub(super) fn control_and_deliver(&self, request: &LocalRequest) -> Result<Value, CliError> {
        self.ask(
            |engine| {
                let answer = engine.control(request).map_err(CliError::from);
                self.deliveries.attempt(engine, &self.home, &self.options);
                answer
            },
            |link| link.control(request),
        )?
    }

    /// The same of what lets time pass: where connectors move, in this process, what is due then is delivered.
    pub(super) fn control_and_move(&self, request: &LocalRequest) -> Result<Value, CliError> {
        self.ask(
            |engine| {
                let answer = engine.control(request).map_err(CliError::from);
                if engine.next_movement_in_ms() == Some(0) {
                    self.deliveries.attempt(engine, &self.home, &self.options);
                }
                answer
            },
            |link| link.control(request),
        )?
    }

    /// The same, but only where there is an engine that answers nearly at once.
    pub(super) fn peek(home: &Home, request: &LocalRequest) -> Option<Value> {
        let quick = HttpOptions {
            connect_timeout: Duration::from_millis(100),
            read_timeout: Duration::from_millis(500),
            ..HttpOptions::default()
        };
        match Holder::peek(home)? {
            Holder::Here(engine) => engine.control(request).ok(),
            Holder::Server(record) => {
                let link = Link::to(*record, RequestIds::fresh(), None, quick).ok()?;
                link.control(request).ok()?.ok()
            }
        }
    }

    /// Has the question answered by who has the folder. A server that cannot be reached is about to end, so the
    /// next look finds the folder free, or with someone else.
    fn ask<T>(
        &self,
        here: impl Fn(Engine) -> T,
        there: impl Fn(&mut Link) -> Answered<T>,
    ) -> Result<T, CliError> {
        let begun = Instant::now();
        loop {
            let mut link = self.link.borrow_mut();
            match link.as_mut().map(&there) {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(Unanswered::Lost(answer))) if !self.has_ended_well(link.as_ref()) => {
                    return Ok(*answer);
                }
                Some(Err(_)) => thread::sleep(PAUSE),
                None => {}
            }
            *link = None;
            let patience = PATIENCE.saturating_sub(begun.elapsed());
            match Holder::find(&self.home, &self.options, patience)? {
                Holder::Here(engine) => return Ok(here(*engine)),
                Holder::Server(record) if patience.is_zero() => {
                    return Err(CliError::Server(format!(
                        "the server that has the data folder, process {} at {}, does not answer: stop it, or choose \
                         another folder with --data-dir",
                        record.pid, record.http
                    )));
                }
                Holder::Server(record) => {
                    self.check_promises(&record)?;
                    self.deliveries.check_server(&record)?;
                    *link = Some(Link::to(
                        *record,
                        self.request_ids.clone(),
                        self.user.clone(),
                        HttpOptions::default(),
                    )?);
                }
            }
        }
    }

    /// Whether the server at the other end of a link has ended, and answered before all that it began to do.
    fn has_ended_well(&self, link: Option<&Link>) -> bool {
        let (Home::Folder(folder), Some(link)) = (&self.home, link) else {
            return false;
        };
        let begun = Instant::now();
        while begun.elapsed() < ENDING {
            if link.server.has_ended_well(folder) {
                return true;
            }
            match Holder::find(&self.home, &self.options, Duration::ZERO) {
                Ok(Holder::Here(_)) => return link.server.has_ended_well(folder),
                _ => thread::sleep(PAUSE),
            }
        }
        false
    }

    /// Refuses to take less durability, or fewer limits, than were asked for.
    fn check_promises(&self, server: &ServerRecord) -> Result<(), CliError> {
        if self.options.strictness.is_strict() && !server.strict {
            return Err(CliError::value(format!(
                "OCELOT_STRICT asks for limits that the server on the data folder does not have (process {} at {}): start \
                 it with --strict, or leave the variable out",
                server.pid, server.http
            )));
        }
        match self.options.durability {
            Durability::Fsync if !server.fsync => Err(CliError::value(format!(
                "--durability fsync is not what the server on the data folder gives (process {} at {}): start it with \
                 --durability fsync, or leave the option out",
                server.pid, server.http
            ))),
            _ => Ok(()),
        }
    }
}

/// The name of who runs this process, as the shell tells it.
fn user_of_machine() -> Option<String> {
    let environment = Environment::of_process();
    let names = ["USER", "LOGNAME", "USERNAME"];
    names.iter().find_map(|name| environment.get(name))
}

/// Waits until another process has changed the folder, at most for so long.
///
/// Looking at the files costs a hundredth of what opening the engine does. A file system that tells no changes of
/// them is not relied on.
fn await_change(folder: &Path, seen: &FolderSign, longest: Duration) {
    const STEP: Duration = Duration::from_millis(10);
    const NEXT_LOOK: Duration = Duration::from_secs(1);
    let longest = longest.min(NEXT_LOOK);
    let begun = Instant::now();
    while FolderSign::of(folder) == *seen {
        match longest.saturating_sub(begun.elapsed()) {
            Duration::ZERO => break,
            left => thread::sleep(STEP.min(left)),
        }
    }
}

/// Answers a call as faults have it that the user asked for, and tells how long to hold the answer back.
fn attempt_struck(
    engine: &Engine,
    call: &Call,
    delay: &Cell<Duration>,
) -> Result<Attempt, ApiError> {
    let strike = engine.strike(call)?;
    delay.set(strike.delay);
    match strike.hit {
        Some(hit) => engine.answer_hit(call, hit).map(Attempt::Done),
        None => engine.attempt(call),
    }
}

/// What a server is asked for that is no operation of a service has no version.
pub(super) const NO_SERVICE: Client = Client {
    name: "server",
    base_path: "",
    endpoint: "",
};

/// A way to the server that has the folder. Its connection is kept from one call to the next.
struct Link {
    remote: Remote,
    server: ServerRecord,
}

impl Link {
    fn to(
        server: ServerRecord,
        request_ids: RequestIds,
        user: Option<String>,
        options: HttpOptions,
    ) -> Result<Self, CliError> {
        let unusable = |error: &dyn std::fmt::Display| {
            CliError::Server(format!("the server's record cannot be used: {error}"))
        };
        let options = HttpOptions {
            direct: true,
            ..options
        };
        let address = BaseUrl::given(&server.control, &NO_SERVICE);
        Ok(Self {
            remote: Remote {
                address: address.map_err(|error| unusable(&error))?,
                messages: None,
                connection: Connection {
                    http: Http::new(options).map_err(|error| unusable(&error))?,
                    retry: RetryPolicy::NONE,
                    credentials: Some(Box::new(Owner {
                        token: server.token.clone(),
                        user,
                    })),
                    trace: None,
                },
                request_ids,
            },
            server,
        })
    }

    fn answer(&mut self, call: &Call) -> Answered<Result<Attempt, Failure>> {
        match BaseUrl::given(&self.server.control, call.operation.client) {
            Ok(address) => self.remote.address = address,
            Err(error) => return Ok(Err(Failure::NotAsked(error.into()))),
        }
        answered(self.remote.send(call).map(Attempt::Done), Failure::from)
    }

    fn control(&self, request: &LocalRequest) -> Answered<Result<Value, CliError>> {
        answered(self.send_control(request), |error| {
            CliError::Server(match error {
                RemoteError::Service(error) => error.message,
                other => other.to_string(),
            })
        })
    }

    fn send_control(&self, request: &LocalRequest) -> Result<Value, RemoteError> {
        let mut sending =
            Request::new(Method::Post, format!("{}{LOCAL_PATH}", self.server.control));
        sending.set_header("content-type", "application/json");
        sending.body = Some(json!(request).to_string().into_bytes());
        if let Some(owner) = &self.remote.connection.credentials {
            owner.authorize(&mut sending, &SystemClock)?;
        }
        let response = self.remote.connection.http.send(&sending)?;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match response.status {
            200 => Ok(body),
            status => {
                let message = body.get("message").and_then(Value::as_str);
                Err(RemoteError::Service(ApiError::new(
                    status,
                    "Refused",
                    message.unwrap_or("the server refuses, and does not say why"),
                )))
            }
        }
    }
}

type Answered<T> = Result<T, Unanswered<T>>;

/// Tells apart whether there was anyone to ask, and whether they answered.
fn answered<T, E>(
    answer: Result<T, RemoteError>,
    failure: impl Fn(RemoteError) -> E,
) -> Answered<Result<T, E>> {
    match answer {
        Ok(reply) => Ok(Ok(reply)),
        Err(RemoteError::Http(HttpError::Connect { .. })) => Err(Unanswered::Unreached),
        Err(error @ RemoteError::Http(HttpError::Broken { .. })) => {
            Err(Unanswered::Lost(Box::new(Err(failure(error)))))
        }
        Err(error) => Ok(Err(failure(error))),
    }
}

/// Shows a server that the data folder's owner asks.
#[derive(Debug)]
struct Owner {
    token: ControlToken,
    user: Option<String>,
}

impl Credentials for Owner {
    fn authorize(&self, request: &mut Request, _clock: &dyn Clock) -> Result<(), AuthError> {
        request.set_header("authorization", self.token.authorization());
        let can_be_told = |user: &&String| user.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if let Some(user) = self.user.as_ref().filter(can_be_told) {
            request.set_header(CLAIMED_USER, user.clone());
        }
        Ok(())
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(None)
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        Ok(None)
    }
}
