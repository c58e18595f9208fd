"""Every operation of Connector Hub through the official Python SDK.

usage: sdk.py ENDPOINT KEY_FILE STREAM_ID
"""

import sys

import oci
from oci.sch import (
    ConnectorPluginsClient,
    ServiceConnectorClient,
    ServiceConnectorClientCompositeOperations,
    models,
)

COMPARTMENT = "ocid1.compartment.oc1..shop"


class Recorded:
    """A client that remembers which of its operations were called."""

    def __init__(self, client):
        self._client = client
        self._called = set()

    def __getattr__(self, name):
        value = getattr(self._client, name)
        if callable(value) and not name.startswith("_"):
            self._called.add(name)
        return value

    def check_all_called(self):
        public = {name for name in vars(type(self._client)) if not name.startswith("_")}
        operations = {name for name in public if callable(getattr(self._client, name))}
        # No operation, but a way to make the address.
        operations -= {"get_endpoint_template_per_realm", "update_endpoint_template_for_options"}
        assert operations <= self._called, operations - self._called


def client(kind, endpoint, key_file):
    config = {
        "tenancy": "ocid1.tenancy.oc1..shop",
        "user": "ocid1.user.oc1..clerk",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }
    return Recorded(kind(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy()))


def refused(status, code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except oci.exceptions.ServiceError as error:
        assert (error.status, error.code) == (status, code), error
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def details(name, stream_id, target):
    return models.CreateServiceConnectorDetails(
        display_name=name,
        compartment_id=COMPARTMENT,
        source=models.StreamingSourceDetails(
            stream_id=stream_id, cursor=models.TrimHorizonStreamingCursor()
        ),
        target=target,
        freeform_tags={"team": "shop"},
    )


def operate(connectors, both, stream_id):
    bucket = models.ObjectStorageTargetDetails(bucket_name="lake", batch_rollover_size_in_mbs=5)
    done = both.create_service_connector_and_wait_for_state(
        details("archive", stream_id, bucket), ["SUCCEEDED"]
    ).data
    assert done.resources[0].entity_type == "serviceconnector"
    connector = connectors.get_service_connector(done.resources[0].identifier).data
    assert connector.lifecycle_state == "ACTIVE"
    assert connector.source.cursor.kind == "TRIM_HORIZON"
    assert isinstance(connector.target, models.ObjectStorageTargetDetailsResponse)
    assert connector.target.batch_rollover_size_in_mbs == 5
    got = connectors.get_service_connector(connector.id)
    assert got.data == connector

    both.deactivate_service_connector_and_wait_for_state(connector.id, ["SUCCEEDED"])
    assert connectors.get_service_connector(connector.id).data.lifecycle_state == "INACTIVE"
    refused(409, "IncorrectState", connectors.deactivate_service_connector, connector.id)
    both.activate_service_connector_and_wait_for_state(connector.id, ["SUCCEEDED"])
    update = models.UpdateServiceConnectorDetails(
        description="nightly", target=models.ObjectStorageTargetDetails(bucket_name="pond")
    )
    refused(
        412,
        "NoEtagMatch",
        connectors.update_service_connector,
        connector.id,
        update,
        if_match=got.headers["etag"],
    )
    both.update_service_connector_and_wait_for_state(connector.id, update, ["SUCCEEDED"])
    updated = connectors.get_service_connector(connector.id).data
    assert (updated.description, updated.target.bucket_name) == ("nightly", "pond")
    return connector


def look(connectors, connector, stream_id):
    topic = models.NotificationsTargetDetails(topic_id="ocid1.onstopic.oc1..gone")
    first = connectors.create_service_connector(details("b", stream_id, topic), opc_retry_token="t")
    again = connectors.create_service_connector(details("b", stream_id, topic), opc_retry_token="t")
    assert first.headers["opc-work-request-id"] == again.headers["opc-work-request-id"]
    names = [
        summary.display_name
        for summary in oci.pagination.list_call_get_all_results(
            connectors.list_service_connectors, COMPARTMENT, limit=1, sort_by="displayName", sort_order="ASC"
        ).data
    ]
    assert names == ["archive", "b"], names
    work = connectors.get_work_request(first.headers["opc-work-request-id"]).data
    assert (work.operation_type, work.status) == ("CREATE_SERVICE_CONNECTOR", "SUCCEEDED")
    works = connectors.list_work_requests(COMPARTMENT).data.items
    assert len(works) == 5, works
    assert connectors.list_work_request_errors(work.id).data.items == []
    assert len(connectors.list_work_request_logs(work.id).data.items) == 1
    refused(
        400,
        "InvalidParameter",
        connectors.create_service_connector,
        details("c", stream_id, models.LoggingAnalyticsTargetDetails(log_group_id="g")),
    )
    move = models.ChangeServiceConnectorCompartmentDetails(compartment_id="ocid1.compartment.oc1..other")
    connectors.change_service_connector_compartment(connector.id, move)
    assert connectors.get_service_connector(connector.id).data.compartment_id == move.compartment_id


def create(connectors, both, source, target, tasks=None):
    """A new connector, as it is got then."""
    new = models.CreateServiceConnectorDetails(
        display_name="measures", compartment_id=COMPARTMENT, source=source, target=target, tasks=tasks
    )
    done = both.create_service_connector_and_wait_for_state(new, ["SUCCEEDED"]).data
    return connectors.get_service_connector(done.resources[0].identifier).data


def metrics(connectors, both, stream_id):
    namespace = models.MonitoringSourceSelectedNamespace(
        namespace="oci_streaming", metrics=models.MonitoringSourceAllMetrics()
    )
    source = models.MonitoringSourceDetails(
        monitoring_sources=[
            models.MonitoringSource(
                compartment_id=COMPARTMENT,
                namespace_details=models.MonitoringSourceSelectedNamespaceDetails(namespaces=[namespace]),
            )
        ]
    )
    got = create(connectors, both, source, models.StreamingTargetDetails(stream_id=stream_id))
    assert isinstance(got.source, models.MonitoringSourceDetailsResponse)
    assert got.source.monitoring_sources == source.monitoring_sources

    logs = models.LoggingSourceDetails(
        log_sources=[models.LogSource(compartment_id=COMPARTMENT, log_group_id="_Audit")]
    )
    target = models.MonitoringTargetDetails(
        compartment_id=COMPARTMENT,
        metric_namespace="audit",
        metric="calls",
        dimensions=[
            models.DimensionDetails(
                name="user", dimension_value=models.JmesPathDimensionValue(path="logContent.data.user")
            ),
            models.DimensionDetails(name="site", dimension_value=models.StaticDimensionValue(value="shop")),
        ],
    )
    rule = models.LogRuleTaskDetails(condition="data.status = 200")
    got = create(connectors, both, logs, target, [rule])
    assert isinstance(got.target, models.MonitoringTargetDetailsResponse)
    assert got.target.dimensions == target.dimensions
    assert got.tasks[0].condition == rule.condition
    refused(
        400,
        "InvalidParameter",
        connectors.create_service_connector,
        models.CreateServiceConnectorDetails(
            display_name="both", compartment_id=COMPARTMENT, source=source, target=target
        ),
    )


def main(endpoint, key_file, stream_id):
    connectors = client(ServiceConnectorClient, endpoint, key_file)
    both = ServiceConnectorClientCompositeOperations(connectors)
    connector = operate(connectors, both, stream_id)
    look(connectors, connector, stream_id)
    metrics(connectors, both, stream_id)
    both.delete_service_connector_and_wait_for_state(connector.id, ["SUCCEEDED"])
    assert connectors.get_service_connector(connector.id).data.lifecycle_state == "DELETED"
    plugins = client(ConnectorPluginsClient, endpoint, key_file)
    assert [plugin.name for plugin in plugins.list_connector_plugins().data.items] == ["QueueSource"]
    plugin = plugins.get_connector_plugin("QueueSource").data
    assert isinstance(plugin, models.SourceConnectorPlugin) and plugin.schema
    connectors.check_all_called()
    plugins.check_all_called()
    print("every operation answered")


if __name__ == "__main__":
    main(*sys.argv[1:])
