"""What clients meet while the server's disk is full, and after.

    full_disk.py HTTP_ADDRESS KAFKA_ADDRESS FILLER_FILE
"""

import base64
import http.client
import json
import os
import sys

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

http_address, bootstrap, filler = sys.argv[1:]
COMPARTMENT = "ocid1.tenancy.oc1..local"
VALUE = bytes(range(256)) * 64
kept = []


def request(method, path, body=None):
    connection = http.client.HTTPConnection(http_address, timeout=30)
    connection.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    status, text = response.status, response.read()
    headers = dict(response.getheaders())
    connection.close()
    return status, json.loads(text or b"null"), headers


def produce():
    """Writes a batch by Kafka, and returns the error's code, if any."""
    told = []
    producer = Producer({"bootstrap.servers": bootstrap, "retries": 0, "linger.ms": 0, "log_level": 0})
    producer.produce("orders", VALUE, partition=0, callback=lambda error, message: told.append((error, message)))
    assert producer.flush(60) == 0
    [(error, message)] = told
    if error is None:
        kept.append(message.offset())
    return error and error.code()


def put():
    """Writes a message by REST, and returns what is wrong with it, if anything."""
    message = {"value": base64.b64encode(VALUE).decode()}
    status, reply, _ = request("POST", f"/20180418/streams/{stream}/messages", {"messages": [message]})
    if status != 200:
        return f"{status} {reply['code']} {reply['message']}"
    [entry] = reply["entries"]
    if entry["error"]:
        return f"{entry['error']} {entry['errorMessage']}"
    kept.append(entry["offset"])
    return None


def everything_is_read():
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition("orders", 0, 0)])
    got = []
    while not got or got[-1] < max(kept):
        message = consumer.poll(30)
        assert message is not None and not message.error(), message
        assert message.value() == VALUE
        got.append(message.offset())
    consumer.close()
    assert set(kept) <= set(got), (kept, got)

    _, cursor, _ = request(
        "POST", f"/20180418/streams/{stream}/cursors", {"partition": "0", "type": "TRIM_HORIZON"}
    )
    status, messages, _ = request("GET", f"/20180418/streams/{stream}/messages?cursor={cursor['value']}&limit=5")
    assert status == 200 and [one["offset"] for one in messages] == got[:5], messages


def fill():
    """Leaves not a byte on the disk."""
    step = 1 << 20
    with open(filler, "ab", buffering=0) as file:
        while step:
            try:
                file.write(bytes(step))
            except OSError:
                step //= 2


admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic("orders", 1, 1)])["orders"].result(30)
_, [found], _ = request("GET", f"/20180418/streams?compartmentId={COMPARTMENT}&name=orders")
stream = found["id"]
for _ in range(10):
    assert produce() is None and put() is None

for _ in range(3):
    fill()
    # The file that is written to may have room left in its last page.
    refusals = [(produce(), put()) for _ in range(4)]
    kafka, rest = refusals[-1]
    assert kafka == KafkaError.KAFKA_STORAGE_ERROR, refusals
    assert rest and rest.startswith("500") and "No space left" in rest, refusals
    everything_is_read()
    status, reply, _ = request(
        "POST", "/20180418/streams", {"name": "more", "partitions": 1, "compartmentId": COMPARTMENT}
    )
    assert status == 500 and "full" in reply["message"], reply

    os.remove(filler)
    assert produce() is None
    assert put() is None
    everything_is_read()
status, reply, _ = request(
    "POST", "/20180418/streams", {"name": "more", "partitions": 1, "compartmentId": COMPARTMENT}
)
assert status == 200, reply
