//! SASL: the user name picks the pool. That passwords are checked is tested with the logins of all protocols.

use bytes::{Buf, Bytes};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{MetadataRequest, SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;

use crate::server::Server;
use crate::wire::Client;

fn plain(name: &str) -> Bytes {
    format!("\0{name}\0any").into()
}

fn handshake(mechanism: &'static str) -> SaslHandshakeRequest {
    SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism))
}

fn new_pool(server: &Server) -> String {
    let pool = server.run(&[
        "streaming",
        "admin",
        "stream-pool",
        "create",
        "--name",
        "other",
        "--compartment-id",
        "ocid1.tenancy.oc1..local",
    ]);
    pool["data"]["id"].as_str().unwrap().to_owned()
}

fn topics(client: &mut Client) -> Vec<String> {
    let metadata = client.call(12, &MetadataRequest::default().with_topics(None));
    let names = metadata
        .topics
        .iter()
        .map(|topic| topic.name.as_ref().unwrap());
    names.map(|name| name.to_string()).collect()
}

#[test]
fn the_user_name_picks_the_pool() {
    let server = Server::start();
    server.create_stream("of-the-default-pool", 1);
    let pool = new_pool(&server);
    server.run(&[
        "streaming",
        "admin",
        "stream",
        "create",
        "--name",
        "of-the-other",
        "--partitions",
        "1",
        "--stream-pool-id",
        &pool,
    ]);
    let mut client = Client::connect(&server);
    assert_eq!(topics(&mut client), ["of-the-default-pool"]);
    for name in [
        format!("local/ann/{pool}"),
        format!("local/idcs/ann@example.com/{pool}"),
    ] {
        let mut client = Client::connect(&server);
        assert_eq!(client.call(1, &handshake("PLAIN")).error_code, 0);
        let request = SaslAuthenticateRequest::default().with_auth_bytes(plain(&name));
        assert_eq!(client.call(2, &request).error_code, 0);
        assert_eq!(topics(&mut client), ["of-the-other"]);
    }
}

#[test]
fn tokens_may_come_bare() {
    let server = Server::start();
    let pool = new_pool(&server);
    let mut client = Client::connect(&server);
    assert_eq!(client.call(0, &handshake("PLAIN")).error_code, 0);
    client.send_frame(&plain(&format!("local/ann/{pool}")));
    assert_eq!(client.receive_frame().unwrap().remaining(), 0);
    assert!(topics(&mut client).is_empty());
}

#[test]
fn who_is_refused_is_told_why() {
    let server = Server::start();
    let refused = ResponseError::SaslAuthenticationFailed.code();
    for (name, reason) in [
        (
            "local/ann/ocid1.streampool.oc1.local.nothing",
            "stream pool",
        ),
        ("ann", "tenancy/user"),
    ] {
        let mut client = Client::connect(&server);
        client.call(1, &handshake("PLAIN"));
        let request = SaslAuthenticateRequest::default().with_auth_bytes(plain(name));
        let response = client.call(2, &request);
        assert_eq!(response.error_code, refused);
        let message = response.error_message.unwrap().to_string();
        assert!(message.contains(reason), "{message}");
        assert!(client.receive_frame().is_none(), "the connection ends");
    }
    let mut client = Client::connect(&server);
    let response = client.call(1, &handshake("GSSAPI"));
    assert_eq!(
        response.error_code,
        ResponseError::UnsupportedSaslMechanism.code()
    );
    assert!(!response.mechanisms.is_empty());
}
