"""Tells all that a topic has: an object of partitions, each a list of numbers.

    read.py BOOTSTRAP TOPIC
"""

import json
import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition

bootstrap, topic = sys.argv[1:3]
consumer = Consumer(
    {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.partition.eof": True}
)
partitions = consumer.list_topics(topic, 30).topics[topic].partitions
consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
values = {str(partition): [] for partition in partitions}
open_partitions = set(partitions)
while open_partitions:
    message = consumer.poll(30)
    if message is None:
        sys.exit("nothing came for 30 seconds")
    if message.error() is None:
        values[str(message.partition())].append(int(message.value()))
    elif message.error().code() == KafkaError._PARTITION_EOF:
        open_partitions.discard(message.partition())
    else:
        sys.exit(str(message.error()))
print(json.dumps(values))
