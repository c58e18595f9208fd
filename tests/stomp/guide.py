"""The example of the README."""

import sys
import threading

import stomp

address, queue_ocid = sys.argv[1:]
host, port = address.split(":")


done = threading.Event()


class Worker(stomp.ConnectionListener):
    def on_message(self, frame):
        print(frame.body, frame.headers["destination"])
        connection.ack(frame.headers["ack"])
        done.set()


connection = stomp.Connection12([(host, int(port))])
connection.set_listener("", Worker())
connection.connect("local/ann", "", wait=True)
connection.subscribe(queue_ocid, id=1, ack="client-individual")
connection.send(queue_ocid + "/invoices", "hello")
assert done.wait(30)
connection.disconnect()
