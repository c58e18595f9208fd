//! The page of the program: what it is, who answers, where data lives, and the options of every command.

use clap::Command;
use roff::{bold, italic, roman};

use super::page::Page;
use super::service;
use crate::api::SERVICES;
use crate::cli::OPTIONS;

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "OCELOT_HOME",
        "The data folder of the local engine, unless `--data-dir` names one.",
    ),
    (
        "OCELOT_OBJECT_STORE",
        "Where connectors write objects, as `--object-store`, unless the line says it.",
    ),
    (
        "OCELOT_STRICT",
        "If 1, the local engine and `serve` refuse what the service in the cloud refuses, as `serve --strict`. Rates \
         count within one process.",
    ),
    (
        "OCELOT_TARGET",
        "Who answers, as `--target`, unless the line or `OCI_CLI_ENDPOINT` says it.",
    ),
    (
        "OCI_CLI_ENDPOINT",
        "The address that answers, as `--endpoint`, unless the line says it.",
    ),
    (
        "OCI_CLI_CONFIG_FILE",
        "The config file, unless `--config-file` names one.",
    ),
    (
        "OCI_CLI_PROFILE",
        "The profile of the config file, unless `--profile` names one.",
    ),
    (
        "OCI_CLI_RC_FILE",
        "The file with canned queries, unless `--cli-rc-file` names one.",
    ),
    (
        "COLUMNS",
        "How wide ocelot top --once prints, in characters.",
    ),
    (
        "NO_COLOR",
        "If set and not empty, help, charts and ocelot top have no colors.",
    ),
];

const FILES: &[(&str, &str)] = &[
    (
        "~/.local/share/ocelot",
        "The data folder; on macOS `~/Library/Application Support/ocelot`, on Windows `%APPDATA%\\ocelot`. \
         Where `XDG_DATA_HOME` is set, it is the folder `ocelot` in there. It holds metadata in `ocelot.db`, \
         messages in `streams`, and what connectors write in `objects`. Only its owner can read it.",
    ),
    (
        "~/.oci/config",
        "Profiles in INI form, shared with the official command line. `tenancy` is the compartment of \
         commands that name none; `target` says who answers. It need not exist.",
    ),
    (
        "~/.oci/oci_cli_rc",
        "Canned queries, in the section `[OCI_CLI_CANNED_QUERIES]`. It need not exist.",
    ),
];

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "The command did what it was asked."),
    (
        "1",
        "The service or the connection said no, a required option is missing, JSON is malformed, or the \
         user did not want to go on.",
    ),
    (
        "2",
        "There is no such option or command, a value is not among the choices or not of the right type, \
         or the state that was waited for did not come in time.",
    ),
];

const EXAMPLES: &[(&str, &str)] = &[
    (
        "See it at work, on an engine that is gone afterwards:",
        "ocelot tour",
    ),
    (
        "Create a stream:",
        "ocelot streaming admin stream create --name orders --partitions 3",
    ),
    (
        "Put a message a line from a file into it:",
        "ocelot streaming stream message put --stream-id orders --file orders.jsonl",
    ),
    (
        "Read it from the beginning, as text:",
        "cursor=$(ocelot streaming stream cursor create-cursor --stream-id orders --type TRIM_HORIZON \
         --query data.value --raw-output)\n\
         ocelot streaming stream message get --stream-id orders --cursor \"$cursor\" --decode",
    ),
    (
        "List the streams as a table of two columns:",
        "ocelot streaming admin stream list --query 'data[].{Name: name, Partitions: partitions}' \
         --output table",
    ),
    (
        "See retention at work without waiting for it:",
        "ocelot local clock advance 25h",
    ),
];

/// Renders the page of the program.
pub(super) fn render(root: &Command) -> String {
    let mut page = Page::new(
        "ocelot",
        "Oracle Cloud's event services on the command line",
    );
    page.section("SYNOPSIS");
    page.synopsis("ocelot", root);
    description(&mut page);
    commands(&mut page);
    page.section("GLOBAL OPTIONS");
    page.paragraph(
        "These work on every command, anywhere on the line. Where a command has an option of the same name, \
         that one is meant after the command.",
    );
    page.options(root, |arg| arg.get_help_heading() != Some(OPTIONS));
    page.entry(vec![bold("-h"), roman(", "), bold("--help")], HELP);
    page.paragraph("These work on `ocelot` itself:");
    page.options(root, |arg| arg.get_help_heading() == Some(OPTIONS));
    local_commands(&mut page, root);
    list(&mut page, "ENVIRONMENT", ENVIRONMENT);
    list(&mut page, "FILES", FILES);
    list(&mut page, "EXIT STATUS", EXIT_STATUS);
    page.section("EXAMPLES");
    for (says, commands) in EXAMPLES {
        page.paragraph(says);
        page.example(commands);
    }
    page.section("SEE ALSO");
    let pages: Vec<String> = SERVICES
        .iter()
        .map(|service| format!("ocelot-{}(1)", service.name))
        .collect();
    page.paragraph(&pages.join(", "));
    page.render()
}

const HELP: &str = "Print the help of the command, with an example.";

fn description(page: &mut Page) {
    page.section("DESCRIPTION");
    page.paragraph(
        "`ocelot` has the commands, options and output of `oci`, the official command line of Oracle Cloud, \
         for the services that carry events: streams, queues, topics, event rules, metrics and connectors. \
         Linked or copied under the name `oci` it takes that program's place in scripts. \
         The services are also built in: an engine in the program answers the commands, without \
         an account, a network or a configuration.",
    );
    page.part("Who answers");
    page.paragraph(
        "The engine in this process answers, unless something else is named: by `--endpoint`, `--target`, \
         `OCI_CLI_ENDPOINT`, `OCELOT_TARGET` or the setting `target` of the profile, of which the first \
         that is there counts. `local` is the engine, `cloud` is Oracle Cloud, and an address is a server \
         at that address. Nothing reaches the cloud unless it is named.",
    );
    page.paragraph(
        "`ocelot serve` makes the engine a server, for the official SDKs, the official command line, and clients of \
         Kafka and STOMP. While it has a data folder, commands on that folder go through it by themselves.",
    );
    page.part("Where data lives");
    page.paragraph(
        "The engine keeps everything in one folder, named by `--data-dir`, or by `OCELOT_HOME`, or the usual \
         place for data of programs (see FILES). It is created at the first command that needs it. Commands \
         that run at the same time take turns. `ocelot local status` shows where the folder is and what is \
         in it, `ocelot local reset` empties it, and with `--memory` a command leaves nothing behind.",
    );
    page.part("Names, identifiers and compartments");
    page.paragraph(
        "Every resource has an OCID, an identifier such as `ocid1.stream.oc1.local.amaa`. Where an option \
         takes the OCID of a resource, the engine takes its name too. Compartments group resources; \
         `--compartment-id` may be left out, and is then the tenancy of the profile, or one of the \
         engine's own.",
    );
    page.part("Output");
    page.paragraph(
        "A reply is printed as JSON, in an object with the key `data`. `--query` picks from it with a JMESPath \
         expression, `--raw-output` prints a string without quotes, `--output table` draws a table. Errors \
         go to standard error. In the bash, zsh, fish, elvish and PowerShell shells, TAB completes \
         commands, options, choices and the names of resources that exist.",
    );
}

fn commands(page: &mut Page) {
    page.section("COMMANDS");
    page.paragraph(
        "Each service has a page of its own, as `ocelot-streaming(1)`, with all its commands.",
    );
    for each in SERVICES {
        let text = format!("{}: {}", each.title, service::summary(each));
        let term = vec![
            bold(format!("ocelot {}", each.name)),
            roman(" "),
            italic("COMMAND"),
        ];
        page.entry(term, &text);
    }
}

/// Writes the commands that are of no service.
fn local_commands(page: &mut Page, root: &Command) {
    page.section("LOCAL COMMANDS");
    page.paragraph("These exist only here; the official command line has none of them.");
    let mut commands = root.get_subcommands();
    let is_service = |command: &Command| {
        let mut services = SERVICES.iter();
        services.any(|service| service.name == command.get_name())
    };
    let own = commands
        .by_ref()
        .filter(|command| !is_service(command) && command.get_name() != "help");
    for command in own {
        local_command(page, command, "ocelot");
    }
}

fn local_command(page: &mut Page, command: &Command, above: &str) {
    let words = format!("{above} {}", command.get_name());
    if command.has_subcommands() {
        for inner in command.get_subcommands() {
            local_command(page, inner, &words);
        }
        return;
    }
    page.part(&words);
    page.paragraph(
        &command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    page.synopsis(&words, command);
    page.options(command, |_| true);
}

fn list(page: &mut Page, title: &str, entries: &[(&str, &str)]) {
    page.section(title);
    for (term, text) in entries {
        page.entry(vec![bold(*term)], text);
    }
}
