"""Metrics posted, listed and queried through the official Python SDK.

usage: sdk.py ENDPOINT KEY_FILE
"""

import datetime
import sys

import oci
from oci.monitoring import MonitoringClient, models

COMPARTMENT = "ocid1.compartment.oc1..shop"


def client(endpoint, key_file):
    config = {
        "tenancy": "ocid1.tenancy.oc1..shop",
        "user": "ocid1.user.oc1..clerk",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }
    return MonitoringClient(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


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
    reply = monitoring.post_metric_data(models.PostMetricDataDetails(metric_data=good + [bad])).data
    assert reply.failed_metrics_count == 1, reply
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


def main(endpoint, key_file):
    monitoring = client(endpoint, key_file)
    now = datetime.datetime.now(datetime.timezone.utc)
    post(monitoring, now)
    listed(monitoring)
    summarized(monitoring, now)
    print("every operation answered")


main(*sys.argv[1:])
