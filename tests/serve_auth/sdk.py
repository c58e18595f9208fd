"""The official SDK with its signatures, against a server that checks them.

    sdk.py ENDPOINT CONFIG_FILE

The profiles SHOP and BANK have registered keys, STRANGER has not.
"""

import base64
import sys
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import oci
from oci._vendor import requests
from oci.streaming import StreamAdminClient, StreamClient, models

endpoint, config_file = sys.argv[1:]
SHOP = "ocid1.tenancy.oc1..shop"
STREAMS = f"{endpoint}/20180418/streams?compartmentId={SHOP}"


def config(profile):
    return oci.config.from_file(config_file, profile)


def client(kind, profile):
    return kind(config(profile), service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


def signer(profile):
    found = config(profile)
    return oci.signer.Signer(found["tenancy"], found["user"], found["fingerprint"], found["key_file"])


def refused(status, code, call, *args):
    try:
        call(*args)
    except oci.exceptions.ServiceError as error:
        assert (error.status, error.code) == (status, code), error
        return
    raise AssertionError(f"{call.__name__} was not refused")


def whole_life_of_a_stream():
    admin, streams = client(StreamAdminClient, "SHOP"), client(StreamClient, "SHOP")
    details = models.CreateStreamDetails(name="orders", partitions=2, compartment_id=SHOP)
    stream_id = admin.create_stream(details).data.id
    assert [one.name for one in admin.list_streams(compartment_id=SHOP).data] == ["orders"]
    value = base64.b64encode("grüße".encode()).decode()
    entries = [models.PutMessagesDetailsEntry(key=base64.b64encode(b"k").decode(), value=value)] * 3
    put = streams.put_messages(stream_id, models.PutMessagesDetails(messages=entries)).data
    assert put.failures == 0 and [entry.offset for entry in put.entries] == [0, 1, 2], put
    at = models.CreateCursorDetails(partition=put.entries[0].partition, type="TRIM_HORIZON")
    cursor = streams.create_cursor(stream_id, at).data.value
    got = streams.get_messages(stream_id, cursor)
    assert [message.value for message in got.data] == [value] * 3, got.data
    assert got.headers["opc-next-cursor"]
    # Many in a second are signed alike, since only the date is their own.
    for offset in range(3, 13):
        one = models.PutMessagesDetails(messages=entries[:1])
        assert streams.put_messages(stream_id, one).data.entries[0].offset == offset
    return stream_id


def another_tenancy_sees_nothing(stream_id):
    admin, streams = client(StreamAdminClient, "BANK"), client(StreamClient, "BANK")
    assert admin.list_streams(compartment_id=SHOP).data == []
    entry = models.PutMessagesDetailsEntry(value="YQ==")
    details = models.PutMessagesDetails(messages=[entry])
    at = models.CreateCursorDetails(partition="0", type="TRIM_HORIZON")
    missing = (404, "NotAuthorizedOrNotFound")
    refused(*missing, admin.get_stream, stream_id)
    refused(*missing, admin.delete_stream, stream_id)
    refused(*missing, streams.put_messages, stream_id, details)
    refused(*missing, streams.create_cursor, stream_id, at)


def sent(request, profile="SHOP"):
    """A request that was signed, and changed afterwards by the caller."""
    return requests.Request(**request, auth=signer(profile)).prepare()


def answered(prepared):
    response = requests.Session().send(prepared, timeout=60)
    return response.status_code, response.json()


def is_stranger(prepared):
    status, body = answered(prepared)
    assert (status, body["code"]) == (401, "NotAuthenticated"), (status, body)


def dated(minutes):
    date = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=minutes), usegmt=True)
    return sent({"method": "GET", "url": STREAMS, "headers": {"date": date}})


def forged_requests(stream_id):
    assert answered(dated(-4))[0] == 200
    assert answered(dated(4))[0] == 200
    is_stranger(dated(-6))
    is_stranger(dated(6))
    is_stranger(sent({"method": "GET", "url": STREAMS}, "STRANGER"))
    is_stranger(requests.Request("GET", STREAMS).prepare())

    other_path = sent({"method": "GET", "url": STREAMS})
    other_path.url = STREAMS.replace("..shop", "..bank")
    is_stranger(other_path)

    body = b'{"name":"forged","partitions":1,"compartmentId":"%s"}' % SHOP.encode()
    other_body = sent(
        {"method": "POST", "url": STREAMS, "data": body, "headers": {"content-type": "application/json"}}
    )
    other_body.body = body.replace(b"forged", b"FORGED")
    is_stranger(other_body)

    other_method = sent({"method": "GET", "url": f"{endpoint}/20180418/streams/{stream_id}"})
    other_method.method = "DELETE"
    is_stranger(other_method)


stream_id = whole_life_of_a_stream()
another_tenancy_sees_nothing(stream_id)
forged_requests(stream_id)
client(StreamAdminClient, "SHOP").delete_stream(stream_id)
