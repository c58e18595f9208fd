//! ApiVersions (18), versions 0 to 4.
//!
//! - Answers from the registrations, so that what is told and what is served cannot differ, but for one lie:
//!   Produce is told from version 0 on, because librdkafka before 2.8.1 does not compress otherwise
//!   (KAFKA-18659; Kafka 4 tells the same). Asking for those versions ends the connection.
//! - A version that is not known is answered in version 0, with UNSUPPORTED_VERSION and the full list, so that
//!   the client can ask again.
//! - The answer's header has version 0 always: the client does not know yet what the server speaks.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, ApiVersionsResponse};

use super::super::registry::{Api, Call, Handled, served};
use super::super::shape::{Field, Kind, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::ApiVersions,
    versions: 0..=4,
    shape: REQUEST,
    for_strangers: true,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    since(3, Kind::String), // client software name
    since(3, Kind::String), // client software version
];

async fn handle(call: Call<'_>) -> Handled {
    let _: ApiVersionsRequest = call.request()?;
    call.answer(&response(&call))
}

/// Answers a version that is not served.
pub(in super::super) fn refuse_version(call: &Call<'_>) -> Handled {
    let refusal = response(call).with_error_code(ResponseError::UnsupportedVersion.code());
    call.answer_in_version(0, &refusal)
}

fn response(call: &Call<'_>) -> ApiVersionsResponse {
    let told = served(call.kafka.is_strict()).map(|api| {
        let first = match api.key {
            ApiKey::Produce => 0,
            _ => *api.versions.start(),
        };
        ApiVersion::default()
            .with_api_key(api.key as i16)
            .with_min_version(first)
            .with_max_version(*api.versions.end())
    });
    ApiVersionsResponse::default().with_api_keys(told.collect())
}
