"""librdkafka's logins, good ones and bad ones; those of an old one by kcat, where it is installed.

    kafka_logins.py BOOTSTRAP POOL OTHER_POOL FOREIGN_POOL TOKEN DELETED_TOKEN

The token is of default/ann@example.com in the tenancy shop, the deleted one was of bob.
"""

import shutil
import subprocess
import sys
import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, pool, other_pool, foreign_pool, token, deleted_token = sys.argv[1:]
ANN = "default/ann@example.com"
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


def config(mechanism, user, password, **more):
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
        "log_level": 0,
        **more,
    }


def of(pool_id, user=ANN, tenancy="shop"):
    return f"{tenancy}/{user}/{pool_id}"


def topics(mechanism, user):
    admin = AdminClient(config(mechanism, user, token))
    return set(admin.list_topics(timeout=30).topics)


def writes_and_reads(mechanism):
    login = config(mechanism, of(pool), token)
    failures = []
    producer = Producer(login)
    producer.produce("orders", mechanism, partition=0, callback=lambda error, _: error and failures.append(error))
    assert producer.flush(30) == 0 and not failures, failures
    consumer = Consumer({**login, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition("orders", 0, 0)])
    while True:
        message = consumer.poll(30)
        assert message is not None and not message.error(), message
        if message.value() == mechanism.encode():
            break
    consumer.close()


def is_refused(mechanism, user, password):
    told = []
    client = AdminClient(config(mechanism, user, password, error_cb=told.append))
    until = time.monotonic() + 60
    while not any(error.code() == KafkaError._AUTHENTICATION for error in told):
        assert time.monotonic() < until, (mechanism, user, told)
        client.poll(0.2)


def kcat_reads(mechanism):
    settings = config(mechanism, of(pool), token)
    options = [word for item in settings.items() for word in ("-X", "=".join(map(str, item)))]
    done = subprocess.run(
        ["kcat", "-C", "-q", "-e", "-t", "orders", *options],
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0 and mechanism in done.stdout.split(), (mechanism, done)


admin = AdminClient(config("PLAIN", of(pool), token))
admin.create_topics([NewTopic("orders", 1, 1)])["orders"].result(30)
for mechanism in MECHANISMS:
    writes_and_reads(mechanism)
    if shutil.which("kcat"):
        kcat_reads(mechanism)
    assert topics(mechanism, of(pool)) == {"orders"}
    # The tenancy may be named by its OCID; a pool shows its own streams only.
    assert topics(mechanism, of(other_pool, tenancy="ocid1.tenancy.oc1..shop")) == set()
    is_refused(mechanism, of(pool), token + "x")
    is_refused(mechanism, of(pool, "eve"), token)
    is_refused(mechanism, of(pool, tenancy="bank"), token)
    is_refused(mechanism, of("ocid1.streampool.oc1..nowhere"), token)
    is_refused(mechanism, of(foreign_pool), token)
    is_refused(mechanism, of(pool, "bob"), deleted_token)
