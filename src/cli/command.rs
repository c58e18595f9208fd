//! One command of the operation table, from its parsed line to its exit status.

use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;

use super::dry_run::{self, DryRun};
use super::error::{CliError, exit};
use super::globals::Globals;
use super::lines::{self, OpenLines};
use super::request::Values;
use super::target::{self, Destination, Failure, Target};
use super::{additions, credentials, paging, terminal, wait};
use crate::api::operation::Operation;
use crate::api::skeleton;
use crate::call::{ApiError, Call, LOCAL_TENANCY, Reply, WARNING};
use crate::client::{self, RemoteError};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::output::{self, ErrorContext, Format, NoAnswer, Style};
use crate::profile::{Environment, RcFile, Setting, Settings};

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
    let mut settings = load_settings(&globals, operation)?;
    let mut values = Values::read(operation, matches, &settings)?;
    additions::fill(operation, matches, &mut values);
    additions::check(operation, matches, &globals)?;
    if values.take_globals(operation, &mut globals)? {
        settings = load_settings(&globals, operation)?;
    }
    tell_unused(&values);
    globals.fill(&settings);
    let format = format_of(operation, matches, &globals, settings.rc())?;
    let destination = Destination::choose(&globals, &settings)?;
    if destination.is_local() {
        values.default_compartment(operation, &compartment_id(&settings));
    }
    values.stand_in(operation);
    let piped = !terminal::stdin_is_terminal();
    let mut lines = match additions::lines(operation, matches, &values, piped) {
        Some(lines) => Some(OpenLines::open(lines, &mut values)?),
        None => None,
    };
    values.check_complete(operation, destination.is_local())?;
    wait::check(&values)?;
    if let Some(form) = globals.dry_run {
        if let Some(lines) = &mut lines {
            values.set("messages", lines.first_messages()?);
        }
        let call = paging::first_call(operation, values)?;
        return dry_run(&call, form, &destination, &globals, &settings, &format);
    }
    let session = Session {
        operation,
        target: Target::open(&destination, &globals, &settings, operation)?,
        format,
        globals,
        settings,
    };
    if let Some(lines) = lines {
        return lines::put(&session, values, lines);
    }
    confirm(operation, &values)?;
    if paging::is_asked_for(operation, &values)? {
        return paging::print(&session, values);
    }
    let reply = session.send(&values.clone().into_call(operation))?;
    if additions::decodes(operation, matches) {
        let (text, beside) = additions::decoded(operation, &reply)?;
        terminal::data(&text)?;
        terminal::note(&beside);
        return Ok(ExitCode::from(exit::OK));
    }
    wait::wait_and_print(&session, &values, reply)
}

/// Shows what would be sent for a call, and sends nothing.
fn dry_run(
    call: &Call,
    form: DryRun,
    destination: &Destination,
    globals: &Globals,
    settings: &Settings,
    format: &Format,
) -> Result<ExitCode, CliError> {
    let address = dry_run::address(destination, call.operation, settings)?;
    let tokens = target::retry_policy(settings)?.sends_tokens;
    let mut request = client::compose(call, &address, tokens);
    if !destination.is_local() || globals.request_id.is_some() {
        let id = target::request_ids(globals, settings).next();
        request.set_header("opc-request-id", id);
    }
    let is_signed = !destination.is_local() && dry_run::is_signed(settings)?;
    dry_run::show(&request, form, is_signed, format)
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
    let replaces = operation.params.iter();
    let replaces = replaces.filter(|param| operation.replaces(param));
    let replaced: Vec<String> = replaces.map(|param| param.flag().into_owned()).collect();
    if !replaced.iter().any(|flag| values.get(flag).is_some()) {
        return Ok(());
    }
    // All that the command could replace are listed, whichever was given.
    terminal::confirm(&format!(
        "WARNING: Updates to {} will replace any existing values. Are you sure you want to continue?",
        replaced.join(" and ")
    ))
}

/// Tells of options that count only with others, and those are not given.
fn tell_unused(values: &Values) {
    let given = |flag: &str| values.get(flag).is_some();
    if given("page-size") && !given("all") && !given("limit") {
        terminal::note("Note: --page-size counts only with --all or --limit.");
    }
    for flag in ["max-wait-seconds", "wait-interval-seconds"] {
        if given(flag) && !given("wait-for-state") {
            terminal::note(&format!(
                "Note: --{flag} counts only with --wait-for-state."
            ));
        }
    }
}

/// The settings in force for a command.
fn load_settings(globals: &Globals, operation: &Operation) -> Result<Settings, CliError> {
    let environment = Environment::of_process();
    Ok(Settings::load(
        globals.flags.clone(),
        &environment,
        operation.command,
    )?)
}

/// The compartment of a user who names none: the profile's tenancy, or this machine's own.
fn compartment_id(settings: &Settings) -> String {
    let tenancy = settings.text(Setting::Tenancy);
    tenancy.unwrap_or_else(|| LOCAL_TENANCY.to_owned())
}

/// All that the calls of one command share.
pub(super) struct Session {
    pub(super) operation: &'static Operation,
    pub(super) target: Target,
    pub(super) format: Format,
    globals: Globals,
    settings: Settings,
}

impl Session {
    /// Gets ready to send calls for an operation, and for others of the same client, on behalf of a command that is
    /// not of the table.
    pub(super) fn open(operation: &'static Operation, globals: &Globals) -> Result<Self, CliError> {
        let settings = load_settings(globals, operation)?;
        let destination = Destination::choose(globals, &settings)?;
        Ok(Self {
            operation,
            target: Target::open(&destination, globals, &settings, operation)?,
            format: format(globals, settings.rc())?,
            globals: globals.clone(),
            settings,
        })
    }

    /// Sends a call; a refusal becomes the error block that the user sees.
    pub(super) fn send(&self, call: &Call) -> Result<Reply, CliError> {
        let answer = self.try_send(call)?;
        let warning = answer.as_ref().ok().and_then(|reply| reply.header(WARNING));
        terminal::note(&warning.map_or(String::new(), |text| format!("Warning: {text}")));
        answer.map_err(|error| self.service_error(call, &error))
    }

    /// Sends a call; a refusal is the caller's to deal with.
    pub(super) fn try_send(&self, call: &Call) -> Result<Result<Reply, ApiError>, CliError> {
        match self.attempt(call) {
            Ok(reply) => Ok(Ok(reply)),
            Err(Failure::Service(error)) => Ok(Err(error)),
            Err(failure) => Err(self.failed(call, failure)),
        }
    }

    /// Sends a call; whatever fails is the caller's to deal with.
    pub(super) fn attempt(&self, call: &Call) -> Result<Reply, Failure> {
        // A remote target shows each attempt itself.
        let debug = self.globals.debug && self.target.is_local();
        if debug {
            terminal::note(&format!("> {}", request_line(&self.target, call)));
            show_body(">", call.body.as_ref());
        }
        let answer = self.target.send(call);
        if debug {
            match &answer {
                Ok(reply) => {
                    terminal::note(&format!("< {}", reply.status));
                    for (name, value) in &reply.headers {
                        terminal::note(&format!("< {name}: {value}"));
                    }
                    show_body("<", reply.body.as_ref());
                }
                Err(Failure::Service(error)) => terminal::note(&format!("< {error}")),
                Err(_) => {}
            }
        }
        answer
    }

    /// A failure as the user sees it.
    pub(super) fn failed(&self, call: &Call, failure: Failure) -> CliError {
        match failure {
            Failure::Service(error) => self.service_error(call, &error),
            Failure::NoReply(error) => self.no_reply(call, &error),
            Failure::NotAsked(error) => error,
        }
    }

    /// A failure of the connection as the user sees it.
    fn no_reply(&self, call: &Call, error: &RemoteError) -> CliError {
        CliError::Service(output::no_answer(&NoAnswer {
            title: error.title().unwrap_or("RequestException"),
            message: &error.to_string(),
            request_endpoint: &request_line(&self.target, call),
            next_step: error.next_step(),
            timestamp: &timestamp(),
        }))
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
                timestamp: &timestamp(),
                cure: credentials::cure_of_refusal(error, &self.settings).as_deref(),
            },
        ))
    }
}

/// The time as the official command line tells it with an error.
pub(super) fn timestamp() -> String {
    let now = rfc3339(SystemClock.now_ms());
    now.replace('Z', "000+00:00")
}

fn show_body(mark: &str, body: Option<&Value>) {
    if let Some(body) = body {
        terminal::note(&format!("{mark} {body}"));
    }
}

/// A request's method and address, as `GET local:/20180418/streams/orders`.
fn request_line(target: &Target, call: &Call) -> String {
    let mut path = call.operation.path.to_owned();
    for (name, value) in &call.path {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    let method = call.operation.method.as_str();
    format!("{method} {}{path}", target.address(call.operation))
}

/// How to print what an operation answers.
fn format_of(
    operation: &Operation,
    matches: &ArgMatches,
    globals: &Globals,
    rc: &RcFile,
) -> Result<Format, CliError> {
    match additions::canvas(operation, matches, globals)? {
        None => format(globals, rc),
        Some(canvas) => Ok(Format {
            canvas,
            ..queried_format(globals, rc)?
        }),
    }
}

/// How to print what is no chart, with a query that is known to be well-formed.
pub(super) fn format(globals: &Globals, rc: &RcFile) -> Result<Format, CliError> {
    match globals.style {
        Style::Chart => Err(CliError::value(
            "--output chart is for ocelot monitoring metric-data summarize-metrics-data alone, which answers with \
             values over time: choose another format",
        )),
        _ => queried_format(globals, rc),
    }
}

fn queried_format(globals: &Globals, rc: &RcFile) -> Result<Format, CliError> {
    let query = globals.query.clone();
    let canned = query
        .as_deref()
        .and_then(|query| query.strip_prefix("query://"));
    let query = match canned {
        Some(name) => Some(rc.canned_query(name)?.into_text()),
        None => query,
    };
    Ok(Format::new(
        globals.style,
        query.as_deref(),
        globals.raw_output,
    )?)
}
