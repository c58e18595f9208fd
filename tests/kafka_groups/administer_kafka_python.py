"""Groups as administrators see and change them, with kafka-python.

    administer_kafka_python.py BOOTSTRAP
"""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import GroupSubscribedToTopicError, NoError
from kafka.structs import OffsetAndMetadata

bootstrap = sys.argv[1]
consumer = KafkaConsumer(
    "orders",
    bootstrap_servers=bootstrap,
    group_id="readers",
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=30000,
)
assert sorted(int(next(consumer).value) for _ in range(300)) == list(range(300))
place = TopicPartition("orders", 0)
consumer.commit(
    {place: OffsetAndMetadata(4, "noted", -1), TopicPartition("orders", 1): OffsetAndMetadata(5, "", -1)}
)
assert consumer.committed(place, metadata=True).metadata == "noted"

admin = KafkaAdminClient(bootstrap_servers=bootstrap)
# A topic that is being read keeps its offsets.
refused = admin.delete_group_offsets("readers", [place])
assert refused == {place: GroupSubscribedToTopicError}, refused
consumer.close()
assert admin.delete_group_offsets("readers", [place]) == {place: NoError}
left = admin.list_group_offsets("readers")["readers"]
assert {at.partition: found.offset for at, found in left.items()} == {1: 5}, left
assert admin.describe_groups(["readers"])["readers"]["group_state"] == "Empty"
assert admin.delete_groups(["readers"]) == {"readers": "OK"}
assert admin.list_groups() == []
admin.close()
