//! `ocelot session …`: what can be done with a session that was begun in the browser.
//!
//! What is told on stderr, and that nothing is told on stdout, is the official command line's way.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::builtin::{Answer, Builtin, Takes, group, unavailable};
use super::error::{CliError, exit};
use super::globals::Globals;
use super::target::http_options;
use super::{credentials, terminal};
use crate::api::operation::Method;
use crate::client::auth::{AuthError, Credentials, SecurityToken, Token};
use crate::client::signing::public_path_of;
use crate::client::{Http, Request};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::profile::{Environment, ProfileError, Setting, Settings, read_profile, remove_profile};

/// The global options that name a profile and the way to a service.
const OF_A_PROFILE: Takes = Takes::Only(
    &[
        "profile",
        "config-file",
        "cli-rc-file",
        "auth",
        "region",
        "endpoint",
        "proxy",
        "cert-bundle",
        "connection-timeout",
        "read-timeout",
    ],
    "prints nothing but a sentence, and signs with the profile's session",
);

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "session validate",
        takes: OF_A_PROFILE,
        run: validate,
    },
    Builtin {
        words: "session refresh",
        takes: OF_A_PROFILE,
        run: |_, globals| refresh(globals),
    },
    Builtin {
        words: "session terminate",
        takes: OF_A_PROFILE,
        run: |_, globals| terminate(globals),
    },
    Builtin {
        words: "session authenticate",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_BROWSER)),
    },
    Builtin {
        words: "session export",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_ARCHIVES)),
    },
    Builtin {
        words: "session import",
        takes: Takes::All,
        run: |_, _| Err(CliError::refused(NO_ARCHIVES)),
    },
];

const NO_BROWSER: &str = "ocelot does not log in through a browser. Begin the session with the official oci \
    session authenticate, then use it here with --profile NAME --auth security_token; or sign with an API key, \
    which ocelot setup config makes.";

const NO_ARCHIVES: &str = "ocelot does not pack sessions into archives. A session is the profile in the config \
    file and the two files that it names, security_token_file and key_file: copy those, or use the official oci \
    session export and import.";

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    let validate = Command::new("validate")
        .about("Tell whether a session is still valid.")
        .arg(
            Arg::new("local")
                .long("local")
                .action(ArgAction::SetTrue)
                .help("Look only at the time at which the token expires, and ask no service."),
        )
        .after_help(
            "The profile names the session. The exit status is 0 if it is valid and 1 if not.\n\n\
             Example:\n  ocelot session validate --profile DEV --local",
        );
    let refresh = Command::new("refresh")
        .about("Exchange a session's token for a new one, before it expires.")
        .after_help(
            "--endpoint URL asks another server than the region's authentication service.\n\n\
             Example:\n  ocelot session refresh --profile DEV",
        );
    let terminate = Command::new("terminate")
        .about("End a session: remove its token, its key and its profile.")
        .after_help(
            "The config file as it was is kept in a backup beside it.\n\n\
             Example:\n  ocelot session terminate --profile DEV",
        );
    group(
        "session",
        "Look after sessions that were begun in the browser.",
    )
    .subcommands([
        validate,
        refresh,
        terminate,
        unavailable(
            "authenticate",
            "Begin a session in the browser (not available: says what to do instead).",
        ),
        unavailable(
            "export",
            "Pack a session into an archive (not available: says what to do instead).",
        ),
        unavailable(
            "import",
            "Unpack a session from an archive (not available: says what to do instead).",
        ),
    ])
}

fn load(globals: &Globals, words: &str) -> Result<Settings, CliError> {
    if let Some(auth) = globals
        .flags
        .get("auth")
        .filter(|auth| *auth != "security_token")
    {
        return Err(CliError::value(format!(
            "ocelot {words} is about sessions, which sign with --auth security_token, not {auth}"
        )));
    }
    let environment = Environment::of_process();
    Ok(Settings::load(globals.flags.clone(), &environment, words)?)
}

fn validate(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let settings = load(globals, "session validate")?;
    let session = SecurityToken::new(credentials::session(&settings)?);
    let token = session.token().map_err(credentials::refused)?;
    if token.has_expired(SystemClock.now_ms()) {
        return Ok(Answer::note("Session has expired", exit::FAILED));
    }
    if !matches.get_flag("local") && !is_accepted(&session, &settings)? {
        return Ok(Answer::note(
            "Session was deemed invalid by service",
            exit::FAILED,
        ));
    }
    Ok(Answer::note(
        format!("Session is valid until {}", end_of(&token)),
        exit::OK,
    ))
}

/// When a token ends, as `2026-03-14 13:00:00 UTC`.
fn end_of(token: &Token) -> String {
    match token.expires_ms() {
        Some(at_ms) => {
            let text = rfc3339(at_ms).replace('T', " ");
            let to_the_second = text.split('.').next().unwrap_or_default();
            format!("{} UTC", to_the_second.trim_end_matches('Z'))
        }
        None => "it is terminated".to_owned(),
    }
}

/// Asks the identity service for something that every user may see: the list of regions.
fn is_accepted(session: &SecurityToken, settings: &Settings) -> Result<bool, CliError> {
    let base = service_url(settings, "identity")?;
    let mut request = Request::new(Method::Get, format!("{base}/20160918/regions"));
    session
        .authorize(&mut request, &SystemClock)
        .map_err(credentials::refused)?;
    let http = http(settings)?;
    let response = http
        .send(&request)
        .map_err(|error| CliError::refused(error.to_string()))?;
    match response.status {
        200..=299 => Ok(true),
        401 => Ok(false),
        status => Err(CliError::refused(format!(
            "the identity service at {base} answered {status}, which tells nothing of the session"
        ))),
    }
}

fn http(settings: &Settings) -> Result<Http, CliError> {
    Http::new(http_options(settings)?).map_err(|error| CliError::refused(error.to_string()))
}

/// The address of a service that commands have no use for otherwise, without a version path: the endpoint, or
/// else the region's.
fn service_url(settings: &Settings, service: &str) -> Result<String, CliError> {
    if let Some(endpoint) = settings.text(Setting::Endpoint) {
        return Ok(endpoint.trim_end_matches('/').to_owned());
    }
    let region = settings.region()?.ok_or(ProfileError::NoRegion)?;
    let domain = match region.second_level_domain {
        Some(domain) => format!("{}.{domain}", region.name),
        None => region.name,
    };
    Ok(format!("https://{service}.{domain}"))
}

fn refresh(globals: &Globals) -> Result<Answer, CliError> {
    let settings = load(globals, "session refresh")?;
    let session = SecurityToken::new(credentials::session(&settings)?);
    let url = service_url(&settings, "auth")?;
    terminal::note(&format!("Attempting to refresh token from {url}"));
    let token = session.refresh(&url, &http(&settings)?, &SystemClock);
    let token = token.map_err(|error| match error {
        AuthError::Refused { status: 401, .. } => CliError::refused(
            "Your session is no longer valid and cannot be refreshed: begin a new one with oci session \
             authenticate.",
        ),
        other => credentials::refused(other),
    })?;
    Ok(Answer::note(
        format!(
            "Successfully refreshed token; it is valid until {}",
            end_of(&token)
        ),
        exit::OK,
    ))
}

fn terminate(globals: &Globals) -> Result<Answer, CliError> {
    let settings = load(globals, "session terminate")?;
    let config = settings.path(Setting::ConfigFile).unwrap_or_default();
    let profile = settings.text(Setting::Profile).unwrap_or_default();
    // What the profile inherits, or a variable says, belongs to others.
    let own = read_profile(&config, &profile)?;
    let own_path = |key: &str| {
        let path = own.get(key).filter(|path| !path.is_empty());
        path.map(|path| settings.environment().expand_home(path))
    };
    let token = own_path("security_token_file").ok_or_else(|| {
        CliError::refused(format!(
            "profile {profile} has no security_token_file: it is no session, and stays"
        ))
    })?;
    // Files first would leave a profile that names nothing, should the config file not be writable.
    let backup = remove_profile(&config, &profile)?;
    for path in files_of(&token, own_path("key_file"), &profile) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::io(format!("remove {}", path.display()))(error));
            }
            _ => {}
        }
    }
    if let Some(folder) = token
        .parent()
        .filter(|folder| is_folder_of(folder, &profile))
    {
        // What is not the session's keeps the folder.
        drop(fs::remove_dir(folder));
    }
    Ok(Answer::note(
        format!(
            "Successfully removed profile: {profile} from config: {}\nThe file as it was is kept in {}",
            config.display(),
            backup.display()
        ),
        exit::OK,
    ))
}

/// The files that end with a session: its token, and its key pair where that lies in the session's own folder.
/// A key elsewhere may be the user's, for other uses too.
fn files_of(token: &Path, key: Option<PathBuf>, profile: &str) -> Vec<PathBuf> {
    let mut files = vec![token.to_owned()];
    let folder = token.parent();
    if let Some(key) = key.filter(|key| key.parent() == folder)
        && folder.is_some_and(|folder| is_folder_of(folder, profile))
    {
        files.push(public_path_of(&key));
        files.push(key);
    }
    files
}

/// Whether a folder is a session's own: the official `session authenticate` names it after the profile.
fn is_folder_of(folder: &Path, profile: &str) -> bool {
    folder.file_name().is_some_and(|name| name == profile)
}
