//! What signs requests: keys, fingerprints and tokens.

use std::sync::Arc;

use super::{Findings, has_identity};
use crate::cli::credentials;
use crate::client::auth::{AuthError, Credentials, KeySettings, KeySource, SecurityToken};
use crate::client::signing::{PrivateKey, check_permissions};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::profile::{AuthKind, Setting, Settings};

/// What a session's user does when it is over.
const BEGIN_A_SESSION: &str = "Begin a new session with oci session authenticate.";

/// What there is to sign with.
pub(super) enum Identity {
    /// This.
    Credentials(Box<dyn Credentials>),
    /// Nothing: nobody is named.
    Nobody,
    /// Nothing, because what is named cannot be used.
    Broken,
}

/// Checks what the settings name.
pub(super) fn check(settings: &Settings, findings: &mut Findings) -> Identity {
    let kind = match settings.auth() {
        Ok(kind) => kind,
        Err(error) => {
            findings.failed(
                "credentials",
                error.to_string(),
                "Choose a kind with --auth.",
            );
            return Identity::Broken;
        }
    };
    let is_sound = match kind {
        AuthKind::ApiKey if !has_identity(settings) => {
            findings.skipped("credentials", "no profile names a user and a key");
            return Identity::Nobody;
        }
        AuthKind::ApiKey => {
            check_kind(settings, findings);
            check_api_key(settings, findings)
        }
        AuthKind::SecurityToken => check_session(settings, findings),
        _ => true,
    };
    if !is_sound {
        return Identity::Broken;
    }
    match credentials::of(settings) {
        Ok(Some(credentials)) => {
            let name = AuthKind::ALL.into_iter().find(|(_, known)| *known == kind);
            let name = name.map_or("", |(name, _)| name);
            findings.ok("credentials", format!("requests are signed as {name}"));
            Identity::Credentials(credentials)
        }
        Ok(None) => {
            findings.failed(
                "credentials",
                "a user is named, and no key to sign with",
                "Set key_file in the profile; ocelot setup keys makes a key.",
            );
            Identity::Broken
        }
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("UsageError: ").unwrap_or(&text);
            let (detail, cure) = text.split_once('\n').unwrap_or((
                text,
                "Set what the message names in the profile; ocelot setup config writes one.",
            ));
            findings.failed("credentials", detail, cure);
            Identity::Broken
        }
    }
}

/// A profile of a session, without which nobody says that it is one.
fn check_kind(settings: &Settings, findings: &mut Findings) {
    if let Some(token) = settings.get(Setting::SecurityTokenFile) {
        findings.warning(
            "authentication",
            format!(
                "{} names a security_token_file, but requests are signed with an API key",
                token.source()
            ),
            "Give --auth security_token, or set OCI_CLI_AUTH, to sign within the session.",
        );
    }
}

fn check_api_key(settings: &Settings, findings: &mut Findings) -> bool {
    let Some(key) = check_key(settings, findings) else {
        return false;
    };
    let Some(expected) = settings.text(Setting::Fingerprint) else {
        findings.failed(
            "fingerprint",
            "no fingerprint is set",
            format!("Set fingerprint={} in the profile.", key.fingerprint()),
        );
        return false;
    };
    match key.check_fingerprint(&expected) {
        Ok(()) => findings.ok("fingerprint", format!("{expected} is that of the key")),
        Err(error) => findings.failed(
            "fingerprint",
            error.to_string(),
            format!(
                "Set fingerprint={} in the profile, if that key is uploaded, or correct key_file.",
                key.fingerprint()
            ),
        ),
    }
    true
}

/// Whether the private key can be read.
fn check_key(settings: &Settings, findings: &mut Findings) -> Option<Arc<PrivateKey>> {
    const CHECK: &str = "private-key";
    let Some(named) = credentials::key_settings(settings) else {
        findings.failed(
            CHECK,
            "no key_file is set",
            "Set key_file in the profile; ocelot setup config writes one, and makes the key.",
        );
        return None;
    };
    let place = match &named.source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Content(_) => "OCI_CLI_KEY_CONTENT".to_owned(),
    };
    match named.read() {
        Ok(key) => {
            let detail = format!("{place} holds an RSA key of {} bits", key.bits());
            match permission_warning(&named) {
                None => findings.ok(CHECK, detail),
                Some((warning, cure)) => findings.warning(CHECK, warning, cure),
            }
            Some(key)
        }
        Err(error) => {
            findings.failed(CHECK, error.to_string(), hint(&error));
            None
        }
    }
}

fn permission_warning(key: &KeySettings) -> Option<(String, String)> {
    let KeySource::File(path) = &key.source else {
        return None;
    };
    let warning = check_permissions(path)?;
    Some((warning.to_string(), warning.hint()))
}

fn check_session(settings: &Settings, findings: &mut Findings) -> bool {
    const CHECK: &str = "session-token";
    let has_key = check_key(settings, findings).is_some();
    let token = match credentials::session(settings) {
        Ok(session) => SecurityToken::new(session).token(),
        Err(error) => {
            findings.failed(CHECK, error.to_string(), BEGIN_A_SESSION);
            return false;
        }
    };
    match token {
        Ok(token) if token.has_expired(SystemClock.now_ms()) => {
            let ended = token.expires_ms().map_or(String::new(), rfc3339);
            findings.failed(CHECK, format!("it expired at {ended}"), BEGIN_A_SESSION);
            false
        }
        Ok(token) => {
            let end = token.expires_ms().map_or(String::new(), rfc3339);
            findings.ok(CHECK, format!("it is valid until {end}"));
            has_key
        }
        Err(error) => {
            findings.failed(CHECK, error.to_string(), BEGIN_A_SESSION);
            false
        }
    }
}

fn hint(error: &AuthError) -> String {
    let hint = error.hint();
    hint.unwrap_or_else(|| "Correct what the message names.".to_owned())
}
