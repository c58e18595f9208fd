#!/usr/bin/env python3
"""How long a message takes from a producer to a consumer, at 1,000 messages of 1 KiB a second.

    latency.py KAFKA_ADDRESS [SECONDS [MESSAGES_A_SECOND]]

Needs confluent-kafka (librdkafka). Producer and consumer are processes of their own, so that neither waits for the
other's interpreter. Both use the defaults, but for linger.ms=0.
"""

import multiprocessing
import statistics
import struct
import sys
import time
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
rate = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
PARTITIONS = 3
SIZE = 1024
# What is measured while connections are made says nothing.
WARM_UP = 2


def consume(topic, count, ready, results):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    consumer.poll(1)
    ready.set()
    taken = []
    while len(taken) < count:
        for message in consumer.consume(100, 0.001):
            now = time.monotonic_ns()
            (sent,) = struct.unpack(">q", message.value()[:8])
            taken.append(now - sent)
    consumer.close()
    results.put(taken)


def produce(topic, count):
    failures = []
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    begun = time.monotonic_ns()
    for number in range(count):
        due = begun + number * 1_000_000_000 // rate
        while (left := due - time.monotonic_ns()) > 0:
            producer.poll(min(left / 1e9, 0.001))
        value = struct.pack(">q", time.monotonic_ns()) + bytes(SIZE - 8)
        producer.produce(
            topic, value, partition=number % PARTITIONS, callback=lambda error, _: error and failures.append(error)
        )
    assert producer.flush(60) == 0 and not failures, failures[:3]


def main():
    topic = f"latency-{uuid.uuid4()}"
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    count = (seconds + WARM_UP) * rate
    ready, results = multiprocessing.Event(), multiprocessing.Queue()
    consumer = multiprocessing.Process(target=consume, args=(topic, count, ready, results))
    consumer.start()
    ready.wait()
    produce(topic, count)
    taken = results.get(timeout=60)[WARM_UP * rate :]
    consumer.join()
    shares = statistics.quantiles(taken, n=1000)
    named = {"p50": shares[499], "p90": shares[899], "p99": shares[989], "p99.9": shares[998], "most": max(taken)}
    figures = ", ".join(f"{name} {ns / 1e6:.2f} ms" for name, ns in named.items())
    print(f"{rate} messages a second for {seconds} s: {figures}")


if __name__ == "__main__":
    main()
