//! `api_key`: a user's own key, whose public half was uploaded to the cloud.

use super::Credentials;
use super::error::AuthError;
use super::secret_file::KeySettings;
use crate::client::Request;
use crate::client::signing::{KeyError, Signer};
use crate::clock::Clock;

/// What a profile says of a user.
#[derive(Clone, Debug)]
pub struct ApiKeySettings {
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The user's OCID.
    pub user: String,
    /// The fingerprint under which the key was uploaded.
    pub fingerprint: String,
    /// The private key.
    pub key: KeySettings,
    /// The region of the profile.
    pub region: Option<String>,
}

/// Signs as a user.
#[derive(Debug)]
pub struct ApiKey {
    signer: Signer,
    fingerprint: String,
    tenancy: String,
    region: Option<String>,
}

impl ApiKey {
    /// Reads the key.
    pub fn new(settings: &ApiKeySettings) -> Result<Self, AuthError> {
        let ApiKeySettings {
            tenancy,
            user,
            fingerprint,
            ..
        } = settings;
        for (setting, value) in [
            ("tenancy", tenancy),
            ("user", user),
            ("fingerprint", fingerprint),
        ] {
            if value.trim().is_empty() {
                return Err(AuthError::MissingSetting {
                    kind: "api_key",
                    setting: setting.to_owned(),
                });
            }
        }
        let key_id = format!("{tenancy}/{user}/{fingerprint}");
        Ok(Self {
            signer: Signer::new(key_id, settings.key.read()?),
            fingerprint: fingerprint.clone(),
            tenancy: tenancy.clone(),
            region: settings.region.clone(),
        })
    }

    /// Checks that the fingerprint is the key's. Signing does not: a wrong one is the service's to refuse, as it
    /// is for the official command line.
    pub fn check_fingerprint(&self) -> Result<(), KeyError> {
        self.signer.key().check_fingerprint(&self.fingerprint)
    }
}

impl Credentials for ApiKey {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        Ok(self.signer.sign(request, clock.now_ms())?)
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(self.region.clone())
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        Ok(Some(self.tenancy.clone()))
    }
}
