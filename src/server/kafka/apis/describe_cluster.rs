//! DescribeCluster (60), versions 0 and 1.
//!
//! - The pool is the cluster, and this server its one broker.
//! - Controllers (endpoint type 2 of version 1) are refused with UNSUPPORTED_ENDPOINT_TYPE.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{ApiKey, DescribeClusterRequest, DescribeClusterResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::BROKER_ID;
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always, since};
use super::metadata::CLUSTER_OPERATIONS;

pub(in super::super) const API: Api = Api {
    key: ApiKey::DescribeCluster,
    versions: 0..=1,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Fixed(1)),   // include authorized operations
    since(1, Kind::Fixed(1)), // endpoint type
];

const BROKERS: i8 = 1;

async fn handle(call: Call<'_>) -> Handled {
    let request: DescribeClusterRequest = call.request()?;
    if call.version() >= 1 && request.endpoint_type != BROKERS {
        let refusal = DescribeClusterResponse::default()
            .with_error_code(ResponseError::UnsupportedEndpointType.code())
            .with_endpoint_type(request.endpoint_type);
        return call.answer(&refusal);
    }
    let (host, port) = call.kafka.broker_address(call.connection);
    let broker = DescribeClusterBroker::default()
        .with_broker_id(BROKER_ID)
        .with_host(StrBytes::from_string(host))
        .with_port(port);
    let mut response = DescribeClusterResponse::default()
        .with_cluster_id(StrBytes::from_string(call.pool()?.id.clone()))
        .with_controller_id(BROKER_ID)
        .with_brokers(vec![broker]);
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    call.answer(&response)
}
