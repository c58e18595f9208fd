//! InitProducerId (22), versions 0 to 4.
//!
//! - Gives an idempotent producer an id, with epoch 0. One that asks again gets another id.
//! - Not served where the engine is strict: the service has no idempotent producers.
//! - Transactions are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED. Version 5 stands for transactions
//!   of the second kind.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};
use crate::call::ApiError;

pub(in super::super) const API: Api = Api {
    key: ApiKey::InitProducerId,
    versions: 0..=4,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::String),     // transactional id
    always(Kind::Fixed(4)),   // transaction timeout
    since(3, Kind::Fixed(8)), // producer id
    since(3, Kind::Fixed(2)), // producer epoch
];

async fn handle(call: Call<'_>) -> Handled {
    let request: InitProducerIdRequest = call.request()?;
    if request.transactional_id.is_some() {
        let refusal = InitProducerIdResponse::default()
            .with_error_code(ResponseError::TransactionalIdAuthorizationFailed.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1);
        return call.answer(&refusal);
    }
    let id = call.kafka.shared.engine.new_producer_id();
    let id = id.map_err(|error| ApiError::internal(error.to_string()))?;
    call.answer(
        &InitProducerIdResponse::default()
            .with_producer_id(ProducerId(id))
            .with_producer_epoch(0),
    )
}
