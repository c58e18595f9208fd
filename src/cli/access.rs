//! `ocelot local key …` and `ocelot local token …`: who may call a server that knows its callers.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::builtin::{Answer, Builtin, Takes, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::{credentials, terminal};
use crate::call::LOCAL_TENANCY;
use crate::engine::{AccessRequest, LocalRequest};
use crate::profile::{Environment, Setting, Settings};

/// A registered key is a few hundred bytes; what is far longer is another file.
const MOST_KEY_FILE_BYTES: u64 = 64 * 1024;

/// `ocelot local key …`, for the tree.
pub(super) fn key_commands() -> Command {
    let add = Command::new("add")
        .about("Register a public key, whose owner may sign requests from then on.")
        .after_help(
            "What is not given comes from the profile in force: without options, that profile's own key is \
             registered.\n\n\
             Examples:\n  ocelot local key add\n  \
             ocelot local key add --public-key public.pem \\\n      \
             --user ocid1.user.oc1..ann --tenancy ocid1.tenancy.oc1..local",
        )
        .arg(option("user", "OCID", "OCID of the user who signs with the key."))
        .arg(option("tenancy", "OCID", "OCID of the user's tenancy, which bounds what they see."))
        .arg(option(
            "public-key",
            "FILE",
            "File with the public key in PEM (SubjectPublicKeyInfo or PKCS#1), of 2048 bits or more.",
        ));
    let delete = Command::new("delete")
        .about("Take a registered key away.")
        .arg(option("fingerprint", "FINGERPRINT", "Fingerprint of the key.").required(true))
        .arg(option(
            "user",
            "OCID",
            "OCID of its user, where several users have it.",
        ))
        .arg(force())
        .after_help("Example:\n  ocelot local key delete --fingerprint 20:3b:97:13:55:1c:1d:66:b5:6a:7e:0b:5e:5d:3f:1c");
    let list = Command::new("list")
        .about("List the registered keys.")
        .after_help("Example:\n  ocelot local key list --query 'data[].fingerprint'");
    group(
        "key",
        "Keys that requests to a server are signed with (serve --auth verify).",
    )
    .subcommand(add)
    .subcommand(list)
    .subcommand(delete)
}

/// `ocelot local token …`, for the tree.
pub(super) fn token_commands() -> Command {
    let create = Command::new("create")
        .about("Make an auth token, the password of Kafka clients, and print it this once.")
        .after_help(
            "Kafka clients log in with the user name TENANCY/USER/STREAM_POOL_OCID and the token as \
             password. TENANCY is the tenancy's name or OCID.\n\n\
             Example:\n  ocelot local token create --user ann --query data.token --raw-output",
        )
        .arg(
            option("user", "NAME", "Name of the user, or DOMAIN/NAME.").required(true),
        )
        .arg(
            option("tenancy", "OCID", "OCID of the user's tenancy.").default_value(LOCAL_TENANCY),
        )
        .arg(option(
            "tenancy-name",
            "NAME",
            "Name that the tenancy has in user names from now on (the local tenancy has one: local).",
        ))
        .arg(option("description", "TEXT", "What the token is for."));
    let delete = Command::new("delete")
        .about("Take a token away.")
        .arg(option("token-id", "OCID", "OCID of the token.").required(true))
        .arg(force())
        .after_help("Example:\n  ocelot local token delete --token-id ocid1.credential.oc1.local.amahmhh2pa3z --force");
    let list = Command::new("list")
        .about("List the tokens, without what is secret.")
        .after_help("Example:\n  ocelot local token list --output table");
    group(
        "token",
        "Auth tokens, which stand for passwords where requests are not signed.",
    )
    .subcommand(create)
    .subcommand(list)
    .subcommand(delete)
}

fn option(flag: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(flag).long(flag).value_name(value).help(help)
}

fn force() -> Arg {
    Arg::new("force")
        .long("force")
        .action(ArgAction::SetTrue)
        .help("Do not ask first.")
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local key add",
        takes: Takes::Only(OF_A_PROFILE_TOO, "is about the engine on this machine"),
        run: |matches, globals| add_key(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local key list",
        takes: OF_THE_ENGINE,
        run: |_, globals| manage(globals, AccessRequest::ListKeys).map(Answer::data),
    },
    Builtin {
        words: "local key delete",
        takes: OF_THE_ENGINE,
        run: |matches, globals| delete_key(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local token create",
        takes: OF_THE_ENGINE,
        run: |matches, globals| create_token(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local token list",
        takes: OF_THE_ENGINE,
        run: |_, globals| manage(globals, AccessRequest::ListTokens).map(Answer::data),
    },
    Builtin {
        words: "local token delete",
        takes: OF_THE_ENGINE,
        run: |matches, globals| delete_token(matches, globals).map(Answer::data),
    },
];

/// The global options of the engine's commands, and those that say which profile has the key.
const OF_A_PROFILE_TOO: &[&str] = &[
    "output",
    "query",
    "raw-output",
    "cli-rc-file",
    "data-dir",
    "memory",
    "durability",
    "profile",
    "config-file",
];

fn manage(globals: &Globals, request: AccessRequest) -> Result<Value, CliError> {
    ask(globals, &LocalRequest::ManageAccess { request })
}

fn given(matches: &ArgMatches, flag: &str) -> Option<String> {
    matches.get_one::<String>(flag).cloned()
}

fn add_key(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let settings = || {
        let environment = Environment::of_process();
        Settings::load(globals.flags.clone(), &environment, "local key add")
    };
    let value = |flag: &str, setting: Setting| match given(matches, flag) {
        Some(value) => Ok(value),
        None => settings()?.text(setting).ok_or_else(|| nowhere(flag)),
    };
    let request = AccessRequest::AddKey {
        user_id: value("user", Setting::User)?,
        tenancy_id: value("tenancy", Setting::Tenancy)?,
        public_key: match given(matches, "public-key") {
            Some(file) => read_key(&Environment::of_process().expand_home(file))?,
            None => credentials::public_key(&settings()?)?.ok_or_else(|| nowhere("public-key"))?,
        },
    };
    manage(globals, request)
}

fn nowhere(flag: &str) -> CliError {
    CliError::refused(format!(
        "--{flag} is not given, and the profile in force does not tell: give it, or name a profile that has \
         a user, a tenancy and a key_file"
    ))
}

fn read_key(path: &Path) -> Result<String, CliError> {
    let action = format!("read the public key {}", path.display());
    let size = std::fs::metadata(path)
        .map_err(CliError::io(&action))?
        .len();
    if size > MOST_KEY_FILE_BYTES {
        return Err(CliError::refused(format!(
            "{} has {size} bytes, so it is no public key",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(CliError::io(action))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn delete_key(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let fingerprint = given(matches, "fingerprint").unwrap_or_default();
    if !matches.get_flag("force") {
        terminal::confirm(&format!("Take the key {fingerprint} away?"))?;
    }
    let user_id = given(matches, "user");
    let request = AccessRequest::DeleteKey {
        fingerprint,
        user_id,
    };
    manage(globals, request)
}

fn create_token(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let request = AccessRequest::CreateToken {
        tenancy_id: given(matches, "tenancy").unwrap_or_else(|| LOCAL_TENANCY.to_owned()),
        tenancy_name: given(matches, "tenancy-name"),
        user_name: given(matches, "user").unwrap_or_default(),
        description: given(matches, "description"),
    };
    manage(globals, request)
}

fn delete_token(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let id = given(matches, "token-id").unwrap_or_default();
    if !matches.get_flag("force") {
        terminal::confirm(&format!("Take the token {id} away?"))?;
    }
    manage(globals, AccessRequest::DeleteToken { id })
}
