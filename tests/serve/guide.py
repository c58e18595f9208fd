"""The producer and the consumer of the Streaming guides: batches of 50, a cursor on all partitions, replay.

usage: guide.py ENDPOINT KEY_FILE
"""

import base64
import json
import sys

import oci

COMPARTMENT = "ocid1.compartment.oc1..lab"
BATCH = 50


def config(key_file):
    return {
        "tenancy": "ocid1.tenancy.oc1..lab",
        "user": "ocid1.user.oc1..student",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }


def encode(text):
    return base64.b64encode(text.encode("utf-8")).decode("utf-8")


def produce(client, stream_id, orders):
    put = 0
    for start in range(0, len(orders), BATCH):
        entries = [
            oci.streaming.models.PutMessagesDetailsEntry(
                key=encode(order["orderId"]), value=encode(json.dumps(order))
            )
            for order in orders[start : start + BATCH]
        ]
        result = client.put_messages(
            stream_id=stream_id,
            put_messages_details=oci.streaming.models.PutMessagesDetails(messages=entries),
        )
        for entry in result.data.entries:
            if entry.error:
                raise SystemExit(f"Error: {entry.error_message}")
        put += len(entries) - result.data.failures
    return put


def consume(client, stream_id):
    """Reads from the oldest message on; the guides name no partition."""
    details = oci.streaming.models.CreateCursorDetails(type="TRIM_HORIZON")
    cursor = client.create_cursor(stream_id=stream_id, create_cursor_details=details).data.value
    got = []
    while True:
        messages = client.get_messages(stream_id=stream_id, cursor=cursor, limit=100)
        if not messages.data:
            return got
        for message in messages.data:
            key = base64.b64decode(message.key).decode("utf-8") if message.key else None
            value = json.loads(base64.b64decode(message.value).decode("utf-8"))
            assert key == value["orderId"]
            got.append(value)
        cursor = messages.headers["opc-next-cursor"]


def main(endpoint, key_file):
    admin = oci.streaming.StreamAdminClient(config(key_file), service_endpoint=endpoint)
    stream = admin.create_stream(
        oci.streaming.models.CreateStreamDetails(
            name="order-events", partitions=6, compartment_id=COMPARTMENT, retention_in_hours=24
        )
    ).data
    stream = oci.wait_until(admin, admin.get_stream(stream.id), "lifecycle_state", "ACTIVE").data
    client = oci.streaming.StreamClient(config(key_file), service_endpoint=stream.messages_endpoint)
    orders = [{"orderId": f"ORD-{number:04}", "total": number * 1.5} for number in range(120)]
    put = produce(client, stream.id, orders)
    got = consume(client, stream.id)
    again = consume(client, stream.id)
    by_id = sorted(got, key=lambda order: order["orderId"])
    assert by_id == orders and sorted(again, key=lambda order: order["orderId"]) == orders
    print(f"{put} put, {len(got)} got, {len(again)} got again")


if __name__ == "__main__":
    main(*sys.argv[1:])
