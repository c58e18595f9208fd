//! One command of the operation table, from its parsed line to its exit status.

use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;

use super::error::{CliError, exit};
use super::globals::Globals;
use super::request::Values;
use super::target::{Failure, Target};
use super::{additions, lines, paging, terminal, wait};
use crate::api::operation::Operation;
use crate::api::skeleton;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::engine::LOCAL_TENANCY;
use crate::output::{self, ErrorContext, Format};
use crate::profile::{self, Profile};

/// Runs a command. `levels` holds what was given at each level of the line, the command's own last.
pub(super) fn run(
    operation: &'static Operation,
    levels: &[&ArgMatches],
) -> Result<ExitCode, CliError> {
    let options = operation.options();
    let own = |flag: &str| options.iter().any(|option| option.flag == flag);
    let mut globals = Globals::read(levels, own)?;
    if let Some(document) = skeleton(operation, &globals)? {
        terminal::data(output::document(&document).as_bytes())?;
        return Ok(ExitCode::from(exit::OK));
    }
    let Some(matches) = levels.last() else {
        return Err(CliError::refused("no command is given"));
    };
    let mut values = Values::read(operation, matches)?;
    additions::fill(operation, matches, &mut values);
    values.stand_in(operation, &mut globals)?;
    let session = Session::open(operation, globals)?;
    if session.target.is_local() {
        values.default_compartment(operation, session.compartment_id());
    }
    let piped = !terminal::stdin_is_terminal();
    if let Some(lines) = additions::lines(operation, matches, &values, piped) {
        return lines::put(&session, values, &lines);
    }
    values.check_complete(operation, session.target.is_local())?;
    confirm(operation, &values)?;
    if paging::is_asked_for(operation, &values)? {
        return paging::print(&session, values);
    }
    let reply = session.send(&values.clone().into_call(operation)?)?;
    if additions::decodes(operation, matches) {
        terminal::data(&additions::decoded(&reply)?)?;
        let next = reply.header("opc-next-cursor");
        terminal::note(&next.map_or(String::new(), |cursor| format!("opc-next-cursor: {cursor}")));
        return Ok(ExitCode::from(exit::OK));
    }
    wait::wait_and_print(&session, &values, reply)
}

/// The document that `--generate-…-json-input` asks for.
fn skeleton(operation: &Operation, globals: &Globals) -> Result<Option<Value>, CliError> {
    if globals.full_skeleton {
        return Ok(Some(skeleton::command(operation)));
    }
    let Some(name) = &globals.param_skeleton else {
        return Ok(None);
    };
    let flag = name.trim_start_matches("--").replace('_', "-");
    match skeleton::option(operation, &flag) {
        Some(document) => Ok(Some(document)),
        None => Err(CliError::value(format!(
            "Invalid value for '--generate-param-json-input': {name} is not an option of this command that \
             takes JSON."
        ))),
    }
}

/// Asks before something is lost, as the official command line does.
fn confirm(operation: &Operation, values: &Values) -> Result<(), CliError> {
    if !operation.asks_before() || values.is_set("force") {
        return Ok(());
    }
    if operation.method == crate::api::operation::Method::Delete {
        return terminal::confirm("Are you sure you want to delete this resource?");
    }
    let replaced: Vec<String> = operation
        .params
        .iter()
        .filter(|param| operation.replaces(param))
        .map(|param| param.flag().into_owned())
        .filter(|flag| values.get(flag).is_some())
        .collect();
    if replaced.is_empty() {
        return Ok(());
    }
    terminal::confirm(&format!(
        "WARNING: Updates to {} will replace any existing values. Are you sure you want to continue?",
        replaced.join(" and ")
    ))
}

/// All that the calls of one command share.
pub(super) struct Session {
    pub(super) operation: &'static Operation,
    pub(super) target: Target,
    pub(super) format: Format,
    globals: Globals,
    profile: Profile,
}

impl Session {
    fn open(operation: &'static Operation, globals: Globals) -> Result<Self, CliError> {
        let profile = Profile::load(globals.config_file.as_deref(), globals.profile.as_deref())?;
        Ok(Self {
            operation,
            target: Target::choose(&globals, &profile)?,
            format: format(&globals)?,
            globals,
            profile,
        })
    }

    /// The compartment of a user who names none: the profile's tenancy, or this machine's own.
    fn compartment_id(&self) -> &str {
        self.profile.get("tenancy").unwrap_or(LOCAL_TENANCY)
    }

    /// Sends a call; a refusal becomes the error block that the user sees.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, CliError> {
        self.try_send(call)?
            .map_err(|error| self.service_error(call, &error))
    }

    /// Sends a call; a refusal is the caller's to deal with.
    pub(super) fn try_send(&self, call: &Call) -> Result<Result<Reply, ApiError>, CliError> {
        let debug = self.globals.debug;
        if debug {
            terminal::note(&format!("> {}", request_line(&self.target, call)));
            show_body(">", call.body.as_ref());
        }
        let answer = match self.target.send(call) {
            Ok(reply) => Ok(reply),
            Err(Failure::Service(error)) => Err(error),
            Err(Failure::NotAsked(error)) => return Err(error),
        };
        if debug {
            match &answer {
                Ok(reply) => {
                    terminal::note(&format!("< {}", reply.status));
                    for (name, value) in &reply.headers {
                        terminal::note(&format!("< {name}: {value}"));
                    }
                    show_body("<", reply.body.as_ref());
                }
                Err(error) => terminal::note(&format!("< {error}")),
            }
        }
        Ok(answer)
    }

    /// A refusal as the user sees it.
    pub(super) fn service_error(&self, call: &Call, error: &ApiError) -> CliError {
        CliError::Service(output::service_error(
            error,
            &ErrorContext {
                operation: call.operation,
                request_endpoint: &request_line(&self.target, call),
                request_id: error
                    .request_id
                    .as_deref()
                    .or(self.globals.request_id.as_deref()),
                timestamp: &rfc3339(SystemClock.now_ms()),
            },
        ))
    }
}

fn show_body(mark: &str, body: Option<&Value>) {
    if let Some(body) = body {
        terminal::note(&format!("{mark} {body}"));
    }
}

/// A request's method and address, as `GET local:/20180418/streams/orders`.
fn request_line(target: &Target, call: &Call) -> String {
    let mut path = call.operation.full_path();
    for (name, value) in &call.path {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    format!(
        "{} {}{path}",
        call.operation.method.as_str(),
        target.address()
    )
}

/// How to print, with a query that is known to be well-formed.
pub(super) fn format(globals: &Globals) -> Result<Format, CliError> {
    let canned = globals
        .query
        .as_deref()
        .and_then(|query| query.strip_prefix("query://"))
        .map(|name| profile::canned_query(globals.rc_file.as_deref(), name))
        .transpose()?;
    let query = canned.as_deref().or(globals.query.as_deref());
    Ok(Format::new(globals.style, query, globals.raw_output)?)
}
