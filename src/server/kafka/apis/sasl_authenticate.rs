//! SaslAuthenticate (36), versions 0 to 2.
//!
//! - Takes one token of the mechanism that the handshake chose, and answers with the server's.
//! - A refusal says why, and ends the connection. Sessions do not expire.

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, SaslAuthenticateRequest, SaslAuthenticateResponse};

use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always};

pub(in super::super) const API: Api = Api {
    key: ApiKey::SaslAuthenticate,
    versions: 0..=2,
    shape: REQUEST,
    for_strangers: true,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[always(Kind::Bytes)];

async fn handle(call: Call<'_>) -> Handled {
    let request: SaslAuthenticateRequest = call.request()?;
    let taken = call.kafka.take_token(call.connection, &request.auth_bytes);
    let response = match &taken {
        Ok(reply) => {
            SaslAuthenticateResponse::default().with_auth_bytes(Bytes::from(reply.clone()))
        }
        Err(refusal) => SaslAuthenticateResponse::default()
            .with_error_code(refusal.code())
            .with_error_message(refusal.text()),
    };
    let mut answer = call.answer(&response)?;
    if let Some(answer) = &mut answer {
        answer.last = taken.is_err();
    }
    Ok(answer)
}
