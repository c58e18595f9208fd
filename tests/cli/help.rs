//! Help of everything that has help.

use std::path::Path;
use std::process::{Command, Stdio};

use ocelot::api::operations;

use crate::sandbox::Sandbox;

fn help(sandbox: &Sandbox, line: &str) -> String {
    let text = sandbox.data(line);
    assert!(text.contains("Usage: ocelot"), "{line}\n{text}");
    assert!(!text.contains('\u{1b}'), "colours in {line}");
    for line in text.lines() {
        assert!(!line.ends_with(' '), "a blank at the end of {line:?}");
    }
    text
}

#[test]
fn every_option_of_every_command_is_in_its_help() {
    let sandbox = Sandbox::new();
    for operation in operations() {
        let text = help(&sandbox, &format!("{} --help", operation.command));
        for option in operation.options() {
            let flag = format!("--{} ", option.flag);
            let flag_alone = format!("--{}\n", option.flag);
            assert!(
                text.contains(&flag) || text.contains(&flag_alone),
                "{} has no {flag}\n{text}",
                operation.command
            );
        }
        let example = ["\nExample:\n  ocelot ", "\nExamples:\n  ocelot "];
        assert!(example.iter().any(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn every_group_lists_what_is_below_it() {
    let sandbox = Sandbox::new();
    for service in ocelot::api::SERVICES {
        for (group, sentence) in service.groups {
            let text = help(&sandbox, group);
            assert!(text.starts_with(sentence), "{text}");
            assert_eq!(text, help(&sandbox, &format!("{group} --help")), "{group}");
        }
    }
}

#[test]
fn help_says_what_is_needed_first() {
    let sandbox = Sandbox::new();
    let text = help(&sandbox, "streaming admin stream create --help");
    let begin = "\
Create a stream, in a pool or in the compartment's default pool.

Usage: ocelot streaming admin stream create [OPTIONS]

Required:
      --name <TEXT>           Name of the stream, unique in its pool; fixed at creation.
      --partitions <INTEGER>  Number of partitions; fixed at creation.

Options:
";
    assert!(text.starts_with(begin), "{text}");
    let example = "
Example:
  ocelot streaming admin stream create --name orders --partitions 3 --stream-pool-id shop \\
      --retention-in-hours 48

Options such as --query, --output and --profile work on every command: see ocelot --help.";
    assert!(text.ends_with(example), "{text}");
}

#[test]
fn an_option_that_has_another_spelling_is_still_called_required() {
    let sandbox = Sandbox::new();
    for (line, option, spelling) in [
        ("monitoring alarm create", "--query-text", "--query]"),
        (
            "ons subscription create",
            "--subscription-endpoint",
            "--endpoint]",
        ),
    ] {
        let text = help(&sandbox, &format!("{line} --help"));
        let (_, required) = text.split_once("\nRequired:\n").unwrap();
        let (required, _) = required.split_once("\nOptions:\n").unwrap();
        assert!(
            required.contains(option) && required.contains(spelling),
            "{text}"
        );
    }
}

#[test]
fn help_may_be_asked_for_as_a_word() {
    let sandbox = Sandbox::new();
    for words in [
        "",
        "streaming",
        "streaming admin stream create",
        "local clock",
    ] {
        let asked = help(&sandbox, &format!("help {words}"));
        assert_eq!(asked, help(&sandbox, &format!("{words} --help")), "{words}");
    }
    sandbox
        .ocelot("help streeming")
        .status(2)
        .stderr_has(["'streaming'"])
        .check();
}

#[test]
fn the_root_tells_where_to_begin() {
    let sandbox = Sandbox::new();
    let text = help(&sandbox, "");
    for line in ["--help", "-h", "-?"] {
        assert_eq!(text, help(&sandbox, line), "{line}");
    }
    for part in [
        "  ocelot tour ",
        "\nServices and commands:\n",
        "\nWho answers:\n      --target <WHERE>",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    for service in ocelot::api::SERVICES {
        assert!(text.contains(&format!("\n  {} ", service.name)), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn examples_in_help_are_lines_that_parse() {
    let sandbox = Sandbox::new().variable("OCELOT_TARGET", "http://127.0.0.1:1");
    let binary = Path::new(env!("CARGO_BIN_EXE_ocelot")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", binary.display());
    for operation in operations() {
        let output = Command::new("sh")
            .args(["-c", operation.example])
            .env_clear()
            .envs(sandbox.environment())
            .env("PATH", &path)
            .env("RECEIPT", "receipt")
            .env("CURSOR", "cursor")
            .env("WORK_REQUEST", "id")
            .current_dir(sandbox.path(""))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        let line = operation.example;
        assert_eq!(output.status.code(), Some(1), "{line}\n{told}");
        // Whatever is missing, all else of the line is as it must be.
        let file = told.contains("cannot read ");
        let compartment = told.contains("Missing option(s)") && told.contains("compartment-id");
        let sent = told.contains("cannot connect to");
        let asked = told.contains("there is no one to ask");
        assert!(sent || asked || file || compartment, "{line}\n{told}");
    }
}

#[test]
fn help_and_versions_need_no_settings_and_no_data() {
    let sandbox = Sandbox::new();
    sandbox.write(".oci/config", "this is no settings file\n");
    for line in [
        "--help",
        "streaming --help",
        "streaming admin stream list --help",
        "--profile NOPE streaming admin stream list --help",
        "local",
        "tour --help",
    ] {
        help(&sandbox, line);
    }
    let version = concat!("ocelot ", env!("CARGO_PKG_VERSION"), "\n");
    sandbox.ocelot("--version").stdout(version).check();
    sandbox.ocelot("-v").stdout(version).check();
    assert!(sandbox.data("--release-info").starts_with("## "));
    assert!(
        sandbox
            .data("--latest-version")
            .contains(env!("CARGO_PKG_VERSION"))
    );
    assert!(!sandbox.path("data").exists());
}

#[cfg(unix)]
#[test]
fn a_program_that_is_linked_as_oci_says_so() {
    let sandbox = Sandbox::new();
    let link = sandbox.path("oci");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ocelot"), &link).unwrap();
    let output = Command::new(link).arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nUsage: oci [OPTIONS] COMMAND"), "{text}");
}
