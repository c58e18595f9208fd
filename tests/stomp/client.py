"""A listener that hands over what comes, and connections of every version."""

import queue

import stomp

CONNECTIONS = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}


class Inbox(stomp.ConnectionListener):
    """Keeps what comes until it is asked for."""

    def __init__(self):
        self.messages = queue.Queue()
        self.receipts = queue.Queue()
        self.errors = queue.Queue()

    def on_message(self, frame):
        self.messages.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_error(self, frame):
        self.errors.put(frame)


def connect(version, address, login=None, passcode=None, ca=None):
    """A connection and what comes on it."""
    host, port = address.rsplit(":", 1)
    where = [(host, int(port))]
    connection = CONNECTIONS[version](where, reconnect_attempts_max=1)
    if ca:
        connection.set_ssl(for_hosts=where, ca_certs=ca)
    inbox = Inbox()
    connection.set_listener("inbox", inbox)
    connection.connect(login, passcode, wait=True)
    return connection, inbox
