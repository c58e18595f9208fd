"""Every Streaming operation through the official Python SDK, with its signatures, waiters and paginators.

usage: sdk_streaming.py ENDPOINT KEY_FILE [CA_FILE]
"""

import base64
import sys
import time

import oci
from oci.streaming import StreamAdminClient, StreamAdminClientCompositeOperations, StreamClient
from oci.streaming import models

COMPARTMENT = "ocid1.compartment.oc1..shop"
OTHER = "ocid1.compartment.oc1..other"
# What the composite operations wait for: the state of the work request.
DONE = ["SUCCEEDED"]


def config(key_file):
    return {
        "tenancy": "ocid1.tenancy.oc1..shop",
        "user": "ocid1.user.oc1..clerk",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }


def client(kind, endpoint, key_file, ca_file):
    made = kind(config(key_file), service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())
    if ca_file:
        made.base_client.session.verify = ca_file
    return made


def refused(status, code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except oci.exceptions.ServiceError as error:
        assert (error.status, error.code) == (status, code), error
        assert error.request_id, error
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()


def made_by(response):
    """The resource that a work request is about."""
    assert response.data.status == "SUCCEEDED", response.data
    return response.data.resources[0].identifier


def pools(admin, waiting):
    details = models.CreateStreamPoolDetails(
        compartment_id=COMPARTMENT,
        name="production",
        kafka_settings=models.KafkaSettings(auto_create_topics_enable=True, num_partitions=2),
        freeform_tags={"team": "shop"},
    )
    pool_id = made_by(waiting.create_stream_pool_and_wait_for_state(details, DONE))
    pool = admin.get_stream_pool(pool_id).data
    assert pool.lifecycle_state == "ACTIVE" and pool.kafka_settings.num_partitions == 2
    assert pool.freeform_tags == {"team": "shop"}
    details = models.UpdateStreamPoolDetails(name="renamed")
    refused(412, "NoEtagMatch", admin.update_stream_pool, pool.id, details, if_match='"other"')
    etag = admin.get_stream_pool(pool.id).headers["etag"]
    waiting.update_stream_pool_and_wait_for_state(
        pool.id, details, DONE, operation_kwargs={"if_match": etag}
    )
    assert admin.get_stream_pool(pool.id).data.name == "renamed"
    admin.change_stream_pool_compartment(
        pool.id, models.ChangeStreamPoolCompartmentDetails(compartment_id=OTHER)
    )
    assert [one.id for one in admin.list_stream_pools(OTHER).data] == [pool.id]
    token = {"opc_retry_token": "pool-once"}
    twice = [
        admin.create_stream_pool(
            models.CreateStreamPoolDetails(compartment_id=COMPARTMENT, name="once"), **token
        ).data.id
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    waiting.delete_stream_pool_and_wait_for_state(twice[0], DONE)
    return pool.id


def streams(admin, waiting, pool_id):
    details = models.CreateStreamDetails(
        name="orders", partitions=3, stream_pool_id=pool_id, retention_in_hours=48
    )
    response = admin.create_stream(details)
    assert response.data.lifecycle_state == "CREATING" and response.headers["opc-work-request-id"]
    waiting_response = oci.wait_until(
        admin, admin.get_stream(response.data.id), "lifecycle_state", "ACTIVE"
    )
    stream = waiting_response.data
    assert stream.partitions == 3 and stream.retention_in_hours == 48
    error = refused(409, "NotAuthorizedOrResourceAlreadyExists", admin.create_stream, details)
    assert "orders" in error.message
    waiting.update_stream_and_wait_for_state(
        stream.id, models.UpdateStreamDetails(freeform_tags={"a": "b"}), DONE
    )
    assert admin.get_stream(stream.id).data.freeform_tags == {"a": "b"}
    for index in range(25):
        waiting.create_stream_and_wait_for_state(
            models.CreateStreamDetails(name=f"many-{index:02}", partitions=1, compartment_id=COMPARTMENT),
            DONE,
        )
    pages = oci.pagination.list_call_get_all_results(
        admin.list_streams, compartment_id=COMPARTMENT, limit=10, sort_by="NAME", sort_order="ASC"
    )
    assert [one.name for one in pages.data] == [f"many-{index:02}" for index in range(25)]
    first = admin.list_streams(compartment_id=COMPARTMENT, limit=10)
    assert len(first.data) == 10 and first.has_next_page
    lazily = oci.pagination.list_call_get_all_results_generator(
        admin.list_streams, "record", compartment_id=COMPARTMENT
    )
    assert len(list(lazily)) == 25
    moved = pages.data[0].id
    admin.change_stream_compartment(
        moved, models.ChangeStreamCompartmentDetails(compartment_id=OTHER)
    )
    assert admin.get_stream(moved).data.compartment_id == OTHER
    waiting.delete_stream_and_wait_for_state(moved, DONE)
    assert admin.get_stream(moved).data.lifecycle_state == "DELETED"
    refused(404, "NotAuthorizedOrNotFound", admin.delete_stream, moved)
    refused(400, "MissingParameter", admin.list_streams)
    refused(404, "NotAuthorizedOrNotFound", admin.get_stream, "ocid1.stream.oc1..none")
    return stream


def harnesses(admin, waiting):
    details = models.CreateConnectHarnessDetails(name="connect", compartment_id=COMPARTMENT)
    harness_id = made_by(waiting.create_connect_harness_and_wait_for_state(details, DONE))
    harness = admin.get_connect_harness(harness_id).data
    waiting.update_connect_harness_and_wait_for_state(
        harness.id, models.UpdateConnectHarnessDetails(freeform_tags={"a": "b"}), DONE
    )
    assert admin.get_connect_harness(harness.id).data.freeform_tags == {"a": "b"}
    admin.change_connect_harness_compartment(
        harness.id, models.ChangeConnectHarnessCompartmentDetails(compartment_id=OTHER)
    )
    assert [one.id for one in admin.list_connect_harnesses(OTHER).data] == [harness.id]
    waiting.delete_connect_harness_and_wait_for_state(harness.id, DONE)


def work_requests(admin, stream):
    listed = oci.pagination.list_call_get_all_results(
        admin.list_work_requests, compartment_id=stream.compartment_id, resource_id=stream.id
    ).data
    kinds = {one.operation_type for one in listed}
    assert kinds == {"CREATE_STREAM", "UPDATE_STREAM"}, kinds
    work = admin.get_work_request(listed[0].id).data
    assert work.status == "SUCCEEDED" and work.percent_complete == 100
    assert admin.list_work_request_errors(work.id).data.items == []
    assert isinstance(admin.list_work_request_logs(work.id).data.items, list)


def messages(client, stream):
    entries = [
        models.PutMessagesDetailsEntry(key=encoded(f"key-{n % 7}"), value=encoded(f"order {n} ✓"))
        for n in range(100)
    ]
    put = client.put_messages(stream.id, models.PutMessagesDetails(messages=entries)).data
    assert put.failures == 0 and len(put.entries) == 100
    assert all(entry.offset is not None and entry.error is None for entry in put.entries)
    got = []
    for partition in range(3):
        details = models.CreateCursorDetails(partition=str(partition), type="TRIM_HORIZON")
        cursor = client.create_cursor(stream.id, details).data.value
        while True:
            response = client.get_messages(stream.id, cursor, limit=10)
            if not response.data:
                break
            cursor = response.headers["opc-next-cursor"]
            assert all(one.partition == str(partition) for one in response.data)
            got += [(decoded(one.key), decoded(one.value)) for one in response.data]
    assert sorted(got) == sorted((decoded(e.key), decoded(e.value)) for e in entries)
    for details in [
        models.CreateCursorDetails(partition="0", type="LATEST"),
        models.CreateCursorDetails(partition="0", type="AT_OFFSET", offset=0),
        models.CreateCursorDetails(partition="0", type="AFTER_OFFSET", offset=0),
        models.CreateCursorDetails(
            partition="0", type="AT_TIME", time=put.entries[0].timestamp
        ),
    ]:
        cursor = client.create_cursor(stream.id, details).data.value
        first = client.get_messages(stream.id, cursor, limit=1).data
        assert bool(first) == (details.type != "LATEST"), details
    error = refused(400, "InvalidParameter", client.get_messages, stream.id, "nonsense")
    assert error.message == "The cursor is invalid. Create a new one."
    too_much = models.PutMessagesDetails(
        messages=[models.PutMessagesDetailsEntry(value=base64.b64encode(b"x" * (1 << 20 | 1)).decode())]
    )
    error = refused(400, "InvalidParameter", client.put_messages, stream.id, too_much)
    assert "1 MiB" in error.message
    plain = models.PutMessagesDetails(messages=[models.PutMessagesDetailsEntry(value="{not base64}")])
    error = refused(400, "InvalidParameter", client.put_messages, stream.id, plain)
    assert error.message.startswith("Unable to parse JSON body"), error.message


def groups(client, stream):
    def cursor(instance, **more):
        details = models.CreateGroupCursorDetails(
            group_name="billing", instance_name=instance, type="TRIM_HORIZON", **more
        )
        return client.create_group_cursor(stream.id, details).data.value

    at = cursor("one", commit_on_get=False)
    seen = 0
    while True:
        response = client.get_messages(stream.id, at, limit=30)
        at = response.headers["opc-next-cursor"]
        if not response.data:
            break
        seen += len(response.data)
        at = client.consumer_commit(stream.id, at).data.value
    assert seen == 100, seen
    at = client.consumer_heartbeat(stream.id, at).data.value
    group = client.get_group(stream.id, "billing").data
    assert {one.reserved_instance for one in group.reservations} == {"one"}
    assert sum(one.committed_offset + 1 for one in group.reservations) == 100
    client.update_group(stream.id, "billing", models.UpdateGroupDetails(type="TRIM_HORIZON"))
    error = refused(400, "InvalidParameter", client.get_messages, stream.id, at)
    assert "cursor" in error.message
    again = client.get_messages(stream.id, cursor("one"), limit=10)
    assert len(again.data) == 10
    refused(404, "NotAuthorizedOrNotFound", client.get_group, stream.id, "unknown")


def main(endpoint, key_file, ca_file=None):
    begun = time.monotonic()
    admin = client(StreamAdminClient, endpoint, key_file, ca_file)
    waiting = StreamAdminClientCompositeOperations(admin)
    pool_id = pools(admin, waiting)
    bootstrap = admin.get_stream_pool(pool_id).data.kafka_settings.bootstrap_servers
    assert bootstrap.rsplit(":", 1)[0] == endpoint.split("//")[1].rsplit(":", 1)[0], bootstrap
    stream = streams(admin, waiting, pool_id)
    assert stream.messages_endpoint == endpoint, stream.messages_endpoint
    harnesses(admin, waiting)
    work_requests(admin, stream)
    data = client(StreamClient, stream.messages_endpoint, key_file, ca_file)
    messages(data, stream)
    groups(data, stream)
    waiting.delete_stream_pool_and_wait_for_state(pool_id, DONE)
    assert admin.get_stream(stream.id).data.lifecycle_state == "DELETED"
    print(f"every operation answered, in {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
