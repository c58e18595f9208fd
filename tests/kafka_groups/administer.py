"""Groups as administrators see and change them, with librdkafka.

    administer.py BOOTSTRAP
"""

import sys

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

bootstrap = sys.argv[1]
admin = AdminClient({"bootstrap.servers": bootstrap})


def start(group, protocol, **config):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": "teller",
            "group.id": group,
            "group.protocol": protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **config,
        }
    )
    consumer.subscribe(["orders"])
    assert consumer.poll(30).error() is None
    return consumer


def describe(group):
    return admin.describe_consumer_groups([group])[group].result(30)


def listed():
    return {group.group_id: group for group in admin.list_consumer_groups().result(30).valid}


def refused(name, work):
    try:
        work()
    except KafkaException as error:
        assert error.args[0].name() == name, error
    else:
        raise AssertionError(f"{name} was expected")


def offsets(group):
    asked = [ConsumerGroupTopicPartitions(group)]
    found = admin.list_consumer_group_offsets(asked)[group].result(30)
    return {place.partition: place.offset for place in found.topic_partitions}


def delete(group):
    return admin.delete_consumer_groups([group])[group].result(30)


for protocol, kind in (
    ("classic", ConsumerGroupType.CLASSIC),
    ("consumer", ConsumerGroupType.CONSUMER),
):
    group = f"{protocol}-readers"
    consumer = start(group, protocol, **{"group.instance.id": "first"})

    # With a member.
    seen = describe(group)
    assert (seen.state, seen.type) == (ConsumerGroupState.STABLE, kind), seen.state
    (member,) = seen.members
    assert (member.client_id, member.host) == ("teller", "/127.0.0.1"), member.host
    assert member.group_instance_id == "first"
    assigned = {place.partition for place in member.assignment.topic_partitions}
    assert assigned == {0, 1, 2}, assigned
    assert seen.partition_assignor in ("range", "uniform"), seen.partition_assignor
    assert listed()[group].type == kind
    refused("NON_EMPTY_GROUP", lambda: delete(group))

    # What is noted with an offset comes back, up to its limit.
    noted = TopicPartition("orders", 1, 7, metadata="until noon – ä")
    consumer.commit(offsets=[noted], asynchronous=False)
    (found,) = consumer.committed([TopicPartition("orders", 1)], 30)
    assert (found.offset, found.metadata) == (7, noted.metadata), found
    long = TopicPartition("orders", 2, 1, metadata="a" * 4097)
    refused("OFFSET_METADATA_TOO_LARGE", lambda: consumer.commit(offsets=[long], asynchronous=False))
    assert offsets(group) == {1: 7}

    # A static member stays while it is away, until it is given up.
    consumer.close()
    assert group in listed()

# Without members: offsets can be changed, and the group deleted with them.
lone = start("lone", "classic")
lone.commit(offsets=[TopicPartition("orders", 0, 5)], asynchronous=False)
lone.close()
assert describe("lone").state == ConsumerGroupState.EMPTY
changed = ConsumerGroupTopicPartitions("lone", [TopicPartition("orders", 0, 2)])
admin.alter_consumer_group_offsets([changed])["lone"].result(30)
assert offsets("lone") == {0: 2}
delete("lone")
assert "lone" not in listed()
assert offsets("lone") == {}
refused("GROUP_ID_NOT_FOUND", lambda: delete("lone"))

# The other protocol may take over a group without members, and goes on where it was.
for protocol in ("classic", "consumer", "classic"):
    consumer = start("both", protocol)
    place = consumer.committed([TopicPartition("orders", 0)], 30)[0].offset
    if protocol == "classic" and place < 0:
        consumer.commit(offsets=[TopicPartition("orders", 0, 9)], asynchronous=False)
    else:
        assert place == 9, place
    consumer.close()
delete("both")

# Transactions are not served: a producer that wants them is told so at once.
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "t"})
refused("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", lambda: producer.init_transactions(30))
