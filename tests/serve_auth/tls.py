"""The official SDK and librdkafka over TLS.

    tls.py ENDPOINT BOOTSTRAP CONFIG_FILE TOKEN CA_FILE OTHER_CA_FILE
"""

import sys
import time

import oci
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from oci.streaming import StreamAdminClient, models

endpoint, bootstrap, config_file, token, ca, other_ca = sys.argv[1:]
SHOP = "ocid1.tenancy.oc1..shop"


def sdk(ca_file):
    config = oci.config.from_file(config_file, "SHOP")
    retry = oci.retry.NoneRetryStrategy()
    made = StreamAdminClient(config, service_endpoint=endpoint, retry_strategy=retry)
    made.base_client.session.verify = ca_file
    return made


pool = models.CreateStreamPoolDetails(name="pool", compartment_id=SHOP)
pool_id = sdk(ca).create_stream_pool(pool).data.id
try:
    sdk(other_ca).list_stream_pools(SHOP)
    sys.exit("another authority was trusted")
except oci.exceptions.RequestException as error:
    assert "certificate" in str(error).lower(), error


def kafka(ca_file, **more):
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": ca_file,
        "ssl.endpoint.identification.algorithm": "https",
        "sasl.mechanism": "PLAIN",
        "sasl.username": f"shop/ann/{pool_id}",
        "sasl.password": token,
        "log_level": 0,
        **more,
    }


kafka_admin = AdminClient(kafka(ca))
kafka_admin.create_topics([NewTopic("orders", 1, 1)])["orders"].result(30)
failures = []
producer = Producer(kafka(ca))
for number in range(1000):
    producer.produce("orders", str(number), callback=lambda error, _: error and failures.append(error))
assert producer.flush(60) == 0 and not failures, failures[:3]
consumer = Consumer(kafka(ca, **{"group.id": "unused", "enable.auto.commit": False}))
consumer.assign([TopicPartition("orders", 0, 0)])
got = []
while len(got) < 1000:
    message = consumer.poll(30)
    assert message is not None and not message.error(), message
    got.append(int(message.value()))
assert got == list(range(1000)), got[:10]
consumer.close()

told = []
client = AdminClient(kafka(other_ca, error_cb=told.append))
until = time.monotonic() + 60
while not any(error.code() == KafkaError._SSL for error in told):
    assert time.monotonic() < until, told
    client.poll(0.2)
