"""A member of a consumer group: tells what it is assigned and what it reads, a JSON object a line.

    member.py BOOTSTRAP TOPIC CONFIG        CONFIG is an object of librdkafka's settings

It commits what it reads, tells of it, and leaves the group when its input ends.
"""

import json
import sys
import threading

from confluent_kafka import Consumer, KafkaException


def tell(**what):
    print(json.dumps(what), flush=True)


def numbers(partitions):
    return sorted(partition.partition for partition in partitions)


def main():
    bootstrap, topic, config = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    config = {
        "bootstrap.servers": bootstrap,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 500,
        **config,
    }
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    consumer = Consumer(config)
    consumer.subscribe(
        [topic],
        on_assign=lambda _, partitions: tell(assigned=numbers(partitions)),
        on_revoke=lambda _, partitions: tell(revoked=numbers(partitions)),
        on_lost=lambda _, partitions: tell(lost=numbers(partitions)),
    )
    while not done.is_set():
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            tell(error=message.error().name())
            continue
        committed = True
        try:
            consumer.commit(message, asynchronous=False)
        except KafkaException:
            committed = False
        place = {"partition": message.partition(), "offset": message.offset()}
        tell(**place, value=int(message.value()), committed=committed)
    consumer.close()
    tell(closed=True)


main()
