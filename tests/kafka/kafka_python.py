"""kafka-python against a server whose address is given: administration, producing, consuming without a group."""
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

servers = {"bootstrap_servers": sys.argv[1]}
admin = KafkaAdminClient(**servers)
admin.create_topics([NewTopic("t", 2, 1)])
assert "t" in admin.list_topics()

producer = KafkaProducer(**servers, acks="all")
sent = [producer.send("t", b"%d" % i, key=b"%d" % i, headers=[("h", b"x")], partition=i % 2) for i in range(1000)]
producer.flush()
assert [future.get().offset for future in sent] == [i // 2 for i in range(1000)]
producer.close()

partitions = [TopicPartition("t", 0), TopicPartition("t", 1)]
consumer = KafkaConsumer(**servers, consumer_timeout_ms=10_000)
consumer.assign(partitions)
consumer.seek_to_beginning()
found = [next(consumer) for _ in range(1000)]
for partition in (0, 1):
    values = [int(record.value) for record in found if record.partition == partition]
    assert values == list(range(partition, 1000, 2))
assert found[0].headers == [("h", b"x")]
assert consumer.end_offsets(partitions) == dict.fromkeys(partitions, 500)
assert consumer.offsets_for_times({partitions[0]: found[0].timestamp})[partitions[0]].offset == 0

# kafka-python brings gzip only; the others need packages of their own.
for codec in [None, "gzip", None, "gzip", "gzip"]:
    producer = KafkaProducer(**servers, compression_type=codec)
    producer.send("shared", b"compressed", partition=0).get()
    producer.close()
admin.delete_topics(["t"])
assert "t" not in admin.list_topics()
