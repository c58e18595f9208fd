"""confluent-kafka against a server whose address is given: administration, producing, consuming without a group."""
import sys
import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

servers = {"bootstrap.servers": sys.argv[1]}
admin = AdminClient(servers)


def produce(topic, messages, **settings):
    """Produces (partition, value) pairs, and waits until all are acknowledged."""
    producer = Producer({**servers, **{name.replace("_", "."): value for name, value in settings.items()}})
    failures = []
    for partition, value in messages:
        producer.produce(
            topic, value, b"key", partition, headers=[("h", b"x")],
            on_delivery=lambda error, _: error and failures.append(error),
        )
    assert producer.flush(30) == 0
    assert not failures, failures


def consume(positions, count):
    consumer = Consumer({**servers, "group.id": "none", "enable.auto.commit": False})
    consumer.assign(positions)
    found, deadline = [], time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        for message in consumer.consume(500, 0.2):
            assert message.error() is None, message.error()
            found.append(message)
    assert len(found) == count, len(found)
    return consumer, found


admin.create_topics([NewTopic("t", 6, 1)])["t"].result()
described = admin.describe_configs([ConfigResource("topic", "t")])
settings = next(iter(described.values())).result()
assert settings["retention.ms"].value == "86400000"
assert admin.describe_cluster().result().cluster_id.startswith("ocid1.streampool.")

produce("t", [(i % 6, b"%d" % i) for i in range(3000)], acks="all", enable_idempotence=True)
consumer, found = consume([TopicPartition("t", i, 0) for i in range(6)], 3000)
for partition in range(6):
    mine = [message for message in found if message.partition() == partition]
    assert [message.offset() for message in mine] == list(range(500))
    assert [int(message.value()) for message in mine] == list(range(partition, 3000, 6))
assert found[0].headers() == [("h", b"x")] and found[0].key() == b"key"
kind, first_ms = found[0].timestamp()
assert kind == 2, "the time of appending"

# To a time, and to the end.
assert consumer.offsets_for_times([TopicPartition("t", 0, first_ms)])[0].offset == 0
assert consumer.offsets_for_times([TopicPartition("t", 0, first_ms + 10**9)])[0].offset == -1
assert consumer.get_watermark_offsets(TopicPartition("t", 0)) == (0, 500)
latest = admin.list_offsets({TopicPartition("t", 0): OffsetSpec.max_timestamp()})
assert next(iter(latest.values())).result().offset >= 0

# Large messages, and too large ones.
produce("t", [(0, b"x" * 1_000_000)], message_max_bytes=2_000_000)
assert len(consume([TopicPartition("t", 0, 500)], 1)[1][0].value()) == 1_000_000
try:
    produce("t", [(0, b"x" * 1_500_000)], message_max_bytes=2_000_000)
except AssertionError as error:
    assert error.args[0][0].code() == KafkaError.MSG_SIZE_TOO_LARGE
else:
    raise AssertionError("a message that is too large was taken")

for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
    produce("shared", [(0, b"compressed")], compression_type=codec)
assert {message.value() for message in consume([TopicPartition("shared", 0, 0)], 5)[1]} == {b"compressed"}

deleted = admin.delete_records([TopicPartition("t", 1, 100)])
assert next(iter(deleted.values())).result().low_watermark == 100
admin.delete_topics(["t"])["t"].result()
assert "t" not in admin.list_topics().topics
