//! Who answers: whether they can be reached, what time it is there, and whether they take the signature.

use std::time::Instant;

use super::credentials::Identity;
use super::{Findings, has_identity};
use crate::api::OperationId;
use crate::api::operation::Operation;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, LOCAL_TENANCY, Reply};
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::target::{http_options, request_ids};
use crate::cli::{credentials, terminal};
use crate::client::{Connection, Http, Remote, RemoteError, RetryPolicy, skew};
use crate::clock::{Clock, SystemClock};
use crate::profile::{BaseUrl, ProfileError, Setting, Settings};

/// From where on a clock is told to be off, in milliseconds, before services refuse it.
const NOTABLE_SKEW_MS: u64 = 60_000;

/// What is asked: a list of which one item is enough, because it costs next to nothing.
const ASKED: OperationId = OperationId::Streaming(Streaming::ListStreamPools);

/// Asks the service that commands would ask.
pub(super) fn check(
    globals: &Globals,
    settings: &Settings,
    identity: Identity,
    findings: &mut Findings,
) {
    let Some(operation) = ASKED.operation() else {
        return;
    };
    let address = match address(settings, operation) {
        Ok(Some(address)) => address,
        Ok(None) => {
            let reason = "the engine on this machine answers; --target cloud or --endpoint URL names another";
            return skip(&["connection", "clock", "signature"], reason, findings);
        }
        Err(error) => {
            findings.failed(
                "connection",
                error.to_string(),
                "Name who answers with --region, --endpoint or --target.",
            );
            return skip(&["clock", "signature"], "nobody was asked", findings);
        }
    };
    let (is_broken, signs) = match &identity {
        Identity::Credentials(_) => (false, true),
        Identity::Nobody => (false, false),
        Identity::Broken => (true, false),
    };
    let begun = Instant::now();
    let answer = ask(globals, settings, identity, address.clone(), operation);
    match answer {
        Err(error) => {
            findings.failed(
                "connection",
                error.to_string(),
                "Correct what the message names.",
            );
            skip(&["clock", "signature"], "nobody was asked", findings);
        }
        Ok(Err(RemoteError::Authorize(cause))) => {
            skip(&["connection", "clock"], "nobody was asked", findings);
            let cure = cause.hint();
            let cure = cure.unwrap_or_else(|| "Correct what the message names.".to_owned());
            findings.failed("signature", cause.to_string(), cure);
        }
        Ok(answer) => {
            let took_ms = begun.elapsed().as_millis();
            if check_connection(&answer, address.origin(), took_ms, findings) {
                check_clock(&answer, findings);
                match is_broken {
                    true => findings.skipped("signature", "there is nothing to sign with"),
                    false => check_signature(&answer, signs, settings, findings),
                }
            } else {
                skip(&["clock", "signature"], "there was no answer", findings);
            }
        }
    }
}

fn skip(checks: &[&'static str], reason: &str, findings: &mut Findings) {
    for check in checks {
        findings.skipped(check, reason);
    }
}

/// Who is asked; the profile's region, where commands stay on this machine but there is a profile.
fn address(settings: &Settings, operation: &Operation) -> Result<Option<BaseUrl>, ProfileError> {
    let named = settings.destination();
    match named.as_ref().map_or("local", |named| named.text()) {
        "local" if !has_identity(settings) => Ok(None),
        "local" | "cloud" => settings.base_url(operation).map(Some),
        url => BaseUrl::given(url, operation.client).map(Some),
    }
}

fn ask(
    globals: &Globals,
    settings: &Settings,
    identity: Identity,
    address: BaseUrl,
    operation: &'static Operation,
) -> Result<Result<Reply, RemoteError>, CliError> {
    let http = Http::new(http_options(settings)?);
    let remote = Remote {
        address,
        messages: None,
        connection: Connection {
            http: http.map_err(|error| CliError::refused(error.to_string()))?,
            retry: RetryPolicy::NONE,
            credentials: match identity {
                Identity::Credentials(credentials) => Some(credentials),
                Identity::Nobody | Identity::Broken => None,
            },
            trace: globals.debug.then_some(terminal::note),
        },
        request_ids: request_ids(globals, settings),
    };
    let tenancy = settings.text(Setting::Tenancy);
    let mut call = Call::new(operation);
    call.query.insert(
        "compartmentId",
        tenancy.unwrap_or_else(|| LOCAL_TENANCY.to_owned()),
    );
    call.query.insert("limit", "1".to_owned());
    Ok(remote.send(&call))
}

/// Whether anyone answered.
fn check_connection(
    answer: &Result<Reply, RemoteError>,
    origin: &str,
    took_ms: u128,
    findings: &mut Findings,
) -> bool {
    const CHECK: &str = "connection";
    match answer {
        Ok(_) => findings.ok(CHECK, format!("{origin} answered in {took_ms} ms")),
        Err(RemoteError::Service(error)) if error.status >= 500 || error.status == 429 => findings
            .warning(
                CHECK,
                format!("{origin} answered {}: {}", error.status, error.message),
                "The service itself has trouble: try again later.",
            ),
        Err(RemoteError::Service(_)) => {
            findings.ok(CHECK, format!("{origin} answered in {took_ms} ms"));
        }
        Err(error) => {
            findings.failed(CHECK, error.to_string(), error.next_step());
            return false;
        }
    }
    true
}

fn check_clock(answer: &Result<Reply, RemoteError>, findings: &mut Findings) {
    const CHECK: &str = "clock";
    let ahead_ms = match answer {
        Ok(reply) => skew::ahead_ms(reply.header("date"), SystemClock.now_ms()),
        Err(RemoteError::Service(error)) => error.clock_ahead_ms,
        Err(_) => None,
    };
    let Some(ahead_ms) = ahead_ms else {
        return findings.skipped(CHECK, "the answer has no date");
    };
    let detail = format!("it is {} the service's", skew::in_words(ahead_ms));
    if skew::is_refused(ahead_ms) {
        findings.failed(CHECK, detail, skew::cure(ahead_ms));
    } else if ahead_ms.unsigned_abs() > NOTABLE_SKEW_MS {
        findings.warning(CHECK, detail, skew::cure(ahead_ms));
    } else {
        findings.ok(CHECK, "it agrees with the service's");
    }
}

fn check_signature(
    answer: &Result<Reply, RemoteError>,
    signs: bool,
    settings: &Settings,
    findings: &mut Findings,
) {
    const CHECK: &str = "signature";
    match answer {
        Ok(_) if signs => findings.ok(CHECK, "the service takes it"),
        Ok(_) => findings.skipped(CHECK, "the service answers those who do not sign, too"),
        Err(RemoteError::Service(error)) => match error.status {
            401 if !signs => findings.failed(
                CHECK,
                "the service answers only those who sign, and no profile names a user and a key",
                "Write a profile with ocelot setup config.",
            ),
            401 => findings.failed(
                CHECK,
                format!("the service refuses it: {error}"),
                credentials::cure_of_refusal(error, settings)
                    .unwrap_or_else(|| cure_of_unknown_user(settings)),
            ),
            403 | 404 => told_nothing(error, settings, findings),
            _ => findings.skipped(CHECK, format!("the service answered {error}")),
        },
        Err(error) => findings.skipped(CHECK, error.to_string()),
    }
}

/// Who is known but may not see what was asked for has signed well.
fn told_nothing(error: &ApiError, settings: &Settings, findings: &mut Findings) {
    let tenancy = settings.text(Setting::Tenancy).unwrap_or_default();
    findings.warning(
        "signature",
        format!("the service takes it, but shows no stream pools of {tenancy}: {error}"),
        "If the user is to work with streams there, a policy must allow it: allow group GROUP to manage \
         stream-family in tenancy.",
    );
}

fn cure_of_unknown_user(settings: &Settings) -> String {
    let text = |setting| {
        settings
            .text(setting)
            .unwrap_or_else(|| "(none)".to_owned())
    };
    format!(
        "Check in the console, under Profile > User settings > API keys, that user {} has a key with fingerprint {}; \
         that the user is one of tenancy {}; and that the region is one the tenancy is subscribed to.",
        text(Setting::User),
        text(Setting::Fingerprint),
        text(Setting::Tenancy)
    )
}
