#!/usr/bin/env python3
"""What waiting clients cost the server in memory: 1,000 idle connections, half REST and half Kafka, and 1,000 fetches
that wait for messages.

    connections.py HTTP_ADDRESS KAFKA_ADDRESS SERVER_PID [MOST_KIB]

With a bound it fails above it. Needs nothing but Python, and file handles for 2,000 sockets on either side.
"""

import http.client
import json
import resource
import socket
import struct
import sys
import time

http_address, kafka_address, pid = sys.argv[1:4]
most_kib = int(sys.argv[4]) if len(sys.argv) > 4 else None
COUNT = 1000
COMPARTMENT = "ocid1.tenancy.oc1..local"


def memory_kib():
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=60)


def request(method, path, body=None):
    connection = http.client.HTTPConnection(http_address, timeout=60)
    connection.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    assert response.status == 200, text
    return json.loads(text)


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def frame(api_key, version, correlation_id, body):
    content = struct.pack(">hhi", api_key, version, correlation_id) + text("bench") + body
    return struct.pack(">i", len(content)) + content


def fetch(correlation_id):
    """A fetch, version 4, from the end of the empty stream, that may wait ten minutes."""
    body = struct.pack(">iiiib", -1, 600_000, 1, 1 << 20, 0)
    body += struct.pack(">i", 1) + text("empty") + struct.pack(">i", 1) + struct.pack(">iqi", 0, 0, 1 << 20)
    return frame(1, 4, correlation_id, body)


def answer(stream):
    def take(count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            assert more, "the server has closed the connection"
            data += more
        return data

    return take(struct.unpack(">i", take(4))[0])


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if soft < 4096 else soft, hard))
details = {"name": "empty", "partitions": 1, "compartmentId": COMPARTMENT}
stream_id = request("POST", "/20180418/streams", details)["id"]
before_kib = memory_kib()

idle = [connect(http_address) for _ in range(COUNT // 2)] + [connect(kafka_address) for _ in range(COUNT // 2)]
waiting = [connect(kafka_address) for _ in range(COUNT)]
for number, stream in enumerate(waiting):
    stream.sendall(fetch(number))
# A metadata request on each idle Kafka connection is answered only once the server has taken all before it.
for stream in idle[COUNT // 2 :]:
    stream.sendall(frame(18, 0, 7, b""))
    assert struct.unpack(">i", answer(stream)[:4])[0] == 7
time.sleep(1)
after_kib = memory_kib()
cost_kib = after_kib - before_kib
print(f"{COUNT} idle and {COUNT} waiting clients: {cost_kib} KiB (from {before_kib} to {after_kib})", file=sys.stderr)

# All of them do wait: one message wakes every one.
request("POST", f"/20180418/streams/{stream_id}/messages", {"messages": [{"value": "YQ=="}]})
for number, stream in enumerate(waiting):
    reply = answer(stream)
    assert struct.unpack(">i", reply[:4])[0] == number and len(reply) > 60, reply
assert most_kib is None or cost_kib < most_kib, f"{cost_kib} KiB are too much"
