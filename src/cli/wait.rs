//! `--wait-for-state`: look at the resource, or the work request, until it is as wanted.
//!
//! What is printed and said, and the exit status, are the official command line's. It is left early where
//! the wanted state cannot come any more: a wait that is lost ends as if its time were over.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde_json::Value;

use super::command::Session;
use super::error::{CliError, exit};
use super::request::Values;
use super::terminal;
use crate::api;
use crate::api::operation::{Method, Operation, Place};
use crate::call::{ApiError, Call, Reply};
use crate::output;

/// How long to wait at most, and between two looks, where the user does not say. The official values.
const DEFAULT_MAX_WAIT_SECONDS: i64 = 1200;
const DEFAULT_INTERVAL_SECONDS: i64 = 30;

/// The pause after the first look; it doubles after each until it is as long as the user, or the default, says.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Nobody is asked more often than this.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// Refuses times to wait that are none.
pub(super) fn check(values: &Values) -> Result<(), CliError> {
    for flag in ["max-wait-seconds", "wait-interval-seconds"] {
        if let Some(seconds) = values.integer(flag).filter(|seconds| *seconds < 0) {
            return Err(CliError::value(format!(
                "Invalid value for '--{flag}': {seconds} is less than 0."
            )));
        }
    }
    Ok(())
}

/// Prints a reply, or, where a state is waited for, what the last look showed.
pub(super) fn wait_and_print(
    session: &Session,
    values: &Values,
    reply: Reply,
) -> Result<ExitCode, CliError> {
    let polled = session.operation.wait.and_then(|id| id.operation());
    let (Some(states), Some(polled)) = (wanted_states(values), polled) else {
        return print(session, session.operation, reply);
    };
    let Some(look) = look(session, polled, values, &reply) else {
        terminal::note(&format!(
            "Encountered error while waiting for {} to enter the specified state. \
             Outputting last known resource state",
            noun(polled)
        ));
        return print(session, session.operation, reply);
    };
    terminal::note(&format!(
        "Action completed. Waiting until the {} has entered state: {}",
        noun(polled),
        python_tuple(&states)
    ));
    let wait = Wait {
        session,
        look,
        states,
        most: seconds(values, "max-wait-seconds", DEFAULT_MAX_WAIT_SECONDS),
        interval: seconds(values, "wait-interval-seconds", DEFAULT_INTERVAL_SECONDS)
            .max(SHORTEST_INTERVAL),
    };
    let outcome = wait.poll();
    wait.print(reply, outcome)
}

fn print(session: &Session, operation: &Operation, reply: Reply) -> Result<ExitCode, CliError> {
    terminal::print(&output::reply(operation, reply, &session.format)?)?;
    Ok(ExitCode::from(exit::OK))
}

fn wanted_states(values: &Values) -> Option<Vec<String>> {
    let states = values.get("wait-for-state")?.as_array()?.iter();
    Some(
        states
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

fn seconds(values: &Values, flag: &str, default: i64) -> Duration {
    let seconds = values.integer(flag).unwrap_or(default);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn is_work_request(polled: &Operation) -> bool {
    polled.state_field() == "status"
}

fn noun(polled: &Operation) -> &'static str {
    match is_work_request(polled) {
        true => "work request",
        false => "resource",
    }
}

/// The call that looks at the state: of the work request that the reply names, or of the resource.
fn look(
    session: &Session,
    polled: &'static Operation,
    values: &Values,
    reply: &Reply,
) -> Option<Call> {
    let id = match is_work_request(polled) {
        true => reply.header("opc-work-request-id")?.to_owned(),
        false => resource_id(session.operation, values, reply)?,
    };
    Some(call_on(polled, id))
}

/// The call of an operation that takes an id, and nothing else that it needs.
fn call_on(operation: &'static Operation, id: String) -> Call {
    let mut call = Call::new(operation);
    let mut params = operation.params.iter();
    if let Some(param) = params.find(|param| param.place == Place::Path) {
        call.path.insert(param.wire, id);
    }
    call
}

fn resource_id(operation: &Operation, values: &Values, reply: &Reply) -> Option<String> {
    let body = reply.body.as_ref();
    let created = body.and_then(|body| body.get("id")?.as_str());
    let given = || {
        let mut params = operation.params.iter();
        let param = params.find(|param| param.place == Place::Path)?;
        values.get(&param.flag())?.as_str()
    };
    created.or_else(given).map(str::to_owned)
}

/// How a wait ended.
enum Outcome {
    /// As wanted; this is the last look.
    Entered(Reply),
    /// What was to be deleted is gone.
    Gone,
    /// The time is over.
    TimedOut,
    /// It came to an end in another state, which it will not leave.
    Lost(String),
}

struct Wait<'s> {
    session: &'s Session,
    look: Call,
    states: Vec<String>,
    most: Duration,
    interval: Duration,
}

impl Wait<'_> {
    fn poll(&self) -> Result<Outcome, CliError> {
        let begun = Instant::now();
        let spinner = Spinner::new(self.noun());
        let mut pause = FIRST_PAUSE.min(self.interval);
        loop {
            let reply = match self.session.try_send(&self.look)? {
                Ok(reply) => reply,
                Err(error) if self.means_gone(&error) => return Ok(Outcome::Gone),
                Err(error) => return Err(self.session.service_error(&self.look, &error)),
            };
            let state = state_of(self.look.operation, &reply);
            if self
                .states
                .iter()
                .any(|wanted| Some(wanted.as_str()) == state)
            {
                return Ok(Outcome::Entered(reply));
            }
            if let Some(state) = state.filter(|state| self.is_final(state)) {
                return Ok(Outcome::Lost(state.to_owned()));
            }
            let left = self.most.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(Outcome::TimedOut);
            }
            spinner.show(state);
            thread::sleep(pause.min(left));
            pause = pause.saturating_mul(2).min(self.interval);
        }
    }

    fn noun(&self) -> &'static str {
        noun(self.look.operation)
    }

    fn deletes(&self) -> bool {
        self.session.operation.method == Method::Delete
    }

    fn means_gone(&self, error: &ApiError) -> bool {
        error.status == 404 && self.deletes() && !is_work_request(self.look.operation)
    }

    /// Whether a state is never left, so that waiting for another is in vain.
    fn is_final(&self, state: &str) -> bool {
        match is_work_request(self.look.operation) {
            true => matches!(state, "SUCCEEDED" | "FAILED" | "CANCELED"),
            false => matches!(state, "FAILED" | "DELETED"),
        }
    }

    /// Prints what the official command line prints: unless the state was entered, the reply to the command
    /// itself, which is also all there is to show of what was deleted.
    fn print(
        &self,
        reply: Reply,
        outcome: Result<Outcome, CliError>,
    ) -> Result<ExitCode, CliError> {
        let own = self.session.operation;
        match outcome {
            Ok(Outcome::Entered(last))
                if !self.deletes() || is_work_request(self.look.operation) =>
            {
                print(self.session, self.look.operation, last)
            }
            Ok(Outcome::Entered(_) | Outcome::Gone) => print(self.session, own, reply),
            Ok(Outcome::TimedOut) => self.give_up(reply, String::new()),
            Ok(Outcome::Lost(state)) => self.give_up(reply, self.reasons(&state)),
            Err(error) => {
                terminal::note(&format!(
                    "Encountered error while waiting for {} to enter the specified state. \
                     Outputting last known resource state",
                    self.noun()
                ));
                print(self.session, own, reply)?;
                Err(error)
            }
        }
    }

    fn give_up(&self, reply: Reply, reasons: String) -> Result<ExitCode, CliError> {
        let noun = self.noun();
        let advice = match self.deletes() {
            true => format!("Please retrieve the {noun} to find its current state"),
            false => "Outputting last known resource state".to_owned(),
        };
        terminal::note(&format!(
            "Failed to wait until the {noun} entered the specified state. {advice}"
        ));
        print(self.session, self.session.operation, reply)?;
        Err(CliError::WaitTimedOut(reasons))
    }

    /// Why the wanted state will not come: the state there is, and the errors of the work request.
    fn reasons(&self, state: &str) -> String {
        let id = self.look.path.values().next().cloned().unwrap_or_default();
        let mut lines = vec![format!(
            "The {} {id} ended as {state}: it will not enter {} any more.",
            self.noun(),
            self.states.join(" or ")
        )];
        lines.extend(self.errors(id));
        lines.join("\n")
    }

    /// The errors that the service keeps of a work request, a line each; none if it does not tell.
    fn errors(&self, id: String) -> Vec<String> {
        let polled = self.look.operation;
        let mut siblings = api::operations();
        let listing = siblings.find(|operation| {
            operation.client == polled.client && operation.name() == "list_work_request_errors"
        });
        let Some(listing) = listing.filter(|_| is_work_request(polled)) else {
            return Vec::new();
        };
        let Ok(Ok(reply)) = self.session.try_send(&call_on(listing, id)) else {
            return Vec::new();
        };
        let body = reply.body.as_ref();
        let items = body.and_then(|body| body.get("items").unwrap_or(body).as_array());
        let text = |error: &Value, name: &str| {
            let text = error.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let lines = items.into_iter().flatten();
        lines
            .map(|error| format!("  {}: {}", text(error, "code"), text(error, "message")))
            .collect()
    }
}

fn state_of<'r>(polled: &Operation, reply: &'r Reply) -> Option<&'r str> {
    reply.body.as_ref()?.get(polled.state_field())?.as_str()
}

/// Shows a person at a terminal that something goes on; elsewhere it shows nothing.
struct Spinner {
    bar: Option<ProgressBar>,
    noun: &'static str,
}

impl Spinner {
    fn new(noun: &'static str) -> Self {
        let bar = terminal::stderr_is_terminal().then(ProgressBar::new_spinner);
        Self { bar, noun }
    }

    fn show(&self, state: Option<&str>) {
        if let Some(bar) = &self.bar {
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(format!(
                "The {} is {}",
                self.noun,
                state.unwrap_or("not told")
            ));
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The states as the official command line shows them: as Python writes a tuple.
fn python_tuple(states: &[String]) -> String {
    let quoted: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    match quoted.as_slice() {
        [only] => format!("({only},)"),
        several => format!("({})", several.join(", ")),
    }
}
