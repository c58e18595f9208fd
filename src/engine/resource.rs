//! What resources of all services have in common: names for OCIDs, etags, tags, and a time after death.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ocid;
use crate::call::{ApiError, Call};
use crate::store::{Resource, Session};

/// How long a deleted resource can still be looked at, in milliseconds: 90 days.
/// Source: behaviour.md 1.2, for streams; the others do likewise.
pub(super) const REMEMBERED_MS: i64 = 90 * 24 * 3_600_000;

/// Free-form or defined tags, as they came.
pub(super) type Tags = Map<String, Value>;

/// A kind of resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResourceKind {
    /// The type in its OCIDs, and its name in the store.
    pub ocid_type: &'static str,
    /// What to call one in a sentence.
    pub noun: &'static str,
}

impl ResourceKind {
    /// The OCID that a value stands for: itself, or that of the one resource with this name.
    ///
    /// The cloud takes OCIDs only; a name is this engine's addition.
    pub(super) fn resolve(self, session: &Session<'_>, value: &str) -> Result<String, ApiError> {
        if ocid::is_ocid(value) {
            return Ok(value.to_owned());
        }
        let mut found: Vec<Resource<Value>> = session.resources_named(self.ocid_type, value)?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Err(self.unknown(value)),
            (Some(only), true) => Ok(only.id),
            (Some(last), false) => {
                found.push(last);
                Err(self.ambiguous(value, &found))
            }
        }
    }

    fn ambiguous(self, name: &str, candidates: &[Resource<Value>]) -> ApiError {
        let lines: Vec<String> = candidates
            .iter()
            .map(|one| format!("{} in compartment {}", one.id, one.compartment_id))
            .collect();
        ApiError::invalid(format!(
            "{name} is the name of several resources ({}): give the OCID of one. They are: {}",
            self.noun,
            lines.join("; ")
        ))
    }

    /// 404 for a value that is no such resource.
    pub(super) fn unknown(self, value: &str) -> ApiError {
        ApiError::not_found(format!("Unknown {} {value}", self.noun))
    }

    /// The resource with this OCID or name, unless it is deleted.
    pub(super) fn live<D: DeserializeOwned>(
        self,
        session: &Session<'_>,
        value: &str,
    ) -> Result<Resource<D>, ApiError> {
        let id = self.resolve(session, value)?;
        session
            .resource(self.ocid_type, &id)?
            .filter(|resource| resource.time_deleted_ms.is_none())
            .ok_or_else(|| self.unknown(value))
    }

    /// The resource with this OCID or name; a deleted one while it is remembered.
    pub(super) fn remembered<D: DeserializeOwned>(
        self,
        session: &Session<'_>,
        value: &str,
        now_ms: i64,
    ) -> Result<Resource<D>, ApiError> {
        let id = self.resolve(session, value)?;
        session
            .resource(self.ocid_type, &id)?
            .filter(|resource: &Resource<D>| {
                resource
                    .time_deleted_ms
                    .is_none_or(|deleted_ms| deleted_ms > now_ms - REMEMBERED_MS)
            })
            .ok_or_else(|| self.unknown(value))
    }
}

impl<D> Resource<D> {
    /// Refuses a call whose `if-match` is not this resource's etag. Quotes around it may be left out.
    pub(super) fn check_etag(&self, call: &Call) -> Result<(), ApiError> {
        let bare = |etag: &str| etag.trim_matches('"').to_owned();
        match call.headers.get("if-match") {
            Some(wanted) if wanted != "*" && bare(wanted) != bare(&self.etag) => {
                Err(ApiError::etag_mismatch())
            }
            _ => Ok(()),
        }
    }

    /// Gives the resource a new etag: it has changed.
    pub(super) fn touch(&mut self) {
        self.etag = ocid::new_etag();
    }

    /// Marks the resource as deleted now.
    pub(super) fn delete(&mut self, now_ms: i64) {
        self.state = "DELETED".to_owned();
        self.time_deleted_ms = Some(now_ms);
        self.touch();
    }
}

/// Removes what is left of resources that are remembered no longer. Deleting calls it, so that what is kept
/// of deleted resources has a bound.
pub(super) fn forget_old(session: &Session<'_>, now_ms: i64) -> Result<(), ApiError> {
    Ok(session.forget_resources_deleted_until(now_ms - REMEMBERED_MS)?)
}

/// Refuses a resource's name that is empty or longer than the services allow.
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    check_text("name", name)
}

/// Refuses a text that is blank or has more than 255 characters.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() {
        return Err(ApiError::invalid(format!("{field} is empty")));
    }
    match text.chars().count() {
        0..=255 => Ok(()),
        length => Err(ApiError::invalid(format!(
            "{field} has {length} characters; at most 255 are allowed"
        ))),
    }
}
