"""What clients meet at a server that is strict, or is not.

    strict.py ENDPOINT BOOTSTRAP CONFIG_FILE strict|lenient
"""

import re
import sys
import time

import oci
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from oci.streaming import StreamAdminClient, StreamClient, models

endpoint, bootstrap, config_file, kind = sys.argv[1:]
strict = kind == "strict"
COMPARTMENT = "ocid1.tenancy.oc1..local"
MIB = 1 << 20
config = oci.config.from_file(config_file)
TOPIC = f"orders-{kind}"


def client(kind):
    return kind(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


def throttled_when_strict(times, call, *args):
    """Calls so often at once; the last one is too much for the service."""
    try:
        for _ in range(times):
            result = call(*args)
    except oci.exceptions.ServiceError as error:
        assert strict, error
        assert (error.status, error.code) == (429, "TooManyRequests"), error
        wait = re.search(r"next request can be made in (\d+) ms$", error.message)
        time.sleep(int(wait[1]) / 1000)
        return call(*args)
    assert not strict, "nothing was refused"
    return result


kafka_admin = AdminClient({"bootstrap.servers": bootstrap})
kafka_admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
admin, streams = client(StreamAdminClient), client(StreamClient)
[found] = admin.list_streams(compartment_id=COMPARTMENT, name=TOPIC).data

# Over REST: more than 1 MB a second in, and more than 5 reads a second.
value = "A" * (4 * (MIB // 2) // 3 // 4 * 4)
big = models.PutMessagesDetails(messages=[models.PutMessagesDetailsEntry(value=value)])
throttled_when_strict(8, streams.put_messages, found.id, big)
at = models.CreateGroupCursorDetails(group_name=f"group-{kind}", type="LATEST")
cursor = streams.create_group_cursor(found.id, at).data.value
throttled_when_strict(20, streams.get_messages, found.id, cursor)

# Over Kafka who sends too much is slowed down, and loses nothing.
throttles, failures = [], []
producer = Producer(
    {
        "bootstrap.servers": bootstrap,
        "throttle_cb": throttles.append,
        "message.max.bytes": 2 * MIB,
        "batch.size": MIB // 2,
    }
)
begun = time.monotonic()
for number in range(30):
    producer.produce(TOPIC, bytes(100_000), str(number), callback=lambda error, _: error and failures.append(error))
assert producer.flush(60) == 0 and not failures, failures[:3]
took = time.monotonic() - begun
assert bool(throttles) == strict, throttles
# 3 MB take two seconds at least, after the first one.
assert not strict or took > 1.5, took

throttles.clear()
settings = {"group.id": "unused", "enable.auto.commit": False, "throttle_cb": throttles.append}
consumer = Consumer({"bootstrap.servers": bootstrap, **settings})
consumer.assign([TopicPartition(TOPIC, 0, 0)])
end = consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=30)[1]
position = 0
while position < end:
    message = consumer.poll(30)
    assert message is not None and not message.error(), message
    position = message.offset() + 1
assert bool(throttles) == strict, throttles
consumer.close()

# The service knows no idempotent producers.
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "log_level": 0})
refusal = None
try:
    producer.produce(TOPIC, b"once")
    producer.flush(30)
except KafkaException as error:
    refusal = error.args[0].code()
assert refusal == (KafkaError._UNSUPPORTED_FEATURE if strict else None), refusal
