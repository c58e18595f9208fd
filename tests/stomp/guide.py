"""The example of the README."""

import sys

import stomp

address, queue_ocid = sys.argv[1:]
host, port = address.split(":")


class Worker(stomp.ConnectionListener):
    def on_message(self, frame):
        print(frame.body, "in", frame.headers["destination"])
        connection.ack(frame.headers["ack"], receipt="done")

    def on_receipt(self, frame):
        if frame.headers["receipt-id"] == "done":
            connection.disconnect()


connection = stomp.Connection12([(host, int(port))])
connection.set_listener("worker", Worker())
connection.connect("local/ann", "", wait=True)
connection.send(f"{queue_ocid}/invoices", "hello")
connection.subscribe(queue_ocid, id="1", ack="client-individual")
while connection.is_connected():
    pass
