//! What a run's command may show a server that asks who it is: a key, a profile that names it, and an auth token.

use serde_json::Value;

use super::folder::RunFolder;
use crate::call::LOCAL_TENANCY;
use crate::cli::error::CliError;
use crate::client::signing::{KeyError, KeyPair, public_path_of, write_key_pair};
use crate::engine::{AccessRequest, Engine, EngineError, EngineOptions, Home, ocid};
use crate::profile::write_profile;

/// Who the auth token is of.
const USER_NAME: &str = "run";

/// The region of the profile, which every client wants to know and none reaches: requests go to the endpoint.
const REGION: &str = "eu-frankfurt-1";

/// What Kafka clients log in with.
pub(super) struct Credentials {
    pub(super) kafka_user_name: String,
    pub(super) kafka_password: String,
}

impl Credentials {
    /// Makes all, and writes the profile and its key into the folder. The engine knows them from now on.
    pub(super) fn make(folder: &RunFolder) -> Result<Self, CliError> {
        let user_id = ocid::new("user");
        let public_key = write_profile_with_key(folder, &user_id)?;
        let engine = Engine::open(&Home::Folder(folder.data()), EngineOptions::default())?;
        engine.manage_access(&AccessRequest::AddKey {
            tenancy_id: LOCAL_TENANCY.to_owned(),
            user_id,
            public_key,
        })?;
        let token = engine.manage_access(&AccessRequest::CreateToken {
            tenancy_id: LOCAL_TENANCY.to_owned(),
            tenancy_name: None,
            user_name: USER_NAME.to_owned(),
            description: None,
        })?;
        let pool = engine.topics(LOCAL_TENANCY).default_pool();
        let pool = pool.map_err(EngineError::from)?;
        let field = |name: &str| token.get(name).and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            kafka_user_name: field("kafka-user-name").replace("STREAM_POOL_OCID", &pool),
            kafka_password: field("token").to_owned(),
        })
    }
}

/// The public key, as PEM.
fn write_profile_with_key(folder: &RunFolder, user_id: &str) -> Result<String, CliError> {
    let path = folder.key();
    let public_path = public_path_of(&path);
    let refused = |error: KeyError| CliError::refused(error.to_string());
    let pair = KeyPair::generate(None).map_err(refused)?;
    write_key_pair(&pair, &path, &public_path, false).map_err(refused)?;
    let key_file = path.display().to_string();
    let fingerprint = pair.key.fingerprint();
    let entries = [
        ("user", user_id),
        ("fingerprint", &fingerprint),
        ("key_file", &key_file),
        ("tenancy", LOCAL_TENANCY),
        ("region", REGION),
    ];
    write_profile(&folder.config(), "DEFAULT", &entries, false)?;
    let read = std::fs::read_to_string(&public_path);
    read.map_err(CliError::io(format!("read {}", public_path.display())))
}
