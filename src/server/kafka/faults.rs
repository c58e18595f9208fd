//! Faults that a user asks for, as Kafka clients meet them.

use kafka_protocol::error::ResponseError;

use super::error::Refusal;
use super::registry::Call;
use crate::api::OperationId;
use crate::call::ApiError;
use crate::engine::fault::Hit;

/// What faults do to a request with so many batches: waits as long as they say, and tells for each batch what it is
/// refused with. Nothing where there is no fault, which is nearly always.
pub(super) async fn strike(
    call: &Call<'_>,
    id: OperationId,
    batches: impl Fn() -> usize,
) -> Option<Vec<Option<Refusal>>> {
    let engine = &call.kafka.shared.engine;
    if !engine.has_faults() {
        return None;
    }
    let strike = match engine.strike_messages(id, &batches) {
        Ok(strike) => strike,
        Err(error) => return Some(vec![Some(refusal(&error)); batches()]),
    };
    if !strike.delay.is_zero() {
        tokio::time::sleep(strike.delay).await;
    }
    let part = ApiError::new(
        429,
        "TooManyRequests",
        "A fault that ocelot local fault add made",
    );
    match strike.hit? {
        Hit::Refused(error) => Some(vec![Some(refusal(&error)); batches()]),
        Hit::InPart(failing) => {
            let failing = failing.into_iter();
            Some(failing.map(|fails| fails.then(|| refusal(&part))).collect())
        }
    }
}

/// The error of Kafka's that clients deal with as they would with a status of REST's: repeat it or not.
fn refusal(error: &ApiError) -> Refusal {
    let code = match error.status {
        400 => ResponseError::InvalidRequest,
        401 => ResponseError::TopicAuthorizationFailed,
        404 => ResponseError::UnknownTopicOrPartition,
        409 | 412 => ResponseError::NotLeaderOrFollower,
        // That of quotas is final to librdkafka; a broker that is busy is not.
        429 => ResponseError::RequestTimedOut,
        _ => ResponseError::KafkaStorageError,
    };
    Refusal::new(code, &error.message)
}
