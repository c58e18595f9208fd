"""A member of a group of Kafka clients reads some messages of a topic, commits how far it is, and leaves.

    commit.py BOOTSTRAP TOPIC GROUP COUNT
"""

import sys

from confluent_kafka import Consumer

bootstrap, topic, group, count = sys.argv[1:5]
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe([topic])
for _ in range(int(count)):
    message = consumer.poll(30)
    assert message is not None, "nothing came for 30 seconds"
    assert message.error() is None, message.error()
    consumer.commit(message, asynchronous=False)
consumer.close()
print("committed")
