//! In the cloud messages have an address of their own, which the stream tells.

use ocelot::api::OperationId;
use ocelot::api::streaming::Streaming;
use ocelot::call::Call;
use ocelot::client::{Connection, Http, HttpOptions, Remote, RetryPolicy};
use ocelot::profile::BaseUrl;
use serde_json::json;

use crate::server::{Server, json};

#[test]
fn messages_go_to_where_the_stream_says() {
    let data = Server::start(vec![json(200, &[("opc-next-cursor", "n")], &json!([]))]);
    let stream = json!({"id": "s1", "messagesEndpoint": data.url()});
    let control = Server::start(vec![json(200, &[], &stream)]);
    let get = OperationId::Streaming(Streaming::GetMessages);
    let mut call = Call::new(get.operation().unwrap());
    call.path.insert("streamId", "s1".to_owned());
    call.query.insert("cursor", "c".to_owned());
    let remote = Remote {
        address: BaseUrl::given(&control.url(), call.operation.client).unwrap(),
        asks_for_messages_endpoint: true,
        connection: Connection {
            http: Http::new(HttpOptions::default()).unwrap(),
            retry: RetryPolicy::NONE,
            credentials: None,
            trace: None,
        },
        request_id: None,
    };
    let reply = remote.send(&call).unwrap();
    assert_eq!(reply.header("opc-next-cursor"), Some("n"));
    let asked = control.seen();
    assert!(
        asked[0].starts_with("GET /20180418/streams/s1 HTTP/1.1"),
        "{asked:?}"
    );
    let sent = data.seen();
    let wanted = "GET /20180418/streams/s1/messages?cursor=c HTTP/1.1";
    assert!(sent[0].starts_with(wanted), "{sent:?}");
}
