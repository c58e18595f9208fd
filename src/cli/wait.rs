//! `--wait-for-state`: look at the resource, or the work request, until it is as wanted.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::command::Session;
use super::error::{CliError, exit};
use super::request::Values;
use super::terminal;
use crate::api::operation::{Method, Operation, Place};
use crate::call::{Call, Reply};
use crate::output;

/// How long to wait at most, and between two looks, where the user does not say. The official values.
const DEFAULT_MAX_WAIT_SECONDS: i64 = 1200;
const DEFAULT_INTERVAL_SECONDS: i64 = 30;

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
        terminal::note(
            "Encountered error while waiting for work request to enter the specified state. \
             Outputting last known resource state",
        );
        return print(session, session.operation, reply);
    };
    let what = if is_work_request(polled) {
        "work request"
    } else {
        "resource"
    };
    terminal::note(&format!(
        "Action completed. Waiting until the {what} has entered state: {}",
        python_tuple(&states)
    ));
    let waited = poll(session, &look, &states, values)?;
    match waited {
        Waited::Entered(reply) if prints_nothing(session.operation, polled) => drop(reply),
        Waited::Entered(reply) => return print(session, polled, reply),
        // What was to be deleted is gone.
        Waited::Gone => {}
        Waited::TimedOut(last) => {
            print(session, polled, last)?;
            return Err(CliError::WaitTimedOut(format!(
                "The {what} has not entered state {} in time; what it is now is printed above",
                states.join(" or ")
            )));
        }
    }
    Ok(ExitCode::from(exit::OK))
}

fn print(session: &Session, operation: &Operation, reply: Reply) -> Result<ExitCode, CliError> {
    terminal::print(&output::reply(operation, reply, &session.format)?)?;
    Ok(ExitCode::from(exit::OK))
}

fn wanted_states(values: &Values) -> Option<Vec<String>> {
    let states = values.get("wait-for-state")?.as_array()?;
    Some(
        states
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

fn is_work_request(polled: &Operation) -> bool {
    polled.state_field() == "status"
}

/// After a deletion the resource itself is not shown, only a work request is.
fn prints_nothing(operation: &Operation, polled: &Operation) -> bool {
    operation.method == Method::Delete && !is_work_request(polled)
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
    let param = polled
        .params
        .iter()
        .find(|param| param.place == Place::Path)?;
    let mut call = Call::new(polled);
    call.path.insert(param.wire, id);
    Some(call)
}

fn resource_id(operation: &Operation, values: &Values, reply: &Reply) -> Option<String> {
    let created = reply
        .body
        .as_ref()
        .and_then(|body| body.get("id")?.as_str());
    let given = || {
        let param = operation
            .params
            .iter()
            .find(|param| param.place == Place::Path)?;
        values.get(&param.flag())?.as_str()
    };
    created.or_else(given).map(str::to_owned)
}

enum Waited {
    Entered(Reply),
    Gone,
    TimedOut(Reply),
}

fn poll(
    session: &Session,
    look: &Call,
    states: &[String],
    values: &Values,
) -> Result<Waited, CliError> {
    let most = seconds(values, "max-wait-seconds", DEFAULT_MAX_WAIT_SECONDS);
    let interval = seconds(values, "wait-interval-seconds", DEFAULT_INTERVAL_SECONDS);
    let interval = interval.max(SHORTEST_INTERVAL);
    let begun = Instant::now();
    loop {
        let reply = match session.try_send(look)? {
            Ok(reply) => reply,
            Err(error) if error.status == 404 && session.operation.method == Method::Delete => {
                return Ok(Waited::Gone);
            }
            Err(error) => return Err(session.service_error(look, &error)),
        };
        if states
            .iter()
            .any(|state| Some(state.as_str()) == state_of(look.operation, &reply))
        {
            return Ok(Waited::Entered(reply));
        }
        let left = most.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(Waited::TimedOut(reply));
        }
        thread::sleep(interval.min(left));
    }
}

fn seconds(values: &Values, flag: &str, default: i64) -> Duration {
    let seconds = values.integer(flag).unwrap_or(default);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn state_of<'r>(polled: &Operation, reply: &'r Reply) -> Option<&'r str> {
    reply.body.as_ref()?.get(polled.state_field())?.as_str()
}

/// The states as the official command line shows them: as Python writes a tuple.
fn python_tuple(states: &[String]) -> String {
    let quoted: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    match quoted.as_slice() {
        [only] => format!("({only},)"),
        several => format!("({})", several.join(", ")),
    }
}
