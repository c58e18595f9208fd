//! The APIs that are served: one entry each, in `apis/`. ApiVersions answers from the same entries.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::{Decodable, Encodable};

use super::Kafka;
use super::answer::{self, Answer, Chunks};
use super::apis;
use super::connection::Connection;
use super::frame::{FrameError, RequestHeader};
use super::shape::{self, Field};
use crate::call::ApiError;
use crate::engine::{TopicPool, Topics};

/// An API as it is served.
pub(super) struct Api {
    pub(super) key: ApiKey,
    /// The versions that are answered.
    pub(super) versions: RangeInclusive<i16>,
    /// What a request must look like to be decoded.
    pub(super) shape: &'static [Field],
    /// Whether it is answered before the client has said who it is, where it must.
    pub(super) for_strangers: bool,
    pub(super) handle: Handler,
}

/// Answers a request; `None` where the client wants no answer.
pub(super) type Handled = Result<Option<Answer>, Closing>;
type Handler = for<'c> fn(Call<'c>) -> Pin<Box<dyn Future<Output = Handled> + Send + 'c>>;

/// All that may be served, by API key.
pub(super) static APIS: [&Api; 29] = [
    &apis::produce::API,
    &apis::fetch::API,
    &apis::list_offsets::API,
    &apis::metadata::API,
    &apis::offset_commit::API,
    &apis::offset_fetch::API,
    &apis::find_coordinator::API,
    &apis::join_group::API,
    &apis::heartbeat::API,
    &apis::leave_group::API,
    &apis::sync_group::API,
    &apis::describe_groups::API,
    &apis::list_groups::API,
    &apis::sasl_handshake::API,
    &apis::api_versions::API,
    &apis::create_topics::API,
    &apis::delete_topics::API,
    &apis::delete_records::API,
    &apis::init_producer_id::API,
    &apis::describe_configs::API,
    &apis::alter_configs::API,
    &apis::sasl_authenticate::API,
    &apis::create_partitions::API,
    &apis::delete_groups::API,
    &apis::incremental_alter_configs::API,
    &apis::offset_delete::API,
    &apis::describe_cluster::API,
    &apis::consumer_group_heartbeat::API,
    &apis::consumer_group_describe::API,
];

/// What the service in the cloud does not serve. Source: behaviour.md 1.11.
const BEYOND_THE_SERVICE: [ApiKey; 1] = [ApiKey::InitProducerId];

/// The APIs that an engine serves, strict or not.
pub(super) fn served(strict: bool) -> impl Iterator<Item = &'static Api> {
    let served = move |api: &&Api| !(strict && BEYOND_THE_SERVICE.contains(&api.key));
    APIS.into_iter().filter(served)
}

/// The API with a key, where it is served.
pub(super) fn find(api_key: i16, strict: bool) -> Option<&'static Api> {
    served(strict).find(|api| api.key as i16 == api_key)
}

/// Why a request is not answered and its connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closing {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the API with the key {0} is not served")]
    UnknownApi(i16),
    #[error("version {version} of {api:?} is not served")]
    UnknownVersion { api: ApiKey, version: i16 },
    #[error("a request of {api:?} version {version} cannot be read")]
    Malformed { api: ApiKey, version: i16 },
    #[error("the client must say who it is before it asks for {0:?}")]
    Stranger(ApiKey),
    #[error("the client was refused: {0}")]
    Refused(String),
    #[error("the stream pool of the connection is deleted")]
    PoolDeleted,
    #[error("what cannot be acknowledged has failed: {0}")]
    Unacknowledged(String),
    #[error("the answer to {api:?} cannot be written: {cause}")]
    Unwritable { api: ApiKey, cause: String },
    #[error("the engine failed: {0}")]
    Engine(#[from] ApiError),
}

/// A request, with who asks and who answers.
pub(super) struct Call<'c> {
    pub(super) kafka: &'c Kafka,
    pub(super) connection: &'c Connection,
    pub(super) api: &'static Api,
    pub(super) header: RequestHeader,
    /// The request with its header.
    pub(super) frame: Bytes,
    pub(super) body: Bytes,
}

impl Call<'_> {
    pub(super) fn version(&self) -> i16 {
        self.header.version
    }

    /// The name that the client gave itself.
    pub(super) fn client_id(&self) -> String {
        RequestHeader::client_id(&self.frame)
    }

    pub(super) fn topics(&self) -> Topics<'_> {
        let tenancy_id = self.connection.tenancy_id();
        self.kafka.shared.engine.topics(tenancy_id)
    }

    /// The pool whose streams are the client's topics.
    pub(super) fn pool(&self) -> Result<Arc<TopicPool>, Closing> {
        let id = match self.connection.identity() {
            Some(identity) => Arc::clone(&identity.pool_id),
            None => self.topics().default_pool()?,
        };
        self.topics().pool(&id)?.ok_or(Closing::PoolDeleted)
    }

    /// The request, decoded.
    pub(super) fn request<R: Decodable>(&self) -> Result<R, Closing> {
        decode(self.api, &self.header, self.body.clone())
    }

    /// A message as the answer.
    pub(super) fn answer(&self, message: &impl Encodable) -> Handled {
        self.answer_in_version(self.version(), message)
    }

    /// A message as the answer, in a version of its own.
    pub(super) fn answer_in_version(&self, version: i16, message: &impl Encodable) -> Handled {
        let encoded = answer::encode(&self.header, self.api.key, version, message);
        let chunks = encoded.map_err(|cause| self.unwritable(cause))?;
        Ok(Some(Answer::new(chunks)))
    }

    /// A body in pieces as the answer.
    pub(super) fn answer_in_pieces(&self, body: Chunks) -> Answer {
        Answer::new(answer::frame(&self.header, self.api.key, body))
    }

    pub(super) fn unwritable(&self, cause: impl ToString) -> Closing {
        Closing::Unwritable {
            api: self.api.key,
            cause: cause.to_string(),
        }
    }
}

/// Decodes a request that has its API's shape.
fn decode<R: Decodable>(api: &Api, header: &RequestHeader, body: Bytes) -> Result<R, Closing> {
    let malformed = || Closing::Malformed {
        api: api.key,
        version: header.version,
    };
    let flexible = header.is_flexible(api.key);
    if !shape::fits(api.shape, &body, header.version, flexible) {
        return Err(malformed());
    }
    let mut rest = body;
    R::decode(&mut rest, header.version).map_err(|_| malformed())
}
