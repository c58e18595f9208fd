//! InitProducerId (22), versions 0 to 5.
//!
//! - An id that was never given out, with epoch 0; also to a producer that names the one it had, as Kafka does
//!   for producers without transactions.
//! - Transactions are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, as by Produce: the service has none.
//! - Version 6 stands for transactions in two phases.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::super::error::{Refusal, code_of};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::InitProducerId,
    versions: 0..=5,
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

/// What a producer hears that wants transactions. Clients give up on it at once.
pub(super) fn no_transactions() -> Refusal {
    Refusal::new(
        ResponseError::TransactionalIdAuthorizationFailed,
        "transactions are not supported, as in the service",
    )
}

async fn handle(call: Call<'_>) -> Handled {
    let request: InitProducerIdRequest = call.request()?;
    let given = give_id(&call, &request);
    let (id, epoch) = given.as_ref().map_or((-1, -1), |id| (*id, 0));
    let response = InitProducerIdResponse::default()
        .with_error_code(code_of(&given))
        .with_producer_id(ProducerId(id))
        .with_producer_epoch(epoch);
    call.answer(&response)
}

fn give_id(call: &Call<'_>, request: &InitProducerIdRequest) -> Result<i64, Refusal> {
    if request.transactional_id.is_some() {
        return Err(no_transactions());
    }
    let engine = &call.kafka.shared.engine;
    let given = call.kafka.waiting_for_disk(|| engine.new_producer_id());
    given.map_err(|error| {
        tracing::error!("cannot give out a producer id: {error}");
        // The client asks again.
        Refusal::new(ResponseError::CoordinatorNotAvailable, error)
    })
}
