//! Registered public keys.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use super::super::{Engine, EngineError};
use super::{AccessError, check_ocid};
use crate::clock::{Clock, rfc3339};
use crate::public_key::PublicKey;
use crate::store::{ApiKey, Store};

/// What a key id names: `tenancy/user/fingerprint`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// The tenancy's OCID.
    pub tenancy_id: String,
    /// The user's OCID.
    pub user_id: String,
    /// The key's fingerprint, in lower case.
    pub fingerprint: String,
}

type Keys = HashMap<KeyId, Arc<PublicKey>>;

/// The registered keys, ready for use: read from the store when first needed, and again after a change.
#[derive(Default)]
pub(in crate::engine) struct KeyRing(RwLock<Option<Keys>>);

impl KeyRing {
    fn find(&self, store: &Store, id: &KeyId) -> Result<Option<Arc<PublicKey>>, AccessError> {
        if let Some(keys) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(keys.get(id).cloned());
        }
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let keys = match slot.take() {
            Some(keys) => keys,
            None => read_all(store)?,
        };
        Ok(slot.insert(keys).get(id).cloned())
    }

    fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn read_all(store: &Store) -> Result<Keys, AccessError> {
    let stored = store.read(|session| session.api_keys())?;
    let keys = stored.into_iter().map(|key| {
        let public_key = PublicKey::from_pem(&key.public_key)?;
        let id = KeyId {
            tenancy_id: key.tenancy_id,
            user_id: key.user_id,
            fingerprint: key.fingerprint,
        };
        Ok((id, Arc::new(public_key)))
    });
    keys.collect()
}

impl Engine {
    /// The registered key with this id. It costs no look into the store while keys do not change.
    pub fn registered_key(&self, id: &KeyId) -> Result<Option<Arc<PublicKey>>, EngineError> {
        Ok(self.keys.find(&self.store, id)?)
    }

    pub(super) fn add_key(
        &self,
        tenancy_id: &str,
        user_id: &str,
        public_key: &str,
    ) -> Result<Value, AccessError> {
        check_ocid("tenancy", tenancy_id)?;
        check_ocid("user", user_id)?;
        let public_key = PublicKey::from_pem(public_key)?;
        let key = ApiKey {
            tenancy_id: tenancy_id.to_owned(),
            user_id: user_id.to_owned(),
            fingerprint: public_key.fingerprint(),
            public_key: public_key.pem(),
            time_created_ms: self.clock.now_ms(),
        };
        let stored = self.store.write(|session| {
            session.insert_api_key(&key)?;
            session.api_keys()
        })?;
        self.keys.forget();
        let same = |one: &ApiKey| {
            (&one.tenancy_id, &one.user_id, &one.fingerprint)
                == (&key.tenancy_id, &key.user_id, &key.fingerprint)
        };
        Ok(shown(stored.iter().find(|one| same(one)).unwrap_or(&key)))
    }

    pub(super) fn list_keys(&self) -> Result<Value, AccessError> {
        let keys = self.store.read(|session| session.api_keys())?;
        Ok(keys.iter().map(shown).collect())
    }

    pub(super) fn delete_key(
        &self,
        fingerprint: &str,
        user_id: Option<&str>,
    ) -> Result<Value, AccessError> {
        let deleted = self.store.write(|session| {
            let mut found = session.api_keys()?;
            found.retain(|key| {
                key.fingerprint.eq_ignore_ascii_case(fingerprint)
                    && user_id.is_none_or(|user_id| user_id == key.user_id)
            });
            match found.as_slice() {
                [] => Err(AccessError::UnknownKey(fingerprint.to_owned())),
                [key] => {
                    session.remove_api_key(key)?;
                    Ok(json!({ "key-id": key_id(key), "deleted": true }))
                }
                several => {
                    let users: Vec<&str> = several.iter().map(|key| &*key.user_id).collect();
                    Err(AccessError::AmbiguousKey {
                        fingerprint: fingerprint.to_owned(),
                        users: users.join(", "),
                    })
                }
            }
        })?;
        self.keys.forget();
        Ok(deleted)
    }
}

fn key_id(key: &ApiKey) -> String {
    format!("{}/{}/{}", key.tenancy_id, key.user_id, key.fingerprint)
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "key-id": key_id(key),
        "tenancy-id": key.tenancy_id,
        "user-id": key.user_id,
        "fingerprint": key.fingerprint,
        "public-key": key.public_key,
        "time-created": rfc3339(key.time_created_ms),
    })
}
