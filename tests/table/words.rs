//! What the table says to people: sentences that fit a line, and examples that work.

use std::collections::BTreeSet;

use clap::Command;
use ocelot::api::operation::Operation;
use ocelot::api::options::{CommandOption, Source};
use ocelot::api::{SERVICES, operations};
use ocelot::output::{Format, Style};
use serde_json::Value;

use super::texts;

fn assert_sentence(about: &str, sentence: &str) {
    assert!(sentence.ends_with('.'), "{about}: {sentence:?}");
    assert!(!sentence.contains('\n'), "{about}: {sentence:?}");
    assert!(!sentence.contains("  "), "{about}: {sentence:?}");
    let length = sentence.chars().count();
    assert!(
        (2..=130).contains(&length),
        "{about}: {length} {sentence:?}"
    );
}

#[test]
fn help_is_one_sentence_a_line() {
    for service in SERVICES {
        for (path, sentence) in service.groups {
            assert_sentence(path, sentence);
        }
    }
    for operation in operations() {
        assert_sentence(operation.command, operation.summary);
        for option in operation.options() {
            let about = format!("{} --{}", operation.command, option.flag);
            assert_sentence(&about, option.help);
        }
    }
}

#[test]
fn every_group_has_a_sentence() {
    for service in SERVICES {
        let mut wanted = BTreeSet::new();
        for operation in service.operations() {
            let mut path = operation.command;
            while let Some((above, _)) = path.rsplit_once(' ') {
                wanted.insert(above);
                path = above;
            }
        }
        let got: Vec<_> = service.groups.iter().map(|(path, _)| *path).collect();
        assert_eq!(got.len(), wanted.len(), "{}", service.name);
        assert_eq!(wanted, got.into_iter().collect(), "{}", service.name);
    }
}

#[test]
fn no_group_is_a_command() {
    let groups = SERVICES.iter().flat_map(|service| service.groups);
    let groups: BTreeSet<_> = groups.map(|(path, _)| *path).collect();
    assert!(operations().all(|operation| !groups.contains(operation.command)));
}

#[test]
fn examples_use_what_the_command_has() {
    let cli: Value = serde_json::from_str(include_str!("../data/reference/cli.json")).unwrap();
    let global = cli["global_options"].as_array().unwrap();
    let global: BTreeSet<_> = global
        .iter()
        .flat_map(|option| texts(&option["opts"]))
        .collect();
    for operation in operations() {
        let used = options_of_example(operation);
        let options = operation.options();
        for word in &used {
            let own = options
                .iter()
                .any(|option| format!("--{}", option.flag) == *word);
            assert!(
                own || global.contains(word.as_str()),
                "{}: {word}",
                operation.command
            );
        }
        for option in options
            .iter()
            .filter(|option| option.required && !is_filled(option))
        {
            let flag = format!("--{}", option.flag);
            assert!(used.contains(&flag), "{}: lacks {flag}", operation.command);
        }
    }
}

/// Whether something fills a required option that was left out: the profile or another option.
fn is_filled(option: &CommandOption) -> bool {
    let stands_in = match option.source {
        Source::Param(param) => param.stand_in.is_some(),
        _ => false,
    };
    stands_in || option.flag == "compartment-id"
}

#[test]
fn examples_in_help_are_command_lines() {
    let tree = ocelot::cli::whole_tree("ocelot");
    let mut seen = 0;
    for (words, command) in leaves(&tree, &[]) {
        let about = command.get_about().map(ToString::to_string);
        if about.is_some_and(|about| about.contains("(not available")) {
            continue;
        }
        let help = command.get_after_help().map(ToString::to_string);
        let examples = examples_of(&help.unwrap_or_default());
        assert!(!examples.is_empty(), "{words:?} has no example");
        for example in examples {
            seen += 1;
            let given = shell_words(&example);
            let given = given.rsplit(|word| word == "|").next().unwrap();
            let given = given.split(|word| word == ">").next().unwrap();
            assert_eq!(given[1..=words.len()], words, "{example}");
            let parsed = tree.clone().try_get_matches_from(given);
            assert!(parsed.is_ok(), "{example}\n{}", parsed.unwrap_err());
        }
    }
    assert!(seen > 160, "{seen}");
}

/// The commands that run, with their words.
fn leaves<'c>(command: &'c Command, words: &[&'c str]) -> Vec<(Vec<&'c str>, &'c Command)> {
    if !command.has_subcommands() {
        return vec![(words.to_vec(), command)];
    }
    let below = command.get_subcommands();
    let below = below.flat_map(|below| leaves(below, &[words, &[below.get_name()]].concat()));
    below.collect()
}

/// The command lines below the heading, each whole. Help breaks lines that are wider than a hundred columns.
fn examples_of(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Example"));
    let lines: Vec<&str> = lines
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .collect();
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{lines:?}"
    );
    let mut whole: Vec<String> = Vec::new();
    for line in lines {
        match whole.last_mut() {
            Some(above) if line.starts_with("      ") => {
                *above = format!("{} {}", above.trim_end_matches(" \\"), line.trim());
            }
            _ => whole.push(line.trim().to_owned()),
        }
    }
    whole
}

#[test]
fn values_in_examples_can_be_read() {
    for operation in operations() {
        let words = shell_words(operation.example);
        for pair in words.windows(2) {
            let value = pair[1].as_str();
            if pair[0] == "--query" {
                let format = Format::new(Style::Json, Some(value), false);
                assert!(format.is_ok(), "{}: {value}", operation.command);
            }
            let options = operation.options();
            let mut options = options.iter();
            let takes_json = options
                .find(|option| format!("--{}", option.flag) == pair[0])
                .is_some_and(|option| option.kind().is_some_and(|kind| kind.is_json()));
            if takes_json && !value.starts_with("file://") {
                let json: Result<Value, _> = serde_json::from_str(value);
                assert!(json.is_ok(), "{}: {value}", operation.command);
            }
        }
    }
}

/// The options that follow the command in its example, up to the next command of a pipe.
fn options_of_example(operation: &Operation) -> BTreeSet<String> {
    let words = shell_words(operation.example);
    let command: Vec<_> = ["ocelot"]
        .into_iter()
        .chain(operation.command.split(' '))
        .collect();
    let at = words
        .windows(command.len())
        .position(|window| window == command);
    let at = at.unwrap_or_else(|| panic!("{}: another command's example", operation.command));
    let rest = words.into_iter().skip(at + command.len());
    let own = rest.take_while(|word| !matches!(word.as_str(), "|" | "&&" | ";"));
    own.filter(|word| word.starts_with("--")).collect()
}

/// The words of a command line as a shell splits them.
fn shell_words(line: &str) -> Vec<String> {
    assert!(!line.contains('\n'), "{line}");
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert_eq!(quote, None, "{line}");
    words.extend(word);
    words
}
