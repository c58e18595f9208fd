"""How long a lone consumer takes to its first message, in seconds; three times, each in a group of its own.

    start.py BOOTSTRAP CLIENT        CLIENT is classic or consumer (librdkafka), or kafka-python
"""

import sys
import time

import confluent_kafka
import kafka

bootstrap, client = sys.argv[1:3]


def with_librdkafka(group):
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "group.protocol": client,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["orders"])
    assert consumer.poll(30).error() is None
    return consumer


def with_kafka_python(group):
    consumer = kafka.KafkaConsumer(
        "orders",
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        consumer_timeout_ms=30000,
    )
    next(consumer)
    return consumer


for number in range(3):
    began = time.monotonic()
    start = with_kafka_python if client == "kafka-python" else with_librdkafka
    consumer = start(f"{client}-{number}")
    print(time.monotonic() - began, flush=True)
    consumer.close()
