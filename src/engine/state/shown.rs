//! A resource as its service shows it.

use serde_json::Value;

use crate::api::naming::kebab;
use crate::api::operation::{Method, Operation};
use crate::api::operations;
use crate::call::Call;
use crate::engine::{Engine, EngineError};
use crate::store::ResourceKey;

impl Engine {
    /// What a resource's service answers whoever asks for it; nobody is counted to have.
    pub(super) fn shown(&self, key: ResourceKey) -> Result<Value, EngineError> {
        let getter = operations().find_map(|operation| {
            let parameter = named_last(operation)?;
            let kind = Self::kind_of_option(&kebab(parameter))?;
            (kind == key.kind).then_some((operation, parameter))
        });
        let Some((operation, parameter)) = getter else {
            let ResourceKey { kind, id, .. } = key;
            return Err(EngineError::Refused(format!(
                "{id} is a {kind}, which no service has"
            )));
        };
        let mut call = Call::new(operation);
        call.origin.tenancy_id = key.tenancy_id;
        call.path.insert(parameter, key.id);
        let reply = self.attempt_again(&call)?.into_reply();
        Ok(reply.body.unwrap_or_default())
    }
}

/// What the path of a GET for one resource ends in.
fn named_last(operation: &Operation) -> Option<&'static str> {
    let (_, last) = operation.path.rsplit_once('/')?;
    let parameter = last.strip_prefix('{')?.strip_suffix('}')?;
    (operation.method == Method::Get).then_some(parameter)
}
