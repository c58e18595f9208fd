"""One version of the protocol, beside REST on the same queue."""

import json
import sys
import urllib.request

from client import connect

version, address, http, queue_id = sys.argv[1:]


def rest(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"content-type": "application/json"}
    url = f"{http}/20210201/queues/{queue_id}{path}"
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read() or b"null")


def settle(how, frame, receipt):
    """ACK or NACK, and its receipt."""
    name = frame.headers["ack" if version == "1.2" else "message-id"]
    if version == "1.1":
        getattr(connection, how)(name, frame.headers["subscription"], receipt=receipt)
    else:
        getattr(connection, how)(name, receipt=receipt)
    assert inbox.receipts.get(timeout=30) == receipt


connection, inbox = connect(version, address, "anyone", "anything")
connection.subscribe(queue_id, id="1", ack="client-individual", headers={"visibility": "300", "receipt": "s"})
assert inbox.receipts.get(timeout=30) == "s"

# From STOMP to STOMP, with a channel.
connection.send(f"{queue_id}/red", "grün: 1\n2", receipt="put: 1")
assert inbox.receipts.get(timeout=30) == "put: 1"
frame = inbox.messages.get(timeout=30)
assert frame.body == "grün: 1\n2", frame.body
assert frame.headers["destination"] == f"{queue_id}/red", frame.headers
assert frame.headers["subscription"] == "1"
assert frame.headers["delivery-count"] == "1"
assert ("ack" in frame.headers) == (version == "1.2")
if version != "1.0":  # which has no NACK in stomp.py
    settle("nack", frame, "n")
    frame = inbox.messages.get(timeout=30)
    assert frame.headers["delivery-count"] == "2", frame.headers
settle("ack", frame, "a")

# From REST to STOMP.
put = rest("POST", "/messages", {"messages": [{"content": "from REST", "metadata": {"channelId": "blue"}}]})
frame = inbox.messages.get(timeout=30)
assert frame.body == "from REST"
assert frame.headers["destination"] == f"{queue_id}/blue"
assert frame.headers["oci-message-id"] == str(put["messages"][0]["id"])
stats = rest("GET", "/stats")["queue"]
assert (stats["visibleMessages"], stats["inFlightMessages"]) == (0, 1), stats
settle("ack", frame, "b")

# From STOMP to REST.
connection.unsubscribe(id="1", headers={"receipt": "u"})
assert inbox.receipts.get(timeout=30) == "u"
connection.send(queue_id, "to REST", receipt="p")
assert inbox.receipts.get(timeout=30) == "p"
message = rest("GET", "/messages?timeoutInSeconds=5")["messages"][0]
assert message["content"] == "to REST"
rest("DELETE", f"/messages/{message['receipt']}")
connection.disconnect(receipt="bye")
assert inbox.receipts.get(timeout=30) == "bye"

# What queues have no use for.
connection, inbox = connect(version, address)
connection.send(queue_id, "x", headers={"priority": "9"}, receipt="r")
error = inbox.errors.get(timeout=30)
assert error.headers["message"] == "Unsupported header" and error.headers["receipt-id"] == "r", error.headers
connection, inbox = connect(version, address)
connection.begin("t")
assert "transactions" in inbox.errors.get(timeout=30).headers["message"].lower()
