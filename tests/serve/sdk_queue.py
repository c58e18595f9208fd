"""Every operation of Queue through the official Python SDK: signatures, models, waiters, paginators, refusals.

usage: sdk_queue.py ENDPOINT CONFIG_FILE     (and the environment that official.py tells of)
"""

import datetime
import sys

import oci
from oci.queue import (
    QueueAdminClient,
    QueueAdminClientCompositeOperations,
    QueueClient,
    models,
)

from official import COMPARTMENT, INVALID, MISSING, OTHER, UNKNOWN
from official import Watched, advance, every, freeze, names, refused

DONE = ["SUCCEEDED"]

# What messages are in that name no channel.
DEFAULT_CHANNEL = "default-channel"


def details(name="jobs", **more):
    return models.CreateQueueDetails(display_name=name, compartment_id=COMPARTMENT, **more)


def about(response, kind):
    """The resource that a work request of this kind was about."""
    work = response.data
    assert (work.operation_type, work.status, work.percent_complete) == (kind, "SUCCEEDED", 100), work
    assert work.time_accepted <= work.time_started <= work.time_finished
    return work.resources[0].identifier


def make(waiting, *args, **kwargs):
    return about(waiting.create_queue_and_wait_for_state(details(*args, **kwargs), DONE), "CREATE_QUEUE")


def entry(content, channel=None, **properties):
    metadata = channel and models.MessageMetadata(channel_id=channel, custom_properties=properties or None)
    return models.PutMessagesDetailsEntry(content=content, metadata=metadata)


def put(client, queue_id, *entries):
    entries = [one if isinstance(one, models.PutMessagesDetailsEntry) else entry(one) for one in entries]
    return client.put_messages(queue_id, models.PutMessagesDetails(messages=entries)).data.messages


def get(client, queue_id, limit=20, **options):
    return client.get_messages(queue_id, limit=limit, timeout_in_seconds=0, **options).data.messages


def contents(messages):
    return [one.content for one in messages]


def seconds(count):
    return datetime.timedelta(seconds=count)


def counts(stats):
    return [(one.visible_messages, one.in_flight_messages) for one in (stats.queue, stats.dlq)]


def queues(admin, waiting):
    queue_id = make(
        waiting,
        retention_in_seconds=3600,
        visibility_in_seconds=60,
        timeout_in_seconds=5,
        channel_consumption_limit=50,
        dead_letter_queue_delivery_count=3,
        custom_encryption_key_id="ocid1.key.oc1..shop",
        capabilities=[models.LargeMessagesCapabilityDetails()],
        freeform_tags={"team": "shop"},
        defined_tags={"cost": {"center": "42"}},
    )
    response = admin.get_queue(queue_id)
    queue = response.data
    assert (queue.display_name, queue.lifecycle_state, queue.compartment_id) == ("jobs", "ACTIVE", COMPARTMENT)
    assert (queue.retention_in_seconds, queue.visibility_in_seconds, queue.timeout_in_seconds) == (3600, 60, 5)
    assert (queue.channel_consumption_limit, queue.dead_letter_queue_delivery_count) == (50, 3)
    assert queue.custom_encryption_key_id == "ocid1.key.oc1..shop"
    assert [one.type for one in queue.capabilities] == ["LARGE_MESSAGES"]
    assert isinstance(queue.capabilities[0], models.LargeMessagesCapabilityDetails), queue.capabilities
    assert (queue.freeform_tags, queue.defined_tags) == ({"team": "shop"}, {"cost": {"center": "42"}})
    assert isinstance(queue.time_created, datetime.datetime) and queue.time_updated >= queue.time_created

    update = models.UpdateQueueDetails(
        display_name="work", visibility_in_seconds=30, custom_encryption_key_id="", freeform_tags={}
    )
    refused(412, "NoEtagMatch", "", admin.update_queue, queue_id, update, if_match="other")
    made = waiting.update_queue_and_wait_for_state(
        queue_id, update, DONE, operation_kwargs={"if_match": response.headers["etag"]}
    )
    assert about(made, "UPDATE_QUEUE") == queue_id
    queue = admin.get_queue(queue_id).data
    assert (queue.display_name, queue.visibility_in_seconds, queue.retention_in_seconds) == ("work", 30, 3600)
    assert (queue.custom_encryption_key_id, queue.freeform_tags) == (None, {})

    move = models.ChangeQueueCompartmentDetails(compartment_id=OTHER)
    made = waiting.change_queue_compartment_and_wait_for_state(queue_id, move, DONE)
    assert about(made, "MOVE_QUEUE") == queue_id
    assert names(admin.list_queues(compartment_id=OTHER).data.items) == ["work"]

    token = {"opc_retry_token": "once"}
    requests = [admin.create_queue(details("once"), **token).headers["opc-work-request-id"] for _ in range(2)]
    assert requests[0] == requests[1]
    return queue_id


def lists_of_queues(admin, waiting):
    made = ["once"] + [f"many-{index}" for index in range(5)]
    for name in made[1:]:
        make(waiting, name)
    by_name = {"compartment_id": COMPARTMENT, "sort_by": "displayName"}
    assert names(every(admin.list_queues, **by_name)) == sorted(made)
    assert names(every(admin.list_queues, sort_order="DESC", **by_name)) == sorted(made, reverse=True)
    # The newest first, where nothing else is said.
    assert names(every(admin.list_queues, compartment_id=COMPARTMENT)) == made[::-1]
    lazily = oci.pagination.list_call_get_all_results_generator(admin.list_queues, "record", limit=4, **by_name)
    one = list(lazily)[3]
    assert names([one]) == ["many-3"] and isinstance(one, models.QueueSummary)
    found = admin.list_queues(compartment_id=COMPARTMENT, display_name="many-3", lifecycle_state="ACTIVE")
    assert [item.id for item in found.data.items] == [one.id]
    assert names(admin.list_queues(id=one.id).data.items) == ["many-3"]
    refused(400, INVALID, "limit", admin.list_queues, compartment_id=COMPARTMENT, limit=0)
    refused(400, INVALID, "page", admin.list_queues, compartment_id=COMPARTMENT, page="nonsense")
    return one.id


def work_requests(admin, queue_id):
    everything = every(admin.list_work_requests, compartment_id=COMPARTMENT)
    assert {one.operation_type for one in everything} == {"CREATE_QUEUE", "UPDATE_QUEUE"}, everything
    listed = admin.list_work_requests(work_request_id=everything[0].id).data.items
    assert [one.id for one in listed] == [everything[0].id]
    work = admin.get_work_request(everything[0].id).data
    assert [one.entity_type for one in work.resources] == ["queue"], work.resources
    assert admin.list_work_request_errors(work.id).data.items == []
    assert isinstance(admin.list_work_request_logs(work.id).data.items, list)
    refused(404, UNKNOWN, "", admin.get_work_request, "ocid1.queueworkrequest.oc1..none")


def messages(client, queue):
    now = freeze()
    stored = put(client, queue.id, "one ✓", entry("two", DEFAULT_CHANNEL, region="eu"), "three")
    assert [one.id for one in stored] == sorted({one.id for one in stored})
    assert {one.expire_after for one in stored} == {now + seconds(3600)}
    taken = get(client, queue.id, limit=2)
    assert contents(taken) == ["one ✓", "two"] and [one.id for one in taken] == [one.id for one in stored[:2]]
    one, two = taken
    assert (one.delivery_count, one.created_at, one.expire_after) == (1, now, now + seconds(3600))
    assert one.visible_after == now + seconds(30)
    assert two.metadata.custom_properties == {"region": "eu"}
    assert one.metadata.channel_id == two.metadata.channel_id == DEFAULT_CHANNEL
    assert counts(client.get_stats(queue.id).data) == [(1, 2), (0, 0)]
    assert client.get_stats(queue.id).data.queue.size_in_bytes >= len("one ✓two!three".encode())

    longer = models.UpdateMessageDetails(visibility_in_seconds=600)
    updated = client.update_message(queue.id, one.receipt, longer).data
    assert (updated.id, updated.visible_after) == (one.id, now + seconds(600))
    assert client.delete_message(queue.id, two.receipt).status == 204
    # Two minutes on, one is still hidden, and the other gone.
    assert contents(get(client, queue.id)) == ["three"]
    advance("2m")
    three = get(client, queue.id)
    assert contents(three) == ["three"] and three[0].delivery_count == 2
    refused(404, UNKNOWN, "messageReceipt", client.delete_message, queue.id, two.receipt)

    shown = [models.UpdateMessagesDetailsEntry(receipt=of.receipt, visibility_in_seconds=0) for of in (one, two)]
    result = client.update_messages(queue.id, models.UpdateMessagesDetails(entries=shown)).data
    assert (result.client_failures, result.server_failures) == (1, 0)
    assert result.entries[0].id == one.id and result.entries[0].error_code is None
    assert result.entries[1].error_code == 404 and result.entries[1].error_message.startswith("entries[1].receipt")
    # A peek hides nothing, but counts.
    assert [one.delivery_count for one in get(client, queue.id, visibility_in_seconds=0)] == [2]
    again = get(client, queue.id)
    assert contents(again) == ["one ✓"] and again[0].delivery_count == 3
    gone = [models.DeleteMessagesDetailsEntry(receipt=text) for text in (three[0].receipt, one.receipt)]
    result = client.delete_messages(queue.id, models.DeleteMessagesDetails(entries=gone)).data
    assert (result.client_failures, [entry.error_code for entry in result.entries]) == (1, [None, 404])
    return again[0]


def dead_letters(client, queue, last):
    """The third delivery of a message was its last."""
    advance("1m")
    assert get(client, queue.id) == []
    assert counts(client.get_stats(queue.id).data) == [(0, 0), (1, 0)]
    refused(404, UNKNOWN, "messageReceipt", client.delete_message, queue.id, last.receipt)
    dead_id = queue.system_tags["ocelot"]["deadLetterQueueId"]
    dead = get(client, dead_id)
    assert contents(dead) == [last.content]
    refused(400, INVALID, "queueId", put, client, dead_id, "by hand")
    refused(400, INVALID, "messageReceipt", client.delete_message, queue.id, dead[0].receipt)
    client.delete_message(dead_id, dead[0].receipt)
    assert counts(client.get_stats(queue.id).data) == [(0, 0), (0, 0)]


def channels_and_purges(client, waiting, queue):
    for channel in ("europe", "asia", "africa"):
        put(client, queue.id, *[entry(f"{channel}-{index}", channel) for index in range(4)])
    listed = []
    page = client.list_channels(queue.id, limit=2)
    while True:
        listed += page.data.items
        if not page.has_next_page:
            break
        page = client.list_channels(queue.id, limit=2, page=page.next_page)
    assert sorted(listed) == ["africa", "asia", "europe"], listed
    assert client.list_channels(queue.id, channel_filter="asia").data.items == ["asia"]
    got = get(client, queue.id, channel_filter="asia", limit=2)
    assert contents(got) == ["asia-0", "asia-1"] and got[0].metadata.channel_id == "asia"
    stats = client.get_stats(queue.id, channel_id="asia").data
    assert counts(stats)[0] == (2, 2) and stats.channel_id == "asia"
    purge = models.PurgeQueueDetails(purge_type="NORMAL", channel_ids=["africa"])
    assert about(waiting.purge_queue_and_wait_for_state(queue.id, purge, DONE), "PURGE_QUEUE") == queue.id
    assert counts(client.get_stats(queue.id).data)[0] == (6, 2)
    # After the purge of all that is there, whoever holds a message can still finish.
    waiting.purge_queue_and_wait_for_state(queue.id, models.PurgeQueueDetails(purge_type="BOTH"), DONE)
    assert counts(client.get_stats(queue.id).data) == [(0, 0), (0, 0)]
    client.delete_message(queue.id, got[0].receipt)
    assert client.list_channels(queue.id).data.items == []


def retention(client, queue):
    put(client, queue.id, "short-lived")
    got = get(client, queue.id, visibility_in_seconds=7200)
    advance("59m")
    client.update_message(queue.id, got[0].receipt, models.UpdateMessageDetails(visibility_in_seconds=0))
    again = get(client, queue.id, visibility_in_seconds=0)
    assert contents(again) == ["short-lived"] and again[0].expire_after == got[0].expire_after
    advance("1m")
    assert get(client, queue.id) == []
    assert counts(client.get_stats(queue.id).data) == [(0, 0), (0, 0)]


def consumer_groups(admin, waiting, client):
    capability = models.ConsumerGroupsCapabilityDetails(primary_consumer_group_display_name="everything")
    queue_id = make(waiting, "fan-out", capabilities=[capability])
    assert [one.type for one in admin.get_queue(queue_id).data.capabilities] == ["CONSUMER_GROUPS"]
    made = {}
    for name, where in (("orders", ':type = "order"'), ("audit", "")):
        create = models.CreateConsumerGroupDetails(display_name=name, queue_id=queue_id, filter=where)
        response = waiting.create_consumer_group_and_wait_for_state(create, DONE)
        made[name] = about(response, "CREATE_CONSUMER_GROUP")
    group = admin.get_consumer_group(made["orders"])
    assert (group.data.display_name, group.data.queue_id) == ("orders", queue_id)
    assert (group.data.filter, group.data.lifecycle_state) == (':type = "order"', "ACTIVE")
    listed = every(admin.list_consumer_groups, queue_id=queue_id, sort_by="displayName")
    assert names(listed) == ["audit", "everything", "orders"] and isinstance(listed[0], models.ConsumerGroupSummary)
    found = admin.list_consumer_groups(queue_id=queue_id, display_name="audit").data.items
    assert [one.id for one in found] == [made["audit"]]

    put(client, queue_id, entry("a", DEFAULT_CHANNEL, type="order"), entry("b", DEFAULT_CHANNEL, type="refund"))
    groups = {name: {"consumer_group_id": group_id} for name, group_id in made.items()}
    assert contents(get(client, queue_id)) == ["a", "b"]
    assert contents(get(client, queue_id, **groups["orders"])) == ["a"]
    assert counts(client.get_stats(queue_id, **groups["audit"]).data)[0] == (2, 0)
    assert client.list_channels(queue_id, **groups["audit"]).data.items
    taken = get(client, queue_id, limit=1, **groups["audit"])[0].receipt
    refused(400, INVALID, "messageReceipt", client.delete_message, queue_id, taken)
    client.delete_message(queue_id, taken, **groups["audit"])

    update = models.UpdateConsumerGroupDetails(is_enabled=False, dead_letter_queue_delivery_count=5)
    refused(412, "NoEtagMatch", "", admin.update_consumer_group, made["orders"], update, if_match="other")
    response = waiting.update_consumer_group_and_wait_for_state(
        made["orders"], update, DONE, operation_kwargs={"if_match": group.headers["etag"]}
    )
    assert about(response, "UPDATE_CONSUMER_GROUP") == made["orders"]
    group = admin.get_consumer_group(made["orders"]).data
    assert (group.lifecycle_state, group.dead_letter_queue_delivery_count) == ("INACTIVE", 5)
    purge = models.PurgeQueueDetails(purge_type="BOTH", consumer_group_id="all")
    waiting.purge_queue_and_wait_for_state(queue_id, purge, DONE)
    assert counts(client.get_stats(queue_id, **groups["audit"]).data) == [(0, 0), (0, 0)]
    response = waiting.delete_consumer_group_and_wait_for_state(made["audit"], DONE)
    assert about(response, "DELETE_CONSUMER_GROUP") == made["audit"]
    refused(404, UNKNOWN, "consumerGroupId", client.get_messages, queue_id, **groups["audit"])

    wrong = models.CreateConsumerGroupDetails(display_name="x", queue_id=queue_id, filter=":type = 'a")
    refused(400, INVALID, "filter", admin.create_consumer_group, wrong)
    wrong = models.CreateConsumerGroupDetails(display_name="ORDERS", queue_id=queue_id)
    error = refused(409, "NotAuthorizedOrResourceAlreadyExists", "", admin.create_consumer_group, wrong)
    assert "ORDERS" in error.message, error


def bad_settings(admin, queue_id):
    for field, wire, values in (
        ("retention_in_seconds", "retentionInSeconds", [9, 604_801, -1]),
        ("visibility_in_seconds", "visibilityInSeconds", [0, -1, 43_201]),
        ("timeout_in_seconds", "timeoutInSeconds", [-1, 31]),
        ("dead_letter_queue_delivery_count", "deadLetterQueueDeliveryCount", [-1, 21]),
        ("channel_consumption_limit", "channelConsumptionLimit", [0, 101]),
    ):
        for value in values:
            refused(400, INVALID, wire, admin.create_queue, details(**{field: value}))
            if field != "retention_in_seconds":
                refused(400, INVALID, wire, admin.update_queue, queue_id, models.UpdateQueueDetails(**{field: value}))
    refused(400, INVALID, "displayName", admin.create_queue, details(""))
    nameless = models.CreateQueueDetails(compartment_id=COMPARTMENT)
    refused(400, MISSING, "displayName", admin.create_queue, nameless)
    refused(400, INVALID, "purgeType", admin.purge_queue, queue_id, {"purgeType": "SOME"})
    purge = models.PurgeQueueDetails(purge_type="BOTH", channel_ids=["a b"])
    refused(400, INVALID, "channelIds[0]", admin.purge_queue, queue_id, purge)
    nowhere = models.ChangeQueueCompartmentDetails(compartment_id="")
    refused(400, INVALID, "compartmentId", admin.change_queue_compartment, queue_id, nowhere)
    refused(404, UNKNOWN, "", admin.get_queue, "ocid1.queue.oc1..none")


def bad_messages(client, queue_id):
    for channel in ("a b", "a/b", "ü", "c" * 65):
        refused(400, INVALID, "messages[1].metadata.channelId", put, client, queue_id, "x", entry("x", channel))
        refused(400, INVALID, "channelFilter", client.get_messages, queue_id, channel_filter=channel)
        refused(400, INVALID, "channelFilter", client.list_channels, queue_id, channel_filter=channel)
        refused(400, INVALID, "channelId", client.get_stats, queue_id, channel_id=channel)
    for limit in (33, 0, -1):
        refused(400, INVALID, "limit", client.get_messages, queue_id, limit=limit)
    for wrong in (-1, 43_201):
        refused(400, INVALID, "visibilityInSeconds", client.get_messages, queue_id, visibility_in_seconds=wrong)
    for wrong in (-1, 31):
        refused(400, INVALID, "timeoutInSeconds", client.get_messages, queue_id, timeout_in_seconds=wrong)
    refused(400, INVALID, "messages has 21", put, client, queue_id, *["x"] * 21)
    refused(400, INVALID, "messages is empty", put, client, queue_id)
    nowhere = models.PutMessagesDetailsEntry(content="x", metadata=models.MessageMetadata(custom_properties={"a": "b"}))
    refused(400, MISSING, "messages[0].metadata.channelId", put, client, queue_id, nowhere)
    refused(413, "PayloadTooLarge", "messages have", put, client, queue_id, *["x" * 65_536] * 8, "y")
    refused(400, INVALID, "messages[1] has", put, client, queue_id, "x", "x" * (256 * 1024 + 1))
    refused(404, UNKNOWN, "", put, client, "ocid1.queue.oc1..none", "x")
    refused(404, UNKNOWN, "consumerGroupId", client.get_messages, queue_id, consumer_group_id="none")
    assert counts(client.get_stats(queue_id).data) == [(0, 0), (0, 0)]


def bad_receipts(client, queue_id, other_id):
    put(client, other_id, "theirs")
    foreign = get(client, other_id)[0].receipt
    hide = models.UpdateMessageDetails(visibility_in_seconds=5)
    for receipt in (foreign, "nonsense", "не"):
        refused(400, INVALID, "messageReceipt", client.delete_message, queue_id, receipt)
        refused(400, INVALID, "messageReceipt", client.update_message, queue_id, receipt, hide)
    for hidden in (-1, 43_201):
        wrong = models.UpdateMessageDetails(visibility_in_seconds=hidden)
        refused(400, INVALID, "visibilityInSeconds", client.update_message, other_id, foreign, wrong)
    entries = [models.DeleteMessagesDetailsEntry(receipt=text) for text in (foreign, "nonsense")]
    result = client.delete_messages(queue_id, models.DeleteMessagesDetails(entries=entries)).data
    assert result.client_failures == 2
    told = [(one.error_code, one.error_message.split()[0]) for one in result.entries]
    assert told == [(400, "entries[0].receipt"), (400, "entries[1].receipt")], told
    too_many = models.DeleteMessagesDetails(entries=entries[:1] * 21)
    refused(400, INVALID, "entries has 21", client.delete_messages, other_id, too_many)
    late = [models.UpdateMessagesDetailsEntry(receipt=foreign, visibility_in_seconds=hidden) for hidden in (-1, 9)]
    result = client.update_messages(other_id, models.UpdateMessagesDetails(entries=late)).data
    assert result.client_failures == 1 and result.entries[1].error_code is None
    assert result.entries[0].error_message.startswith("entries[0].visibilityInSeconds"), result
    too_many = models.UpdateMessagesDetails(entries=late * 11)
    refused(400, INVALID, "entries has 22", client.update_messages, other_id, too_many)
    assert counts(client.get_stats(other_id).data)[0] == (0, 1)


def others_see_nothing(endpoint, config_file, queue_id):
    """A signed caller of another tenancy, and one whose key is not registered."""
    admin = Watched(QueueAdminClient, endpoint, config_file, "BANK")
    client = Watched(QueueClient, endpoint, config_file, "BANK")
    assert admin.list_queues(compartment_id=COMPARTMENT).data.items == []
    refused(404, UNKNOWN, "", admin.get_queue, queue_id)
    refused(404, UNKNOWN, "", put, client, queue_id, "x")
    refused(404, UNKNOWN, "", client.get_messages, queue_id)
    stranger = Watched(QueueClient, endpoint, config_file, "STRANGER")
    refused(401, "NotAuthenticated", "", stranger.get_messages, queue_id)


def main(endpoint, config_file):
    admin = Watched(QueueAdminClient, endpoint, config_file)
    waiting = QueueAdminClientCompositeOperations(admin)
    queue = admin.get_queue(queues(admin, waiting)).data
    assert queue.messages_endpoint == endpoint, queue.messages_endpoint
    other_id = lists_of_queues(admin, waiting)
    waiting.update_queue_and_wait_for_state(other_id, models.UpdateQueueDetails(timeout_in_seconds=0), DONE)
    work_requests(admin, other_id)

    client = Watched(QueueClient, queue.messages_endpoint, config_file)
    last = messages(client, queue)
    dead_letters(client, queue, last)
    channels_and_purges(client, waiting, queue)
    retention(client, queue)
    consumer_groups(admin, waiting, client)

    once = admin.list_queues(compartment_id=COMPARTMENT, display_name="once").data.items[0].id
    bad_settings(admin, once)
    bad_messages(client, once)
    bad_receipts(client, once, other_id)
    others_see_nothing(endpoint, config_file, other_id)

    assert about(waiting.delete_queue_and_wait_for_state(queue.id, DONE), "DELETE_QUEUE") == queue.id
    assert admin.get_queue(queue.id).data.lifecycle_state == "DELETED"
    refused(404, UNKNOWN, "", client.get_messages, queue.id)
    assert not waiting.delete_queue_and_wait_for_state(queue.id, DONE)
    admin.check_all()
    client.check_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
