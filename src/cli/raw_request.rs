//! `ocelot raw-request`: any request to any address, signed as the profile says.
//!
//! A response of any status is data, and no failure. Redirects are not followed: a request is signed for
//! one host.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::error::{CliError, exit};
use super::globals::Globals;
use super::{command, dry_run, input, target, terminal};
use crate::api::operation::Method;
use crate::client::{self, RemoteError, Request, Response};
use crate::output::{self, NoAnswer, Style};
use crate::profile::{Environment, Setting, Settings};

/// The word of the command.
pub(super) const NAME: &str = "raw-request";

/// Global options that are about other commands.
const OF_OTHERS: [&str; 5] = [
    "data-dir",
    "memory",
    "durability",
    "generate-full-command-json-input",
    "generate-param-json-input",
];

/// The command, for the tree.
pub(super) fn command() -> Command {
    let option = |flag: &'static str, value: &'static str, help: &'static str| {
        Arg::new(flag)
            .long(flag)
            .value_name(value)
            .allow_hyphen_values(true)
            .help(help)
    };
    Command::new(NAME)
        .about("Send any request to any address, signed as the profile says.")
        .after_help(
            "Example:\n  ocelot raw-request --http-method GET \\\n      \
             --target-uri 'https://iaas.us-ashburn-1.oraclecloud.com/20160918/instances?compartmentId=…'\n\n\
             It prints the response's body as data, its headers, and its status, whatever that is.",
        )
        .arg(option(
            "target-uri",
            "URI",
            "Address to send the request to; a path alone is one of the server that --target names.",
        ))
        .arg(
            option("http-method", "METHOD", "HTTP method.")
                .value_parser(PossibleValuesParser::new(
                    Method::ALL.map(Method::as_str),
                ))
                .ignore_case(true),
        )
        .arg(option(
            "request-body",
            "JSON",
            "Body of the request, inline or as file://PATH.",
        ))
        .arg(option(
            "request-headers",
            "JSON",
            "More headers, as a JSON object of names and values, inline or as file://PATH.",
        ))
}

/// Runs the command.
pub(super) fn run(matches: &ArgMatches, mut globals: Globals) -> Result<ExitCode, CliError> {
    let settings = Settings::load(globals.flags.clone(), &Environment::of_process(), NAME)?;
    globals.fill(&settings);
    let options = Options::read(matches, &settings)?;
    check(&globals, &settings)?;
    let format = command::format(&globals, settings.rc())?;
    let request_id = target::request_ids(&globals, &settings).next();
    let request = options.request(request_id, &settings)?;
    if let Some(form) = globals.dry_run {
        return dry_run::show(&request, form, dry_run::is_signed(&settings)?, &format);
    }
    let connection = target::connection(&globals, &settings)?;
    let response = connection
        .send(&request)
        .map_err(|error| no_answer(&request, &error))?;
    let printed = output::response(
        &response.body,
        response.headers.iter(),
        &status(&response),
        &format,
    )?;
    terminal::print(&printed)?;
    Ok(ExitCode::from(exit::OK))
}

/// Refuses what the official command line refuses, and what would mean nothing.
fn check(globals: &Globals, settings: &Settings) -> Result<(), CliError> {
    if settings.get(Setting::Endpoint).is_some() {
        return Err(CliError::refused(
            "The --endpoint parameter cannot be specified with this command: --target-uri is the whole address",
        ));
    }
    match globals.style {
        Style::Json | Style::Yaml => {}
        Style::Table => {
            return Err(CliError::refused(
                "The table output format is not supported with this command",
            ));
        }
        Style::Jsonl | Style::Csv | Style::Text | Style::Chart => {
            return Err(CliError::refused(
                "The output formats of this command are json and yaml: it prints one object",
            ));
        }
    }
    match OF_OTHERS.iter().find(|flag| globals.is_given(flag)) {
        Some(flag) => Err(CliError::value(format!(
            "ocelot {NAME} has no use for --{flag}: it sends the request that --target-uri and the other \
             options make"
        ))),
        None => Ok(()),
    }
}

/// The command's own options, those that must be there checked.
struct Options {
    target_uri: String,
    method: Method,
    headers: Option<String>,
    body: Option<String>,
}

impl Options {
    /// From the line, or else from the rc file.
    fn read(matches: &ArgMatches, settings: &Settings) -> Result<Self, CliError> {
        let text = |flag: &str| {
            let given = matches.get_one::<String>(flag).cloned();
            given.or_else(|| Some(settings.option_default(&[flag])?.into_text()))
        };
        let (target_uri, method) = match (text("target-uri"), text("http-method")) {
            (Some(target_uri), Some(method)) => (target_uri, method),
            (target_uri, method) => {
                let needed = [("--target-uri", target_uri), ("--http-method", method)];
                let missing = needed.iter().filter(|(_, value)| value.is_none());
                return Err(CliError::Missing {
                    usage: format!("ocelot {NAME} [OPTIONS]"),
                    flags: missing.map(|(flag, _)| (*flag).to_owned()).collect(),
                    hint: "",
                });
            }
        };
        let known = Method::named(&method);
        Ok(Self {
            method: known.ok_or_else(|| {
                CliError::value(format!(
                    "Invalid value for '--http-method': invalid choice: {method}. (choose from {})",
                    Method::ALL.map(Method::as_str).join(", ")
                ))
            })?,
            target_uri,
            headers: text("request-headers"),
            body: text("request-body"),
        })
    }

    /// The request, not signed yet. Headers of the user take the place of the usual ones.
    fn request(&self, request_id: String, settings: &Settings) -> Result<Request, CliError> {
        let uri = absolute(&self.target_uri, settings)?;
        let url = client::normal_url(&uri).map_err(|error| CliError::refused(error.to_string()))?;
        let mut request = Request::new(self.method, url);
        request.body = self.body()?;
        request.set_header("accept", "*/*");
        request.set_header("opc-request-id", request_id);
        if request.body.is_some() {
            request.set_header("content-type", "application/json");
        }
        for (name, value) in self.headers()? {
            request.set_header(&name, value);
        }
        // The length is the body's own.
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        request.headers.retain(|(name, _)| !is_length(name));
        Ok(request)
    }

    /// The body as JSON on one line; a blank one is sent empty.
    fn body(&self) -> Result<Option<Vec<u8>>, CliError> {
        Ok(match self.body.as_deref() {
            None if self.method.carries_body() => Some(Vec::new()),
            None => None,
            Some(text) if text.trim().is_empty() => Some(Vec::new()),
            Some(text) => Some(input::json("request-body", text)?.to_string().into_bytes()),
        })
    }

    fn headers(&self) -> Result<Vec<(String, String)>, CliError> {
        let text = self.headers.as_deref().filter(|text| !text.is_empty());
        let Some(text) = text else {
            return Ok(Vec::new());
        };
        let Value::Object(fields) = input::json("request-headers", text)? else {
            return Err(CliError::refused(
                "--request-headers takes a JSON object of names and values",
            ));
        };
        let headers = fields.into_iter().map(|(name, value)| match value {
            Value::String(value) => Ok((name, value)),
            value => Err(CliError::refused(format!(
                "the header {name} in --request-headers is {value}: give its value in quotes"
            ))),
        });
        headers.collect()
    }
}

/// The whole address of a request. A path alone is one of the server that the settings name.
fn absolute(target_uri: &str, settings: &Settings) -> Result<String, CliError> {
    if !target_uri.starts_with('/') {
        return Ok(target_uri.to_owned());
    }
    let server = settings.get(Setting::Target);
    let server = server.filter(|target| target.text().contains("://"));
    match server {
        Some(server) => Ok(format!(
            "{}{target_uri}",
            server.text().trim_end_matches('/')
        )),
        None => Err(CliError::refused(format!(
            "--target-uri {target_uri} is a path alone: give the whole address, or with --target URL the \
             server that it is a path of"
        ))),
    }
}

/// A status with its reason, as `404 Not Found`.
fn status(response: &Response) -> String {
    let reason = client::reason(response.status).unwrap_or_default();
    format!("{} {reason}", response.status)
}

fn no_answer(request: &Request, error: &RemoteError) -> CliError {
    let Some(title) = error.title() else {
        return CliError::refused(error.to_string());
    };
    CliError::Service(output::no_answer(&NoAnswer {
        title,
        message: &error.to_string(),
        request_endpoint: &format!("{} {}", request.method.as_str(), request.url),
        next_step: error.next_step(),
        timestamp: &command::timestamp(),
    }))
}
