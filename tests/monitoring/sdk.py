"""Metrics posted, listed and queried through the official Python SDK.

usage: sdk.py ENDPOINT KEY_FILE
"""

import datetime
import functools
import inspect
import sys

import oci
from oci.monitoring import MonitoringClient, models

COMPARTMENT = "ocid1.compartment.oc1..shop"


class Recorder:
    """A client, and the operations of it that were called."""

    def __init__(self, client):
        self.client = client
        self.called = set()

    def __getattr__(self, name):
        operation = getattr(self.client, name)
        if name not in operations():
            return operation

        @functools.wraps(operation)
        def call(*args, **kwargs):
            self.called.add(name)
            return operation(*args, **kwargs)

        return call


def operations():
    """The operations that the SDK's client has."""
    functions = inspect.getmembers(MonitoringClient, inspect.isfunction)
    return {name for name, _ in functions if not name.startswith("_")}


def client(endpoint, key_file):
    config = {
        "tenancy": "ocid1.tenancy.oc1..shop",
        "user": "ocid1.user.oc1..clerk",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }
    retries = oci.retry.NoneRetryStrategy()
    return Recorder(MonitoringClient(config, service_endpoint=endpoint, retry_strategy=retries))


def metric(namespace, site, now, values):
    seconds = (datetime.timedelta(seconds=-60 * index) for index in range(len(values)))
    return models.MetricDataDetails(
        namespace=namespace,
        name="orders.total",
        compartment_id=COMPARTMENT,
        dimensions={"site": site},
        metadata={"unit": "EUR"},
        datapoints=[models.Datapoint(timestamp=now + age, value=value) for age, value in zip(seconds, values)],
    )


def post(monitoring, now):
    good = [metric("shop", "berlin", now, [1, 2, 3]), metric("shop", "rome", now, [10, 20.5, 30])]
    bad = metric("oci_shop", "rome", now, [1])
    faulty = metric("shop", "oslo", now, [1])
    faulty.datapoints[0].timestamp = None
    reply = monitoring.post_metric_data(models.PostMetricDataDetails(metric_data=good + [bad, faulty])).data
    assert reply.failed_metrics_count == 2, reply
    assert "metricData[3].datapoints[0].timestamp is missing" in reply.failed_metrics[1].message, reply
    assert reply.failed_metrics[0].metric_data.namespace == "oci_shop", reply
    assert "reserved" in reply.failed_metrics[0].message, reply


def listed(monitoring):
    details = models.ListMetricsDetails(namespace="shop", name="orders*", sort_by="NAME", sort_order="DESC")
    pages = oci.pagination.list_call_get_all_results(monitoring.list_metrics, COMPARTMENT, details, limit=1)
    assert [found.dimensions["site"] for found in pages.data] == ["rome", "berlin"], pages.data
    details = models.ListMetricsDetails(group_by=["namespace"])
    assert [found.namespace for found in monitoring.list_metrics(COMPARTMENT, details).data] == ["shop"]


def summarized(monitoring, now):
    def ask(query, **more):
        details = models.SummarizeMetricsDataDetails(namespace="shop", query=query, **more)
        return monitoring.summarize_metrics_data(COMPARTMENT, details).data

    streams = ask("orders.total[5m].groupBy(site).sum()", start_time=now - datetime.timedelta(hours=1))
    sums = {found.dimensions["site"]: sum(point.value for point in found.aggregated_datapoints) for found in streams}
    assert sums == {"berlin": 6, "rome": 60.5}, streams
    assert {found.resolution for found in streams} == {"5m"}, streams
    assert {found.metadata["unit"] for found in streams} == {"EUR"}, streams
    assert ask("orders.total[1m].max() > 1000") == []
    for query, said in [("orders.total.max()", "expected '['"), ("orders.total[1m].max() > x", "expected a number")]:
        try:
            ask(query)
            raise AssertionError(f"{query} was not refused")
        except oci.exceptions.ServiceError as error:
            assert (error.status, error.code) == (400, "InvalidParameter"), error
            assert said in error.message, error


def alarms(monitoring):
    details = models.CreateAlarmDetails(
        display_name="busy",
        compartment_id=COMPARTMENT,
        metric_compartment_id=COMPARTMENT,
        namespace="shop",
        query="orders.total[1m].sum() > 5",
        severity="CRITICAL",
        destinations=["ocid1.onstopic.oc1..oncall"],
        is_enabled=True,
    )
    created = monitoring.create_alarm(details).data
    assert monitoring.get_alarm(created.id).data == created
    change = models.UpdateAlarmDetails(severity="INFO", pending_duration="PT5M")
    assert monitoring.update_alarm(created.id, change).data.severity == "INFO"
    assert [one.id for one in monitoring.list_alarms(COMPARTMENT).data] == [created.id]
    assert [one.status for one in monitoring.list_alarms_status(COMPARTMENT).data] == ["OK"]
    assert monitoring.get_alarm_history(created.id).data.is_enabled
    states = monitoring.retrieve_dimension_states(
        created.id, retrieve_dimension_states_details=models.RetrieveDimensionStatesDetails()
    ).data
    assert states.items == [], states
    target = models.AlarmSuppressionAlarmTarget(alarm_id=created.id)
    now = datetime.datetime.now(datetime.timezone.utc)
    quiet = monitoring.create_alarm_suppression(
        models.CreateAlarmSuppressionDetails(
            alarm_suppression_target=target,
            level="ALARM",
            display_name="repair",
            time_suppress_from=now - datetime.timedelta(hours=1),
            time_suppress_until=now + datetime.timedelta(hours=1),
        )
    ).data
    assert monitoring.get_alarm_suppression(quiet.id).data.alarm_suppression_target.alarm_id == created.id
    assert [one.status for one in monitoring.list_alarms_status(COMPARTMENT).data] == ["SUSPENDED"]
    assert len(monitoring.list_alarm_suppressions(alarm_id=created.id).data.items) == 1
    history = monitoring.summarize_alarm_suppression_history(
        created.id, summarize_alarm_suppression_history_details=models.SummarizeAlarmSuppressionHistoryDetails()
    ).data
    assert len(history.items) == 1, history
    monitoring.delete_alarm_suppression(quiet.id)
    monitoring.remove_alarm_suppression(created.id)
    monitoring.change_alarm_compartment(created.id, models.ChangeAlarmCompartmentDetails(compartment_id="c"))
    monitoring.delete_alarm(created.id)
    assert monitoring.list_alarms("c").data == []
    assert [one.id for one in monitoring.list_alarms("c", lifecycle_state="DELETED").data] == [created.id]
    assert monitoring.get_alarm(created.id).data.lifecycle_state == "DELETED"


def main(endpoint, key_file):
    monitoring = client(endpoint, key_file)
    now = datetime.datetime.now(datetime.timezone.utc)
    post(monitoring, now)
    listed(monitoring)
    summarized(monitoring, now)
    alarms(monitoring)
    assert monitoring.called == operations(), operations() - monitoring.called
    print("every operation answered")


main(*sys.argv[1:])
