"""Produces the numbers FIRST to LAST, the last not included, to all partitions of a topic in turn.

    produce.py BOOTSTRAP TOPIC PARTITIONS FIRST LAST CONFIG

Makes the topic when it begins with 0. Tells the number of messages that were acknowledged, now and then and at the end.
"""

import json
import sys

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, topic = sys.argv[1:3]
partitions, first, last = map(int, sys.argv[3:6])
acknowledged = 0


def delivered(error, _):
    global acknowledged
    if error is not None:
        sys.exit(f"not delivered: {error}")
    acknowledged += 1
    if acknowledged % 100 == 0:
        print(acknowledged, flush=True)


if first == 0:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        made.result(30)
producer = Producer(
    {
        "bootstrap.servers": bootstrap,
        "reconnect.backoff.max.ms": 500,
        "message.timeout.ms": 60000,
        **json.loads(sys.argv[6]),
    }
)
for number in range(first, last):
    while True:
        try:
            producer.produce(topic, str(number), partition=number % partitions, callback=delivered)
            break
        except BufferError:
            producer.poll(0.1)
    producer.poll(0)
if producer.flush(60) > 0:
    sys.exit("not everything was delivered")
print(acknowledged, flush=True)
