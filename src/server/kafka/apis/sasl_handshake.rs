//! SaslHandshake (17), versions 0 and 1.
//!
//! - The client chooses a mechanism, of those that are told when it chooses another.
//! - After version 0 the tokens come bare, without requests around them, as before KIP-152.

use kafka_protocol::messages::{ApiKey, SaslHandshakeRequest, SaslHandshakeResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::error::code_of;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::SaslHandshake,
    versions: 0..=1,
    shape: REQUEST,
    for_strangers: true,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[always(Kind::String)];

async fn handle(call: Call<'_>) -> Handled {
    let request: SaslHandshakeRequest = call.request()?;
    let raw = call.version() == 0;
    let chosen = call
        .kafka
        .choose_mechanism(call.connection, &request.mechanism, raw);
    let offered = call.kafka.mechanisms().map(StrBytes::from_static_str);
    let response = SaslHandshakeResponse::default()
        .with_error_code(code_of(&chosen))
        .with_mechanisms(offered.collect());
    call.answer(&response)
}
