//! From the options of a line, and a `--from-json` document, to a Call.

use std::collections::BTreeMap;

use clap::ArgMatches;
use serde_json::{Map, Value};

use super::error::CliError;
use super::globals::Globals;
use super::{additions, input, terminal};
use crate::api::model::Kind;
use crate::api::operation::{Operation, Param, Place, StandIn};
use crate::api::options::{CommandOption, Source, Takes};
use crate::call::Call;
use crate::profile::Settings;

/// The values of a command's options, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values(BTreeMap<String, Value>);

impl Values {
    /// Reads the line, the document it names, and the defaults of the rc file; the first that has a value
    /// counts.
    pub(super) fn read(
        operation: &'static Operation,
        matches: &ArgMatches,
        settings: &Settings,
    ) -> Result<Self, CliError> {
        let document = match matches.get_one::<String>("from-json") {
            Some(text) => Some(document(text)?),
            None => None,
        };
        let options = operation.options();
        tell_unknown(&options, document.as_ref());
        let mut values = Self::default();
        for option in options {
            let value = match on_line(&option, matches)? {
                None => in_document(&option, document.as_ref())?,
                given => given,
            };
            let value = match value {
                None => by_default(&option, settings)?,
                given => given,
            };
            if let Some(value) = value {
                values.set(&option.flag, normal(&option, value));
            }
        }
        Ok(values)
    }

    pub(super) fn get(&self, flag: &str) -> Option<&Value> {
        self.0.get(flag)
    }

    pub(super) fn set(&mut self, flag: &str, value: Value) {
        self.0.insert(flag.to_owned(), value);
    }

    pub(super) fn integer(&self, flag: &str) -> Option<i64> {
        self.get(flag)?.as_i64()
    }

    pub(super) fn is_set(&self, flag: &str) -> bool {
        self.get(flag) == Some(&Value::Bool(true))
    }

    /// Fills options that were left out from global options that stand in for them, and tells whether any did.
    pub(super) fn take_globals(
        &mut self,
        operation: &'static Operation,
        globals: &mut Globals,
    ) -> Result<bool, CliError> {
        let mut taken = false;
        for param in operation.params {
            let flag = param.flag();
            let Some(StandIn::Global(global)) = param.stand_in else {
                continue;
            };
            if self.get(&flag).is_some() {
                continue;
            }
            if let Some(text) = globals.take(global) {
                let value = input::value(&flag, operation.kind(param), &text)?;
                self.set(&flag, value);
                taken = true;
            }
        }
        Ok(taken)
    }

    /// Fills options that were left out from other options of the command.
    pub(super) fn stand_in(&mut self, operation: &'static Operation) {
        for param in operation.params {
            let flag = param.flag();
            if let (Some(StandIn::Option(other)), None) = (param.stand_in, self.get(&flag))
                && let Some(value) = self.get(other).cloned()
            {
                self.set(&flag, value);
            }
        }
    }

    /// Puts the user's compartment where one is needed and none is given.
    pub(super) fn default_compartment(
        &mut self,
        operation: &'static Operation,
        compartment_id: &str,
    ) {
        for param in operation
            .params
            .iter()
            .filter(|param| is_users_compartment(operation, param))
        {
            let flag = param.flag();
            let needed = operation.requires(param)
                || takes_compartment_or_pool(operation)
                || self.lists_compartment(operation, param);
            if needed
                && !self.0.contains_key(flag.as_ref())
                && !self.0.contains_key("stream-pool-id")
            {
                self.set(&flag, compartment_id.into());
            }
        }
    }

    /// Whether an operation lists what is in the compartment: no other option tells of what the list is.
    fn lists_compartment(&self, operation: &'static Operation, compartment: &Param) -> bool {
        const OTHERS: [&str; 4] = ["id", "workRequestId", "resourceId", "alarmId"];
        let mut others = operation
            .params
            .iter()
            .filter(|param| OTHERS.contains(&param.wire));
        let is_told = others.any(|param| self.0.contains_key(param.flag().as_ref()));
        compartment.place == Place::Query && !is_told
    }

    /// Refuses a command without the options it cannot do without, naming all that are missing.
    pub(super) fn check_complete(
        &self,
        operation: &'static Operation,
        locally: bool,
    ) -> Result<(), CliError> {
        let missing: Vec<String> = operation
            .params
            .iter()
            .filter(|param| operation.requires(param) && !(locally && param.optional_here))
            .map(|param| param.flag())
            .filter(|flag| !self.0.contains_key(flag.as_ref()))
            .map(|flag| format!("--{flag}"))
            .collect();
        if !missing.is_empty() {
            let hint = additions::hint(operation, &missing);
            return Err(CliError::Missing {
                usage: format!("ocelot {} [OPTIONS]", operation.command),
                flags: missing,
                hint,
            });
        }
        self.check_ids(operation)
    }

    /// Refuses what cannot be an id that makes part of the path.
    fn check_ids(&self, operation: &'static Operation) -> Result<(), CliError> {
        let params = operation.params.iter();
        for param in params.filter(|param| param.place == Place::Path) {
            let flag = param.flag();
            let Some(id) = self.get(&flag).map(scalar) else {
                continue;
            };
            if id.trim().is_empty() {
                return Err(CliError::refused(format!(
                    "Parameter --{flag} cannot be whitespace or empty string"
                )));
            }
            if matches!(id.as_str(), "." | "..") {
                return Err(CliError::refused(format!(
                    "Parameter --{flag} cannot be {id}: in an address that means another place"
                )));
            }
        }
        Ok(())
    }

    /// The Call that these values ask for, which are known to be complete.
    pub(super) fn into_call(self, operation: &'static Operation) -> Call {
        let mut call = Call::new(operation);
        let mut body = Map::new();
        for param in operation.params {
            let flag = param.flag();
            let Some(value) = self.0.get(flag.as_ref()) else {
                continue;
            };
            match param.place {
                Place::Path => {
                    call.path.insert(param.wire, scalar(value));
                }
                Place::Query => {
                    call.query.insert(param.wire, scalar(value));
                }
                Place::Header => {
                    call.headers.insert(param.wire, scalar(value));
                }
                Place::Body => {
                    body.insert(param.wire.to_owned(), value.clone());
                }
            }
        }
        if operation.body.is_some() {
            call.body = Some(Value::Object(body));
        }
        call
    }
}

/// Whether an option that the service needs may be left out when the local engine answers.
pub(super) fn may_be_left_out(operation: &Operation, param: &Param) -> bool {
    is_users_compartment(operation, param)
        || param.optional_here
        || matches!(param.stand_in, Some(StandIn::Option(_)))
}

/// Whether a parameter is a compartment that is the user's own where none is given. The one that a resource
/// is moved to is not: it has to be said.
fn is_users_compartment(operation: &Operation, param: &Param) -> bool {
    param.wire == "compartmentId" && param.place != Place::Path && !operation.moves()
}

/// Creating and listing streams takes either; with neither, the user's compartment is meant.
fn takes_compartment_or_pool(operation: &Operation) -> bool {
    operation
        .params
        .iter()
        .any(|param| param.wire == "streamPoolId" && param.place != Place::Path)
}

fn on_line(option: &CommandOption, matches: &ArgMatches) -> Result<Option<Value>, CliError> {
    let flag = option.flag.as_ref();
    match option.takes {
        Takes::Nothing => Ok(matches.get_flag(flag).then_some(Value::Bool(true))),
        Takes::Value(kind) => {
            let text = matches.get_one::<String>(flag);
            text.map(|text| input::value(flag, kind, text)).transpose()
        }
        Takes::Values(kind) => {
            let Some(texts) = matches.get_many::<String>(flag) else {
                return Ok(None);
            };
            let values = texts.map(|text| input::value(flag, kind, text));
            Ok(Some(Value::Array(values.collect::<Result<_, _>>()?)))
        }
    }
}

/// What the rc file has for an option.
fn by_default(option: &CommandOption, settings: &Settings) -> Result<Option<Value>, CliError> {
    let flag = option.flag.as_ref();
    let Some(default) = settings.option_default(&[flag]) else {
        return Ok(None);
    };
    let text = default.text();
    let value = match option.takes {
        Takes::Nothing => input::value(flag, Kind::Boolean, text)?,
        Takes::Value(kind) => input::value(flag, kind, text)?,
        Takes::Values(kind) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let values = lines.map(|line| input::value(flag, kind, line));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
    };
    Ok(Some(value))
}

fn document(text: &str) -> Result<Map<String, Value>, CliError> {
    match input::json("from-json", text)? {
        Value::Object(document) => Ok(document),
        other => Err(CliError::Json {
            parameter: "from_json".to_owned(),
            reason: format!(
                "--from-json takes a JSON object with the options as keys, not {other}."
            ),
        }),
    }
}

/// Tells of keys of a document that are no options: a slip of the pen would go unnoticed.
fn tell_unknown(options: &[CommandOption], document: Option<&Map<String, Value>>) {
    let is_known = |name: &str| {
        let mut keys = options.iter().map(CommandOption::json_key);
        keys.any(|key| input::is_key_of(&key, name))
    };
    let names = document.into_iter().flat_map(Map::keys);
    let unknown: Vec<&str> = names
        .map(String::as_str)
        .filter(|name| !is_known(name))
        .collect();
    if !unknown.is_empty() {
        terminal::note(&format!(
            "Note: --from-json has {}, which this command does not take; left out.",
            unknown.join(", ")
        ));
    }
}

fn in_document(
    option: &CommandOption,
    document: Option<&Map<String, Value>>,
) -> Result<Option<Value>, CliError> {
    if option.source == Source::FromJson {
        return Ok(None);
    }
    let key = option.json_key();
    let entry = document.and_then(|document| {
        let mut entries = document.iter();
        entries.find(|(name, _)| input::is_key_of(&key, name))
    });
    let Some((_, value)) = entry.filter(|(_, value)| !value.is_null()) else {
        return Ok(None);
    };
    let flag = option.flag.as_ref();
    match (option.takes, value) {
        (Takes::Nothing, value) => input::value(flag, Kind::Boolean, &scalar(value)).map(Some),
        (Takes::Value(kind), Value::String(text)) => input::value(flag, kind, text).map(Some),
        (Takes::Value(kind), value) if kind.is_json() => Ok(Some(value.clone())),
        (Takes::Value(kind), value) => input::value(flag, kind, &value.to_string()).map(Some),
        (Takes::Values(kind), Value::Array(values)) => {
            let values = values
                .iter()
                .map(|value| input::value(flag, kind, &scalar(value)));
            Ok(Some(Value::Array(values.collect::<Result<_, _>>()?)))
        }
        (Takes::Values(kind), value) => Ok(Some(Value::Array(vec![input::value(
            flag,
            kind,
            &scalar(value),
        )?]))),
    }
}

/// Spells the keys of a JSON value as the wire has them, and drops what documents have and the wire has not.
fn normal(option: &CommandOption, value: Value) -> Value {
    let (Source::Param(param), Some(kind)) = (option.source, option.kind()) else {
        return value;
    };
    if !matches!(kind, Kind::Object(_) | Kind::List(_) | Kind::Map(_)) {
        return value;
    }
    let mut unknown = Vec::new();
    let mut value = input::wire_keys(kind, value, &mut unknown);
    if param.drops_unknown_keys && !unknown.is_empty() {
        input::drop_unknown(kind, &mut value, &unknown);
        terminal::note(&format!(
            "Note: --{} has no {}; left out.",
            option.flag,
            unknown.join(", ")
        ));
    }
    value
}

/// A value as a path, a query string or a header has it.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
