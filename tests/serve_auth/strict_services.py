"""What clients of Queue and Notifications meet at a server that is strict, or is not, and whose clock stands still.

    strict_services.py ENDPOINT CONFIG_FILE strict|lenient
"""

import sys

import oci
from oci.ons import NotificationControlPlaneClient, NotificationDataPlaneClient
from oci.ons.models import CreateTopicDetails, MessageDetails
from oci.queue import QueueAdminClient, QueueClient
from oci.queue.models import CreateQueueDetails, PutMessagesDetails, PutMessagesDetailsEntry

endpoint, config_file, kind = sys.argv[1:]
strict = kind == "strict"
COMPARTMENT = "ocid1.tenancy.oc1..local"
config = oci.config.from_file(config_file)


def client(kind):
    return kind(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


def refused_when_strict(allowed, refusal, call, *args):
    """Calls so often, and once more, which is too much for the service."""
    results = [call(*args) for _ in range(allowed)]
    try:
        call(*args)
    except oci.exceptions.ServiceError as error:
        assert strict, error
        assert (error.status, error.code) == refusal, error
    else:
        assert not strict, "nothing was refused"
    return results


QUOTA, THROTTLED = (400, "LimitExceeded"), (429, "TooManyRequests")

# Ten queues, and ten megabytes a second into one of them.
admin, messages = client(QueueAdminClient), client(QueueClient)
refused_when_strict(10, QUOTA, admin.create_queue, CreateQueueDetails(display_name=kind, compartment_id=COMPARTMENT))
queue = admin.list_queues(compartment_id=COMPARTMENT, display_name=kind).data.items[0]
half = PutMessagesDetails(messages=[PutMessagesDetailsEntry(content="x" * 256 * 1024)] * 2)
refused_when_strict(20, THROTTLED, messages.put_messages, queue.id, half)
# A queue that takes no more gives what it has.
got = messages.get_messages(queue.id, limit=20, timeout_in_seconds=0).data.messages
assert len(got) == 8, len(got)

# Sixty messages a minute to a topic.
topics, data = client(NotificationControlPlaneClient), client(NotificationDataPlaneClient)
topic = topics.create_topic(CreateTopicDetails(name=kind, compartment_id=COMPARTMENT)).data
refused_when_strict(60, THROTTLED, data.publish_message, topic.topic_id, MessageDetails(body="x"))
