"""Puts, gets and failures through REST, STOMP and Kafka, and what Monitoring counts of them.

Runs under `ocelot run`. usage: faces.py OCELOT
"""

import base64
import json
import os
import queue
import subprocess
import sys

import oci
import stomp
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

ENDPOINT = os.environ["OCI_CLI_ENDPOINT"]
CONFIG = oci.config.from_file(os.environ["OCI_CONFIG_FILE"])
# Where the stream pool is that Kafka clients see who do not say who they are.
COMPARTMENT = CONFIG["tenancy"]


def client(kind):
    return kind(CONFIG, service_endpoint=ENDPOINT, retry_strategy=oci.retry.NoneRetryStrategy())


def stomp_address():
    status = subprocess.run([sys.argv[1], "local", "status"], check=True, capture_output=True, timeout=30)
    host, port = json.loads(status.stdout)["data"]["server"]["stomp"].rsplit(":", 1)
    return host, int(port)


def refused(function, *arguments):
    try:
        function(*arguments)
    except oci.exceptions.ServiceError as error:
        return error.status
    raise AssertionError(f"{function} went well")


def told(namespace, query, come_to=sum):
    """What the values of each stream come to, by its dimensions but the resource and the region."""
    details = oci.monitoring.models.SummarizeMetricsDataDetails(namespace=namespace, query=query)
    streams = client(oci.monitoring.MonitoringClient).summarize_metrics_data(COMPARTMENT, details).data
    by_name = {}
    for stream in streams:
        name = tuple(value for key, value in sorted(stream.dimensions.items()) if key not in ("resourceId", "region"))
        by_name[name] = come_to([point.value for point in stream.aggregated_datapoints])
    return by_name


def expect(namespace, query, expected, come_to=sum):
    found = told(namespace, query, come_to)
    assert found == expected, f"{query}: {found}, not {expected}"


def streams():
    """Two messages by REST and three by Kafka, five got by each."""
    admin, service = client(oci.streaming.StreamAdminClient), client(oci.streaming.StreamClient)
    details = oci.streaming.models.CreateStreamDetails(name="orders", partitions=1, compartment_id=COMPARTMENT)
    stream_id = admin.create_stream(details).data.id
    value = base64.b64encode(b"value").decode()
    entries = [oci.streaming.models.PutMessagesDetailsEntry(value=value)] * 2
    service.put_messages(stream_id, oci.streaming.models.PutMessagesDetails(messages=entries))
    bad = oci.streaming.models.PutMessagesDetailsEntry(value="?")
    assert refused(service.put_messages, stream_id, oci.streaming.models.PutMessagesDetails(messages=[bad])) == 400

    servers = {"bootstrap_servers": os.environ["OCELOT_KAFKA_BOOTSTRAP"]}
    producer = KafkaProducer(**servers, acks="all", linger_ms=0)
    for _ in range(3):
        producer.send("orders", b"value", partition=0).get(timeout=30)
    producer.close()
    consumer = KafkaConsumer(**servers, consumer_timeout_ms=30_000)
    consumer.assign([TopicPartition("orders", 0)])
    consumer.seek_to_beginning()
    assert [next(consumer).value for _ in range(5)] == [b"value"] * 5
    consumer.close()

    details = oci.streaming.models.CreateCursorDetails(partition="0", type="TRIM_HORIZON")
    cursor = service.create_cursor(stream_id, details).data.value
    assert len(service.get_messages(stream_id, cursor).data) == 5
    assert refused(service.get_messages, stream_id, "no cursor") == 400

    of = f'[1h]{{resourceId = "{stream_id}"}}.sum()'
    for metric, expected in {
        "PutMessagesThroughput.Count": 5,
        "PutMessagesRecords.Count": 5,
        "PutMessagesSuccess.Count": 4,
        "PutMessagesFault.Count": 1,
        "GetMessagesThroughput.Count": 10,
        "GetMessagesFault.Count": 1,
    }.items():
        expect("oci_streaming", metric + of, {(): expected})
    expect("oci_streaming", f'PutMessages[1h]{{streamId = "{stream_id}"}}.sum()', {(stream_id,): 5})
    expect("oci_streaming", f'GetMessages[1h]{{streamId = "{stream_id}"}}.sum()', {(stream_id,): 10})


class Inbox(stomp.ConnectionListener):
    def __init__(self):
        self.messages, self.receipts = queue.Queue(), queue.Queue()

    def on_message(self, frame):
        self.messages.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])


def queues():
    """A message by REST and one by STOMP; one is got by each, and deleted."""
    models = oci.queue.models
    admin, service = client(oci.queue.QueueAdminClient), client(oci.queue.QueueClient)
    admin.create_queue(models.CreateQueueDetails(display_name="orders", compartment_id=COMPARTMENT))
    queue_id = admin.list_queues(compartment_id=COMPARTMENT).data.items[0].id

    def put(messages):
        entries = [models.PutMessagesDetailsEntry(content="12345")] * messages
        return service.put_messages(queue_id, models.PutMessagesDetails(messages=entries))

    put(1)
    assert refused(put, 21) == 400
    message = service.get_messages(queue_id, timeout_in_seconds=0).data.messages[0]
    service.delete_message(queue_id, message.receipt)
    assert refused(service.delete_message, queue_id, message.receipt) == 404

    connection, inbox = stomp.Connection12([stomp_address()]), Inbox()
    connection.set_listener("inbox", inbox)
    connection.connect("anyone", "anything", wait=True)
    connection.send(queue_id, "12345", receipt="put")
    assert inbox.receipts.get(timeout=30) == "put"
    connection.subscribe(queue_id, id="1", ack="client-individual")
    frame = inbox.messages.get(timeout=30)
    connection.ack(frame.headers["ack"], receipt="deleted")
    assert inbox.receipts.get(timeout=30) == "deleted"
    connection.disconnect()

    of = f'{{resourceId = "{queue_id}"}}'
    expect("oci_queue", f"MessagesCount[1h]{of}.sum()", {("GetMessages",): 2, ("PutMessages",): 2})
    expect("oci_queue", f"RequestsThroughput[1h]{of}.sum()", {("GetMessages",): 10, ("PutMessages",): 10})
    successes = told("oci_queue", f"RequestSuccess[1h]{of}.sum()")
    requests = told("oci_queue", f"RequestSuccess[1h]{of}.count()")
    # A subscription asks again after each message.
    assert successes.pop(("GetMessages",)) == requests.pop(("GetMessages",)) >= 2
    assert successes == {("DeleteMessage",): 2, ("PutMessages",): 2}, successes
    assert requests == {("DeleteMessage",): 3, ("PutMessages",): 3}, requests
    put(2)
    waiting = {("true",): 2, ("false",): 0}
    expect("oci_queue", f"MessagesInQueueCount[1m]{of}.last()", waiting, lambda values: values[-1])


streams()
queues()
print("everything is counted")
