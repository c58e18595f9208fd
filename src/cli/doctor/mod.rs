//! `ocelot doctor`: looks at all that a command depends on, tells what is wrong, and how to cure it.
//!
//! A check that fails does not end the others, but for those that make no sense without it.

mod credentials;
mod machine;
mod service;

use clap::Command;
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, Takes};
use super::error::{CliError, exit};
use super::globals::Globals;
use super::target::check_one_destination;
use crate::profile::{Environment, Setting, Settings};

pub(super) static DOCTOR: Builtin = Builtin {
    words: "doctor",
    takes: Takes::Only(
        &[
            "output",
            "query",
            "raw-output",
            "debug",
            "target",
            "endpoint",
            "data-dir",
            "memory",
            "durability",
            "profile",
            "config-file",
            "cli-rc-file",
            "region",
            "auth",
            "auth-purpose",
            "opc-request-id",
            "connection-timeout",
            "read-timeout",
            "proxy",
            "cert-bundle",
            "federation-endpoint",
            "realm-specific-endpoint",
            "enable-dual-stack",
        ],
        "asks whoever answers once, and prints what it finds",
    ),
    run: |_, globals| run(globals),
};

pub(super) fn command() -> Command {
    Command::new("doctor")
        .about("Check settings, keys, clock and connection, and name what cures what is wrong.")
        .after_help(
            "Examples:\n  ocelot doctor\n  ocelot doctor --profile PROD --target cloud\n  ocelot doctor --endpoint \
             http://127.0.0.1:8080\n\nThe exit status is 1 if a check failed. Where no server is named, the profile's \
             region is asked if there is a profile. Options such as --profile, --auth and --proxy work as on any \
             command.",
        )
}

fn run(globals: &Globals) -> Result<Answer, CliError> {
    check_one_destination(globals)?;
    let environment = Environment::of_process();
    let mut findings = Findings::default();
    machine::check_data_folder(globals, &mut findings);
    match Settings::load(globals.flags.clone(), &environment, "doctor") {
        Ok(settings) => {
            machine::check_settings(&settings, &mut findings);
            let identity = credentials::check(&settings, &mut findings);
            service::check(globals, &settings, identity, &mut findings);
        }
        Err(error) => {
            findings.failed(
                "settings",
                error.to_string(),
                "Correct what the message names; ocelot setup config writes a profile.",
            );
            for check in ["credentials", "connection", "clock", "signature"] {
                findings.skipped(check, "the settings cannot be read");
            }
        }
    }
    Ok(Answer {
        status: match findings.has_failed() {
            true => exit::FAILED,
            false => exit::OK,
        },
        data: Some(findings.into_json()),
        note: String::new(),
    })
}

/// Whether the settings name anyone who signs.
fn has_identity(settings: &Settings) -> bool {
    let named = [
        Setting::User,
        Setting::KeyFile,
        Setting::KeyContent,
        Setting::SecurityTokenFile,
    ];
    named
        .into_iter()
        .any(|setting| settings.get(setting).is_some())
}

/// What the checks found, in their order.
#[derive(Default)]
struct Findings(Vec<Finding>);

struct Finding {
    check: &'static str,
    status: Status,
    detail: String,
    cure: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    Warning,
    Failed,
    Skipped,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Findings {
    fn add(
        &mut self,
        check: &'static str,
        status: Status,
        detail: impl Into<String>,
        cure: Option<String>,
    ) {
        self.0.push(Finding {
            check,
            status,
            detail: detail.into(),
            cure,
        });
    }

    /// All is well.
    fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(check, Status::Ok, detail, None);
    }

    /// It works, but may not be what the user wants.
    fn warning(&mut self, check: &'static str, detail: impl Into<String>, cure: impl Into<String>) {
        self.add(check, Status::Warning, detail, Some(cure.into()));
    }

    /// It does not work.
    fn failed(&mut self, check: &'static str, detail: impl Into<String>, cure: impl Into<String>) {
        self.add(check, Status::Failed, detail, Some(cure.into()));
    }

    /// It could not be looked at, or there is nothing to look at.
    fn skipped(&mut self, check: &'static str, reason: impl Into<String>) {
        self.add(check, Status::Skipped, reason, None);
    }

    fn has_failed(&self) -> bool {
        self.0.iter().any(|row| row.status == Status::Failed)
    }

    fn into_json(self) -> Value {
        let rows = self.0.into_iter().map(|row| {
            json!({
                "check": row.check,
                "status": row.status.name(),
                "detail": row.detail,
                "cure": row.cure,
            })
        });
        rows.collect()
    }
}
