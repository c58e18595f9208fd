//! Every command has the options of the official one: name, type, choices, required, repeatable.

use std::collections::BTreeSet;

use ocelot::api::model::Kind;
use ocelot::api::operations;
use ocelot::api::options::{CommandOption, Takes};
use serde_json::Value;

use super::{assert_same, texts};

/// One option, as the reference and the table both tell it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    command: String,
    flag: String,
    takes: &'static str,
    choices: Vec<String>,
    required: bool,
    repeatable: bool,
}

#[test]
fn options_are_those_of_the_official_command_line() {
    let cli: Value = serde_json::from_str(include_str!("../data/reference/cli.json")).unwrap();
    let commands = cli["commands"].as_array().unwrap();
    let wanted = commands.iter().flat_map(|command| {
        let name = command["command"].as_str().unwrap();
        let options = command["params"].as_array().unwrap().iter();
        options
            .map(|option| recorded(name, option))
            .collect::<Vec<_>>()
    });
    let got = operations().flat_map(|operation| {
        let options = operation.options().into_iter();
        options.map(|option| in_table(operation.command, &option))
    });
    let (wanted, got): (BTreeSet<_>, BTreeSet<_>) = (wanted.collect(), got.collect());
    assert_eq!(wanted.len(), 799);
    assert_same("options", wanted, got);
}

fn recorded(command: &str, option: &Value) -> Fact {
    let kind = option["type"].as_str().unwrap();
    assert_eq!(
        option["json"].as_bool().unwrap_or(false),
        kind == "complex type"
    );
    if kind == "choice" {
        assert_eq!(option["case_sensitive"], true);
    }
    let [flag] = texts(&option["opts"])[..] else {
        panic!("{command} has an option with two names");
    };
    Fact {
        command: command.to_owned(),
        flag: flag.trim_start_matches('-').to_owned(),
        takes: TYPES.iter().find(|name| **name == kind).unwrap(),
        choices: texts(&option["choices"])
            .into_iter()
            .map(str::to_owned)
            .collect(),
        required: option["required"].as_bool().unwrap_or(false),
        repeatable: option["multiple"].as_bool().unwrap_or(false),
    }
}

const TYPES: [&str; 8] = [
    "flag",
    "string",
    "choice",
    "integer",
    "float",
    "boolean",
    "datetime",
    "complex type",
];

fn in_table(command: &str, option: &CommandOption) -> Fact {
    let takes = match option.kind() {
        None => "flag",
        Some(Kind::Text) => "string",
        Some(Kind::Choice(_)) => "choice",
        Some(Kind::Integer) => "integer",
        Some(Kind::Float) => "float",
        Some(Kind::Boolean) => "boolean",
        Some(Kind::DateTime) => "datetime",
        Some(_) => "complex type",
    };
    let choices = match option.kind() {
        Some(Kind::Choice(choices)) => choices,
        _ => &[],
    };
    Fact {
        command: command.to_owned(),
        flag: option.flag.to_string(),
        takes,
        choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
        required: option.required,
        repeatable: matches!(option.takes, Takes::Values(_)),
    }
}

#[test]
fn no_command_has_an_option_twice() {
    for operation in operations() {
        let options = operation.options();
        let flags: BTreeSet<_> = options.iter().map(|option| &option.flag).collect();
        let keys: BTreeSet<_> = options.iter().map(CommandOption::json_key).collect();
        assert_eq!(flags.len(), options.len(), "{}", operation.command);
        assert_eq!(keys.len(), options.len(), "{}", operation.command);
    }
}
