"""Writes through Kafka, idempotent and not, and through REST at once, whatever becomes of the server.

    load.py HTTP_ADDRESS KAFKA_ADDRESS

Prints the name of a writer for each of its rounds of acknowledgements, until its input ends. Then it checks what
the server acknowledged: each message is where it was said to be, and those of a writer are in the order they were
written in.
"""

import base64
import collections
import http.client
import json
import os
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

http_address, bootstrap = sys.argv[1:]
PARTITIONS = 3
ROUND = 20
COMPARTMENT = "ocid1.tenancy.oc1..local"
stopping = threading.Event()
# By writer: (partition, offset, number), in the order of the acknowledgements.
acknowledged = collections.defaultdict(list)
problems = []


def tell(writer):
    os.write(1, f"{writer}\n".encode())


def note(writer, partition, offset, number):
    acknowledged[writer].append((partition, offset, number))
    if len(acknowledged[writer]) % ROUND == 0:
        tell(writer)


def write_by_kafka(writer, **settings):
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": 1,
            "reconnect.backoff.ms": 10,
            "reconnect.backoff.max.ms": 50,
            "retry.backoff.ms": 10,
            "retry.backoff.max.ms": 50,
            "message.timeout.ms": 100_000,
            "log_level": 0,
            **settings,
        }
    )

    def delivered(error, message):
        if error is not None:
            problems.append(f"{writer}: {error}")
            return
        note(writer, message.partition(), message.offset(), int(message.value().split()[1]))

    number = 0
    while not stopping.is_set():
        if len(producer) < 100:
            producer.produce(writer, f"{writer} {number}", partition=number % PARTITIONS, callback=delivered)
            number += 1
        producer.poll(0 if number % 10 else 0.002)
    left = producer.flush(60)
    if left:
        problems.append(f"{writer}: {left} messages were never acknowledged")
    if len(acknowledged[writer]) != number:
        problems.append(f"{writer}: {len(acknowledged[writer])} of {number} were told")


def request(method, path, body=None):
    connection = http.client.HTTPConnection(http_address, timeout=30)
    try:
        text = body and json.dumps(body)
        connection.request(method, path, text, {"content-type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


def stream_id(name):
    status, found = request("GET", f"/20180418/streams?compartmentId={COMPARTMENT}&name={name}")
    assert status == 200, found
    return found[0]["id"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def write_by_rest(writer, stream):
    number = 0
    while not stopping.is_set():
        numbers = range(number, number + ROUND)
        number += ROUND
        # A key keeps to a partition.
        messages = [{"key": encoded(str(n % 5)), "value": encoded(f"{writer} {n}")} for n in numbers]
        try:
            status, reply = request("POST", f"/20180418/streams/{stream}/messages", {"messages": messages})
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            # Nothing is known of these; they are not written again.
            time.sleep(0.01)
            continue
        if status != 200 or reply["failures"]:
            problems.append(f"{writer}: {status} {reply}")
            return
        for n, entry in zip(numbers, reply["entries"]):
            note(writer, int(entry["partition"]), entry["offset"], n)
        # There are others.
        time.sleep(0.005)


def stored(topic):
    """What the partitions of a topic hold: by (partition, offset), the message's words."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    found = {}
    for partition in range(PARTITIONS):
        place = TopicPartition(topic, partition, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        consumer.assign([place])
        position = 0
        while position < end:
            message = consumer.poll(30)
            assert message is not None and not message.error(), (topic, partition, position, end)
            writer, number = message.value().decode().split()
            found[partition, message.offset()] = writer, int(number)
            position = message.offset() + 1
    consumer.close()
    return found


def check(writer):
    found = stored(writer)
    last = {}
    for partition, offset, number in sorted(acknowledged[writer], key=lambda one: (one[0], one[2])):
        # What was stored before an acknowledgement was lost has no offset to tell.
        if offset < 0:
            continue
        there = found.get((partition, offset))
        assert there == (writer, number), f"{partition}/{offset} holds {there}, and not {writer} {number}"
        assert last.get(partition, -1) < offset, f"{writer} {number} is out of order in {partition}"
        last[partition] = offset
    numbers = {number for _, number in found.values()}
    lost = [number for _, _, number in acknowledged[writer] if number not in numbers]
    assert not lost, f"{writer}: lost {lost[:5]}"
    if writer == "idempotent":
        for partition in range(PARTITIONS):
            kept = [found[place][1] for place in sorted(found) if place[0] == partition]
            wanted = list(range(partition, max(kept) + 1, PARTITIONS))
            assert kept == wanted, f"{writer}: {partition} holds something twice, or not in order"
    print(f"{writer}: {len(acknowledged[writer])} acknowledged, {len(found)} stored", file=sys.stderr)


admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
WRITERS = ["plain", "idempotent", "rest"]
for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in WRITERS]).values():
    made.result(30)
rest_stream = stream_id("rest")
threads = [
    # Without idempotence retries keep their order only one at a time.
    threading.Thread(target=write_by_kafka, args=["plain"], kwargs={"max.in.flight": 1}),
    threading.Thread(target=write_by_kafka, args=["idempotent"], kwargs={"enable.idempotence": True, "acks": "all"}),
    threading.Thread(target=write_by_rest, args=["rest", rest_stream]),
]
for thread in threads:
    thread.start()
sys.stdin.read()
stopping.set()
for thread in threads:
    thread.join()
assert not problems, problems[:5]
for writer in WRITERS:
    check(writer)
