//! From the settings to what signs requests.

use std::sync::Arc;

use super::error::CliError;
use super::target::http_options;
use super::terminal;
use crate::call::ApiError;
use crate::client::auth::{
    ApiKey, ApiKeySettings, AuthError, Credentials, Exchange, InstanceOboUser, InstancePrincipal,
    InstanceSettings, KeySettings, KeySource, OkeSettings, OkeWorkloadIdentity, Place,
    RegionLookup, ResourcePrincipal, SecurityToken, SecurityTokenSettings,
};
use crate::client::signing::check_permissions;
use crate::client::{Http, skew};
use crate::profile::{AuthKind, Environment, Region, Setting, Settings};

/// What signs requests. `None` where the user signs with a key and the settings name none: a server on this
/// machine may not ask for one.
pub(super) fn of(settings: &Settings) -> Result<Option<Box<dyn Credentials>>, CliError> {
    Ok(Some(match settings.auth()? {
        AuthKind::ApiKey => match api_key(settings)? {
            Some(credentials) => credentials,
            None => return Ok(None),
        },
        AuthKind::SecurityToken => Box::new(SecurityToken::new(session(settings)?)),
        AuthKind::InstancePrincipal => {
            let instance = instance(settings);
            Box::new(InstancePrincipal::new(instance, exchange(settings, None)?))
        }
        AuthKind::InstanceOboUser => {
            let token_file = settings.path(Setting::DelegationTokenFile);
            let token_file = token_file.ok_or_else(|| {
                needs(
                    "instance_obo_user",
                    "a delegation_token_file in the profile",
                )
            })?;
            let exchange = exchange(settings, None)?;
            Box::new(InstanceOboUser::new(
                instance(settings),
                token_file,
                exchange,
            ))
        }
        AuthKind::ResourcePrincipal => {
            let regions = regions(settings.environment());
            let exchange = exchange(settings, None)?;
            let read = |name: &str| settings.environment().get(name);
            let principal = ResourcePrincipal::from_environment(&read, &regions, exchange);
            Box::new(principal.map_err(refused)?)
        }
        AuthKind::OkeWorkloadIdentity => {
            let read = |name: &str| settings.environment().get(name);
            let regions = regions(settings.environment());
            let oke = OkeSettings::from_environment(&read, &regions).map_err(refused)?;
            let exchange = exchange(settings, Some(&oke))?;
            Box::new(OkeWorkloadIdentity::new(oke, exchange))
        }
        AuthKind::Pkcs11 => {
            return Err(CliError::refused(
                "--auth pkcs11 is not available: ocelot does not talk to PKCS #11 tokens",
            ));
        }
    }))
}

/// Why a service does not know who asks, and what to do about it, as far as that can be told from here.
pub(super) fn cure_of_refusal(error: &ApiError, settings: &Settings) -> Option<String> {
    if error.status != 401 {
        return None;
    }
    if let Some(ahead_ms) = error.clock_ahead_ms.filter(|ms| skew::is_refused(*ms)) {
        return Some(skew::cure(ahead_ms));
    }
    let token_file = settings.get(Setting::SecurityTokenFile)?;
    match settings.auth() {
        Ok(AuthKind::ApiKey) => Some(format!(
            "The profile names a security_token_file ({}), but the request was signed with an API key: give \
             --auth security_token, or set OCI_CLI_AUTH.",
            token_file.source()
        )),
        Ok(AuthKind::SecurityToken) => Some(
            "The session may be over: ocelot session validate tells, ocelot session refresh renews it, and oci \
             session authenticate begins a new one."
                .to_owned(),
        ),
        _ => None,
    }
}

fn api_key(settings: &Settings) -> Result<Option<Box<dyn Credentials>>, CliError> {
    let text = |setting| settings.text(setting);
    let Some(key) = key(settings) else {
        return Ok(None);
    };
    let needed = |setting, name| text(setting).ok_or_else(|| needs("api_key", name));
    let settings = ApiKeySettings {
        tenancy: needed(Setting::Tenancy, "tenancy")?,
        user: needed(Setting::User, "user")?,
        fingerprint: needed(Setting::Fingerprint, "fingerprint")?,
        key,
        region: text(Setting::Region),
    };
    Ok(Some(Box::new(ApiKey::new(&settings).map_err(refused)?)))
}

/// The public half of the key that the settings name, as PEM.
pub(super) fn public_key(settings: &Settings) -> Result<Option<String>, CliError> {
    let read = |key: KeySettings| key.read().map_err(refused);
    let key = key(settings).map(read).transpose()?;
    Ok(key.map(|key| key.public_pem()))
}

/// The session that a profile names.
pub(super) fn session(settings: &Settings) -> Result<SecurityTokenSettings, CliError> {
    let token_file = settings.path(Setting::SecurityTokenFile);
    Ok(SecurityTokenSettings {
        token_file: token_file.ok_or_else(|| needs("security_token", "security_token_file"))?,
        key: key(settings).ok_or_else(|| needs("security_token", "key_file"))?,
        tenancy: settings.text(Setting::Tenancy),
        region: settings.text(Setting::Region),
    })
}

/// The private key that the settings name; a file that others can read is told of.
fn key(settings: &Settings) -> Option<KeySettings> {
    let key = key_settings(settings)?;
    if let KeySource::File(path) = &key.source
        && !settings.is_on(Setting::NoPermissionWarning)
        && let Some(warning) = check_permissions(path)
    {
        terminal::note(&format!("WARNING: {warning} {}", warning.hint()));
    }
    Some(key)
}

/// The private key that the settings name.
pub(super) fn key_settings(settings: &Settings) -> Option<KeySettings> {
    let source = match settings.text(Setting::KeyContent) {
        Some(content) => KeySource::Content(content.into()),
        None => KeySource::File(settings.path(Setting::KeyFile)?),
    };
    let passphrase = settings.text(Setting::PassPhrase).map(Into::into);
    Some(KeySettings { source, passphrase })
}

fn instance(settings: &Settings) -> InstanceSettings {
    InstanceSettings {
        metadata_base_url: settings.text(Setting::MetadataService),
        federation_endpoint: settings.text(Setting::FederationEndpoint),
        purpose: settings.text(Setting::AuthPurpose),
        regions: regions(settings.environment()),
    }
}

fn regions(environment: &Environment) -> RegionLookup {
    let environment = environment.clone();
    RegionLookup::new(move |name| {
        let region = Region::find(name, &environment).ok()?;
        Some(Place {
            domain: region.second_level_domain?,
            region: region.name,
        })
    })
}

/// What tokens are exchanged over: as requests are sent, but within a cluster the cluster is trusted.
fn exchange(settings: &Settings, oke: Option<&OkeSettings>) -> Result<Arc<dyn Exchange>, CliError> {
    let mut options = http_options(settings)?;
    if let Some(oke) = oke {
        options.cert_bundle = Some(oke.authority_file.clone());
    }
    let http = Http::new(options).map_err(|error| CliError::refused(error.to_string()))?;
    Ok(Arc::new(http))
}

fn needs(kind: &str, setting: &str) -> CliError {
    CliError::refused(format!(
        "{kind} authentication needs {setting}, which is not set: ocelot config explain shows what is"
    ))
}

/// The message for someone who has no credentials, with what to do next.
pub(super) fn refused(error: AuthError) -> CliError {
    let hint = error
        .hint()
        .map(|hint| format!("\n{hint}"))
        .unwrap_or_default();
    CliError::refused(format!("{error}{hint}"))
}
