//! FindCoordinator (10), versions 0 to 5.
//!
//! - This server coordinates every group of the client's pool.
//! - Transactions (key type 1) are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, as by InitProducerId.
//! - Version 6 stands for share groups (key type 2), which this server does not have.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{ApiKey, BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::BROKER_ID;
use super::super::error::{Refusal, code_of, text_of};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, between, since};

pub(in super::super) const API: Api = Api {
    key: ApiKey::FindCoordinator,
    versions: 0..=5,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    between(0, 3, Kind::String), // key
    since(1, Kind::Fixed(1)),    // key type
    since(4, Kind::Values(&Kind::String)),
];

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

/// The first version that asks for several keys at a time.
const BATCHED: i16 = 4;

async fn handle(call: Call<'_>) -> Handled {
    let request: FindCoordinatorRequest = call.request()?;
    let allowed = check(request.key_type);
    if call.version() < BATCHED {
        let found = coordinator(&call, request.key, &allowed);
        let response = FindCoordinatorResponse::default()
            .with_error_code(found.error_code)
            .with_error_message(found.error_message)
            .with_node_id(found.node_id)
            .with_host(found.host)
            .with_port(found.port);
        return call.answer(&response);
    }
    let keys = request.coordinator_keys.into_iter();
    let found = keys.map(|key| coordinator(&call, key, &allowed)).collect();
    call.answer(&FindCoordinatorResponse::default().with_coordinators(found))
}

fn check(key_type: i8) -> Result<(), Refusal> {
    match key_type {
        GROUP => Ok(()),
        TRANSACTION => Err(Refusal::new(
            ResponseError::TransactionalIdAuthorizationFailed,
            "transactions are not supported, as in the service",
        )),
        other => Err(Refusal::new(
            ResponseError::InvalidRequest,
            format_args!("there are no coordinators of the type {other}"),
        )),
    }
}

fn coordinator(call: &Call<'_>, key: StrBytes, allowed: &Result<(), Refusal>) -> Coordinator {
    const NOBODY: BrokerId = BrokerId(-1);
    let (node_id, (host, port)) = match allowed {
        Ok(()) => (BROKER_ID, call.kafka.broker_address(call.connection)),
        Err(_) => (NOBODY, (String::new(), -1)),
    };
    Coordinator::default()
        .with_key(key)
        .with_node_id(node_id)
        .with_host(StrBytes::from_string(host))
        .with_port(port)
        .with_error_code(code_of(allowed))
        .with_error_message(text_of(allowed))
}
