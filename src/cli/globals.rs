//! The options that every command takes, anywhere on the line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::dry_run::DryRun;
use super::error::CliError;
use super::input;
use crate::log::Durability;
use crate::output::Style;
use crate::profile::{Flags, Setting, Settings};

/// What a global option takes.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Text(&'static str),
    Seconds,
    Count,
    Choice(&'static [&'static str]),
    /// One of these behind an equals sign; without one the first is meant.
    ChoiceOrNothing(&'static [&'static str]),
}

struct Global {
    flag: &'static str,
    short: Option<char>,
    aliases: &'static [&'static str],
    takes: Takes,
    help: &'static str,
}

const fn global(flag: &'static str, takes: Takes, help: &'static str) -> Global {
    Global {
        flag,
        short: None,
        aliases: &[],
        takes,
        help,
    }
}

const AUTH_KINDS: &[&str] = &[
    "api_key",
    "instance_principal",
    "security_token",
    "instance_obo_user",
    "resource_principal",
    "oke_workload_identity",
    "pkcs11",
];

/// The heading of the options that say how to send a request; the local engine has no use for them.
const REQUESTS: &str = "Requests to a server or the cloud";

/// Those of the official command line (cli.json) and our own, under the headings that help shows.
const GLOBALS: &[(&str, &[Global])] = &[
    (
        "Output",
        &[
            global(
                "output",
                Takes::Choice(Style::NAMES),
                "Form of the output (default json).",
            ),
            global(
                "query",
                Takes::Text("JMESPATH"),
                "JMESPath expression that picks what to print; query://NAME takes one from the rc file.",
            ),
            global(
                "raw-output",
                Takes::Nothing,
                "Print a string that --query picks without its quotes.",
            ),
            Global {
                short: Some('d'),
                ..global(
                    "debug",
                    Takes::Nothing,
                    "Show on stderr what is asked and answered.",
                )
            },
        ],
    ),
    (
        "Who answers",
        &[
            global(
                "target",
                Takes::Text("WHERE"),
                "Who answers: local, cloud, or the URL of a server (default local).",
            ),
            global(
                "endpoint",
                Takes::Text("URL"),
                "Send the command to the server at this address; the same as --target URL.",
            ),
            global(
                "data-dir",
                Takes::Text("FOLDER"),
                "Where the local engine keeps its data.",
            ),
            global(
                "memory",
                Takes::Nothing,
                "Keep nothing: the local engine lives in memory and ends with the command.",
            ),
            global(
                "durability",
                Takes::Choice(&["os", "fsync"]),
                "What a write of the local engine survives: the process (os), or a power cut too (fsync).",
            ),
        ],
    ),
    (
        "Deliveries of the local engine",
        &[
            global(
                "delivery-timeout",
                Takes::Seconds,
                "Seconds that a command gives to deliveries that are due (default 2; 0 leaves them due).",
            ),
            global(
                "smtp",
                Takes::Text("URL"),
                "Server that emails go to, as smtp://HOST:PORT?from=ADDRESS (default: the inbox).",
            ),
            global(
                "allow-http",
                Takes::Nothing,
                "Deliver to plain http:// addresses of other machines too.",
            ),
            global(
                "deny-private-networks",
                Takes::Nothing,
                "Do not deliver to addresses of private networks, nor of this machine.",
            ),
            global(
                "object-store",
                Takes::Text("URL"),
                "Where connectors put objects: a folder, s3://BUCKET, az://CONTAINER or gs://BUCKET (default: objects in the data folder).",
            ),
        ],
    ),
    (
        "Settings",
        &[
            global(
                "profile",
                Takes::Text("NAME"),
                "Profile of the config file (default DEFAULT).",
            ),
            global(
                "config-file",
                Takes::Text("FILE"),
                "Config file (default ~/.oci/config).",
            ),
            Global {
                aliases: &["defaults-file"],
                ..global(
                    "cli-rc-file",
                    Takes::Text("FILE"),
                    "File with canned queries and defaults for options (default ~/.oci/oci_cli_rc).",
                )
            },
        ],
    ),
    (
        "Input",
        &[
            global(
                "dry-run",
                Takes::ChoiceOrNothing(DryRun::NAMES),
                "Send nothing: print the request, or with --dry-run=curl a line for curl.",
            ),
            global(
                "generate-full-command-json-input",
                Takes::Nothing,
                "Print a JSON document with every option of the command, to fill in for --from-json.",
            ),
            global(
                "generate-param-json-input",
                Takes::Text("OPTION"),
                "Print the JSON that one option of the command takes, to fill in.",
            ),
            Global {
                short: Some('i'),
                ..global(
                    "cli-auto-prompt",
                    Takes::Nothing,
                    "Ask for options one by one (not available: complete with TAB instead).",
                )
            },
        ],
    ),
    (
        REQUESTS,
        &[
            global(
                "region",
                Takes::Text("REGION"),
                "Region of the cloud to send the command to.",
            ),
            global(
                "auth",
                Takes::Choice(AUTH_KINDS),
                "How to sign requests to the cloud.",
            ),
            global(
                "auth-purpose",
                Takes::Text("PURPOSE"),
                "Purpose to name when a session token is asked for.",
            ),
            Global {
                aliases: &["opc-client-request-id", "request-id"],
                ..global(
                    "opc-request-id",
                    Takes::Text("ID"),
                    "Id to give the request, for finding it in logs.",
                )
            },
            global(
                "no-retry",
                Takes::Nothing,
                "Send each request once, whatever comes back.",
            ),
            global(
                "max-retries",
                Takes::Count,
                "How often to send a request that fails in passing.",
            ),
            global(
                "connection-timeout",
                Takes::Seconds,
                "Seconds to wait for a connection.",
            ),
            global(
                "read-timeout",
                Takes::Seconds,
                "Seconds to wait for a reply.",
            ),
            global(
                "proxy",
                Takes::Text("URL"),
                "Proxy for requests to the cloud.",
            ),
            global(
                "cert-bundle",
                Takes::Text("FILE"),
                "File with the certificates to trust, in PEM.",
            ),
            global(
                "federation-endpoint",
                Takes::Text("URL"),
                "Where instance principals get their tokens.",
            ),
            global(
                "realm-specific-endpoint",
                Takes::Nothing,
                "Use the address that is the realm's own.",
            ),
            global(
                "enable-dual-stack",
                Takes::Nothing,
                "Use the address that answers over IPv6 too.",
            ),
            global(
                "enable-propagation",
                Takes::Choice(&["True", "False"]),
                "Whether tracing headers are passed on.",
            ),
        ],
    ),
];

/// Every global option.
fn globals() -> impl Iterator<Item = (&'static str, &'static Global)> {
    let globals = GLOBALS.iter();
    globals.flat_map(|(heading, globals)| globals.iter().map(|global| (*heading, global)))
}

impl Global {
    fn arg(&self, heading: &'static str) -> Arg {
        let arg = Arg::new(self.flag)
            .long(self.flag)
            .aliases(self.aliases)
            .help(self.help)
            .help_heading(heading);
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        match self.takes {
            Takes::Nothing => arg.action(ArgAction::SetTrue),
            Takes::Text(name) => arg.value_name(name).allow_hyphen_values(true),
            Takes::Seconds => arg
                .value_name("SECONDS")
                .allow_negative_numbers(true)
                .value_parser(input::check_count),
            Takes::Count => arg
                .value_name("COUNT")
                .allow_negative_numbers(true)
                .value_parser(input::check_count),
            Takes::Choice(choices) => arg
                .value_name("KIND")
                .value_parser(PossibleValuesParser::new(choices))
                .ignore_case(true),
            Takes::ChoiceOrNothing(choices) => arg
                .value_name("FORM")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_values(choices.iter().take(1))
                .value_parser(PossibleValuesParser::new(choices))
                .ignore_case(true),
        }
    }
}

/// Adds the global options to a command, leaving out those whose name an option of its own has.
pub(super) fn add_to(command: Command, own: impl Fn(&str) -> bool, shown: bool) -> Command {
    let args = globals().filter(|(_, global)| !own(global.flag));
    command.args(args.map(|(heading, global)| global.arg(heading).hide(!shown)))
}

/// What was said with global options, at any place on the line; the last one counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
    /// `--output`.
    pub style: Style,
    /// `--query`, as typed.
    pub query: Option<String>,
    /// `--raw-output`.
    pub raw_output: bool,
    /// `--generate-full-command-json-input`.
    pub full_skeleton: bool,
    /// `--generate-param-json-input`.
    pub param_skeleton: Option<String>,
    /// `--dry-run`.
    pub dry_run: Option<DryRun>,
    /// `--debug`.
    pub debug: bool,
    /// `--endpoint`.
    pub endpoint: Option<String>,
    /// `--opc-request-id`.
    pub request_id: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--memory`.
    pub memory: bool,
    /// `--durability`.
    pub durability: Durability,
    /// `--delivery-timeout`, in seconds.
    pub delivery_timeout: Option<u64>,
    /// `--smtp`.
    pub smtp: Option<String>,
    /// `--object-store`.
    pub object_store: Option<String>,
    /// `--allow-http`.
    pub allow_http: bool,
    /// `--deny-private-networks`.
    pub deny_private_networks: bool,
    /// The names of those that were given at all.
    pub given: Vec<&'static str>,
    /// All that were given, for the settings.
    pub flags: Flags,
}

impl Globals {
    /// Reads the global options from every level of a parsed line, the root's first.
    ///
    /// `own` tells whether the innermost command has an option of this name for itself.
    pub(super) fn read(
        levels: &[&ArgMatches],
        own: impl Fn(&str) -> bool,
    ) -> Result<Self, CliError> {
        let text = |flag: &str| {
            let given = levels.iter().enumerate().rev().filter(|(depth, _)| {
                let innermost = depth + 1 == levels.len();
                !(innermost && own(flag))
            });
            given
                .filter_map(|(_, matches)| matches.try_get_one::<String>(flag).ok().flatten())
                .next()
                .cloned()
        };
        let is_given = |flag: &str| {
            levels.iter().enumerate().any(|(depth, matches)| {
                let innermost = depth + 1 == levels.len();
                !(innermost && own(flag))
                    && matches!(matches.try_contains_id(flag), Ok(true))
                    && matches.value_source(flag) == Some(ValueSource::CommandLine)
            })
        };
        let is_set = |flag: &str| {
            levels
                .iter()
                .any(|matches| matches.try_get_one::<bool>(flag).ok().flatten() == Some(&true))
        };
        if is_set("cli-auto-prompt") {
            return Err(CliError::refused(
                "--cli-auto-prompt is not available: press TAB to complete commands, options and values",
            ));
        }
        let raw = |global: &Global| match global.takes {
            Takes::Nothing => is_set(global.flag).then(|| "true".to_owned()),
            _ => text(global.flag),
        };
        let flags = globals().filter_map(|(_, global)| Some((global.flag, raw(global)?)));
        let names = globals().map(|(_, global)| global.flag);
        Ok(Self {
            given: names.filter(|flag| is_given(flag)).collect(),
            flags: flags.collect(),
            style: text("output")
                .and_then(|name| Style::named(&name))
                .unwrap_or_default(),
            query: text("query"),
            raw_output: is_set("raw-output"),
            full_skeleton: is_set("generate-full-command-json-input"),
            param_skeleton: text("generate-param-json-input"),
            dry_run: text("dry-run").and_then(|form| DryRun::named(&form)),
            debug: is_set("debug"),
            endpoint: text("endpoint"),
            request_id: text("opc-request-id"),
            data_dir: text("data-dir").map(PathBuf::from),
            memory: is_set("memory"),
            delivery_timeout: text("delivery-timeout").and_then(|seconds| seconds.parse().ok()),
            smtp: text("smtp"),
            object_store: text("object-store"),
            allow_http: is_set("allow-http"),
            deny_private_networks: is_set("deny-private-networks"),
            durability: match text("durability") {
                Some(kind) if kind.eq_ignore_ascii_case("fsync") => Durability::Fsync,
                _ => Durability::Os,
            },
        })
    }

    /// Whether an option was given on the line.
    pub(super) fn is_given(&self, flag: &str) -> bool {
        self.given.contains(&flag)
    }

    /// All that were given on the line, with their dashes, but for some.
    pub(super) fn all_given_but(&self, some: &[&str]) -> Vec<String> {
        let given = self.given.iter().filter(|flag| !some.contains(flag));
        given.map(|flag| format!("--{flag}")).collect()
    }

    /// Those that were given and only say how to send a request, with their dashes.
    pub(super) fn given_for_requests(&self) -> Vec<String> {
        let is_for_requests = |flag: &&str| {
            globals().any(|(heading, global)| heading == REQUESTS && global.flag == *flag)
        };
        // An error tells the id, whoever answered.
        let given = self.given.iter().copied();
        let given = given
            .filter(|flag| *flag != "opc-request-id")
            .filter(is_for_requests);
        given.map(|flag| format!("--{flag}")).collect()
    }

    /// The value of the global option that stands in for an option of a command, which uses it up.
    pub(super) fn take(&mut self, flag: &str) -> Option<String> {
        self.given.retain(|given| *given != flag);
        self.flags.remove(flag);
        match flag {
            "endpoint" => self.endpoint.take(),
            "query" => self.query.take(),
            _ => None,
        }
    }

    /// Takes over what the rc file says of options that were not given.
    pub(super) fn fill(&mut self, settings: &Settings) {
        let output = settings.text(Setting::Output).unwrap_or_default();
        self.style = Style::named(&output).unwrap_or_default();
        self.query = settings.text(Setting::Query);
        self.raw_output = settings.is_on(Setting::RawOutput);
        self.debug = settings.is_on(Setting::Debug);
    }
}
