"""Logins with auth tokens, over TLS."""

import base64
import sys

import stomp.exception

from client import connect

address, queue_id, ca, other_ca, token, token_of_others = sys.argv[1:]


def encode(text):
    return base64.b64encode(text.encode()).decode()


def is_refused(version, login, passcode, authority=ca):
    try:
        connect(version, address, login, passcode, authority)
    except stomp.exception.ConnectFailedException:
        return True
    return False


for version in ("1.0", "1.1", "1.2"):
    connection, inbox = connect(version, address, "local/idcs/ann", encode(token), ca)
    connection.subscribe(queue_id, id="1", ack="client-individual")
    connection.send(queue_id, version, receipt="r")
    assert inbox.receipts.get(timeout=30) == "r"
    frame = inbox.messages.get(timeout=30)
    assert frame.body == version
    connection.disconnect(receipt="bye")
    assert inbox.receipts.get(timeout=30) == "bye"

    assert is_refused(version, "local/idcs/ann", token), "the token itself"
    assert is_refused(version, "local/idcs/ann", encode("wrong"))
    assert is_refused(version, "local/bob", encode(token))
    assert is_refused(version, "ann", encode(token))
    assert is_refused(version, "local/idcs/ann", None)
    assert is_refused(version, None, None)
    assert is_refused(version, "local/idcs/ann", encode(token), other_ca)

# The queues of one tenancy are none of another's.
connection, inbox = connect("1.2", address, "shop/ann", encode(token_of_others), ca)
connection.send(queue_id, "x")
error = inbox.errors.get(timeout=30)
assert error.headers["message"] == "Refused by the queue" and queue_id in error.body, error
