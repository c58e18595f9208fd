//! The options that every command takes, anywhere on the line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::error::CliError;
use super::input;
use crate::log::Durability;

/// What a global option takes.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Text(&'static str),
    Seconds,
    Count,
    Choice(&'static [&'static str]),
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

/// Those of the official command line (cli.json), and behind them our own.
const GLOBALS: &[Global] = &[
    global(
        "output",
        Takes::Choice(&["json", "table"]),
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
            "File with defaults and canned queries (default ~/.oci/oci_cli_rc).",
        )
    },
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
        short: Some('d'),
        ..global(
            "debug",
            Takes::Nothing,
            "Show on stderr what is asked and answered.",
        )
    },
    global(
        "endpoint",
        Takes::Text("URL"),
        "Send the command to the service at this address.",
    ),
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
    Global {
        short: Some('i'),
        ..global(
            "cli-auto-prompt",
            Takes::Nothing,
            "Ask for options one by one (not available: complete with TAB instead).",
        )
    },
    global(
        "target",
        Takes::Text("WHERE"),
        "Who answers: local, cloud, or the URL of a server (default local).",
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
];

impl Global {
    fn arg(&self) -> Arg {
        let arg = Arg::new(self.flag)
            .long(self.flag)
            .aliases(self.aliases)
            .help(self.help)
            .help_heading("Global options");
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        match self.takes {
            Takes::Nothing => arg.action(ArgAction::SetTrue),
            Takes::Text(name) => arg.value_name(name).allow_hyphen_values(true),
            Takes::Seconds => arg.value_name("SECONDS").value_parser(value_parser!(u64)),
            Takes::Count => arg.value_name("COUNT").value_parser(value_parser!(u32)),
            Takes::Choice(choices) => arg
                .value_name("KIND")
                .value_parser(PossibleValuesParser::new(choices))
                .ignore_case(true),
        }
    }
}

/// Adds the global options to a command, leaving out those whose name an option of its own has.
pub(super) fn add_to(command: Command, own: impl Fn(&str) -> bool, shown: bool) -> Command {
    let args = GLOBALS.iter().filter(|global| !own(global.flag));
    command.args(args.map(|global| global.arg().hide(!shown)))
}

/// What was said with global options, at any place on the line; the last one counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
    /// `--output`.
    pub table: bool,
    /// `--query`, as typed.
    pub query: Option<String>,
    /// `--raw-output`.
    pub raw_output: bool,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config-file`.
    pub config_file: Option<PathBuf>,
    /// `--cli-rc-file`.
    pub rc_file: Option<PathBuf>,
    /// `--generate-full-command-json-input`.
    pub full_skeleton: bool,
    /// `--generate-param-json-input`.
    pub param_skeleton: Option<String>,
    /// `--debug`.
    pub debug: bool,
    /// `--endpoint`.
    pub endpoint: Option<String>,
    /// `--no-retry`.
    pub no_retry: bool,
    /// `--max-retries`.
    pub max_retries: Option<u32>,
    /// `--connection-timeout`, in seconds.
    pub connection_timeout: Option<u64>,
    /// `--read-timeout`, in seconds.
    pub read_timeout: Option<u64>,
    /// `--proxy`.
    pub proxy: Option<String>,
    /// `--cert-bundle`.
    pub cert_bundle: Option<PathBuf>,
    /// `--opc-request-id`.
    pub request_id: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--memory`.
    pub memory: bool,
    /// `--durability`.
    pub durability: Durability,
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
        Ok(Self {
            table: text("output").is_some_and(|form| form.eq_ignore_ascii_case("table")),
            query: text("query"),
            raw_output: is_set("raw-output"),
            profile: text("profile"),
            config_file: text("config-file").map(PathBuf::from),
            rc_file: text("cli-rc-file").map(PathBuf::from),
            full_skeleton: is_set("generate-full-command-json-input"),
            param_skeleton: text("generate-param-json-input"),
            debug: is_set("debug"),
            endpoint: text("endpoint"),
            no_retry: is_set("no-retry"),
            max_retries: last(levels, "max-retries"),
            connection_timeout: last(levels, "connection-timeout"),
            read_timeout: last(levels, "read-timeout"),
            proxy: text("proxy"),
            cert_bundle: text("cert-bundle").map(|path| input::expand_home(&path)),
            request_id: text("opc-request-id"),
            target: text("target"),
            data_dir: text("data-dir").map(PathBuf::from),
            memory: is_set("memory"),
            durability: match text("durability") {
                Some(kind) if kind.eq_ignore_ascii_case("fsync") => Durability::Fsync,
                _ => Durability::Os,
            },
        })
    }

    /// The value of the global option that stands in for an option of a command, which uses it up.
    pub(super) fn take(&mut self, flag: &str) -> Option<String> {
        match flag {
            "endpoint" => self.endpoint.take(),
            "query" => self.query.take(),
            _ => None,
        }
    }
}

/// The number that was given innermost.
fn last<T: Copy + Send + Sync + 'static>(levels: &[&ArgMatches], flag: &str) -> Option<T> {
    let mut inner = levels.iter().rev();
    inner.find_map(|matches| matches.try_get_one::<T>(flag).ok().flatten().copied())
}
