"""Every operation of Notifications through the official Python SDK, with a webhook receiver of its own.

usage: sdk_ons.py ENDPOINT CONFIG_FILE     (and the environment that official.py tells of)
"""

import datetime
import http.server
import json
import queue
import sys
import threading
import time
import urllib.parse
import urllib.request

from oci.ons import (
    NotificationControlPlaneClient,
    NotificationDataPlaneClient,
    NotificationDataPlaneClientCompositeOperations,
    models,
)

from official import COMPARTMENT, INVALID, MISSING, OTHER, UNKNOWN
from official import Watched, advance, every, local, names, refused

PATIENCE_SECONDS = 60


class Receiver(http.server.ThreadingHTTPServer):
    """A webhook that keeps what it gets."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Hook)
        self.got = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self):
        return self.got.get(timeout=PATIENCE_SECONDS)


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.got.put((self.headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def topic_details(name, **more):
    return models.CreateTopicDetails(name=name, compartment_id=COMPARTMENT, **more)


def topics(control, endpoint):
    details = topic_details(
        "alerts",
        description="For the people on call",
        freeform_tags={"team": "shop"},
        defined_tags={"cost": {"center": "42"}},
    )
    made = control.create_topic(details)
    topic = made.data
    assert (topic.name, topic.lifecycle_state, topic.compartment_id) == ("alerts", "ACTIVE", COMPARTMENT)
    assert topic.description == "For the people on call" and len(topic.short_topic_id) == 6
    assert (topic.freeform_tags, topic.defined_tags) == ({"team": "shop"}, {"cost": {"center": "42"}})
    assert topic.api_endpoint == endpoint and isinstance(topic.time_created, datetime.datetime)
    assert made.headers["etag"] == topic.etag and control.get_topic(topic.topic_id).data == topic

    update = models.TopicAttributesDetails(description="For everyone", freeform_tags={})
    refused(412, "NoEtagMatch", "", control.update_topic, topic.topic_id, update, if_match="other")
    changed = control.update_topic(topic.topic_id, update, if_match=topic.etag).data
    assert (changed.description, changed.freeform_tags) == ("For everyone", {})
    assert changed.defined_tags == topic.defined_tags and changed.etag != topic.etag
    refused(412, "NoEtagMatch", "", control.delete_topic, topic.topic_id, if_match=topic.etag)
    move = models.ChangeCompartmentDetails(compartment_id=OTHER)
    refused(412, "NoEtagMatch", "", control.change_topic_compartment, topic.topic_id, move, if_match=topic.etag)
    control.change_topic_compartment(topic.topic_id, move, if_match=changed.etag)
    assert names(control.list_topics(OTHER).data) == ["alerts"]

    twice = [control.create_topic(topic_details("once"), opc_retry_token="once").data.topic_id for _ in range(2)]
    assert twice[0] == twice[1]
    # Names are unique in the whole tenancy.
    error = refused(409, "NotAuthorizedOrResourceAlreadyExists", "", control.create_topic, topic_details("alerts"))
    assert "alerts" in error.message and OTHER in error.message, error
    for name in ("", "a b", "a/b", "x" * 257):
        refused(400, INVALID, "name", control.create_topic, topic_details(name))
    nameless = models.CreateTopicDetails(compartment_id=COMPARTMENT)
    refused(400, MISSING, "name", control.create_topic, nameless)
    without = models.TopicAttributesDetails(freeform_tags={})
    refused(400, MISSING, "description", control.update_topic, topic.topic_id, without)
    refused(404, UNKNOWN, "", control.get_topic, "ocid1.onstopic.oc1..none")
    return control.get_topic(topic.topic_id).data


def lists_of_topics(control):
    made = ["once"] + [f"many-{index}" for index in range(5)]
    for name in made[1:]:
        control.create_topic(topic_details(name))
    assert names(every(control.list_topics, compartment_id=COMPARTMENT)) == made[::-1]
    ascending = {"compartment_id": COMPARTMENT, "sort_by": "TIMECREATED", "sort_order": "ASC"}
    assert names(every(control.list_topics, **ascending)) == made
    first = control.list_topics(limit=4, **ascending)
    second = control.list_topics(limit=4, page=first.next_page, **ascending)
    assert names(second.data) == made[4:] and not second.has_next_page
    before = control.list_topics(limit=4, page=second.headers["opc-previous-page"], **ascending)
    assert names(before.data) == made[:4] and isinstance(before.data[0], models.NotificationTopicSummary)
    wanted = before.data[2]
    assert names(control.list_topics(COMPARTMENT, name="many-1", lifecycle_state="ACTIVE").data) == ["many-1"]
    assert names(control.list_topics(COMPARTMENT, id=wanted.topic_id).data) == [wanted.name]
    refused(400, INVALID, "limit", control.list_topics, COMPARTMENT, limit=0)
    refused(400, INVALID, "page", control.list_topics, COMPARTMENT, page="nonsense")
    for name in made:
        topic = control.list_topics(COMPARTMENT, name=name).data[0]
        assert control.delete_topic(topic.topic_id, if_match=topic.etag).status == 204
    assert control.list_topics(COMPARTMENT).data == []
    refused(404, UNKNOWN, "", control.get_topic, wanted.topic_id)


def details(topic, protocol, endpoint, **more):
    return models.CreateSubscriptionDetails(
        topic_id=topic.topic_id, compartment_id=OTHER, protocol=protocol, endpoint=endpoint, **more
    )


def inbox(to, count):
    """The newest messages for an endpoint, once there are so many."""
    begun = time.monotonic()
    while True:
        found = [one for one in local("inbox", "list") if one["to"] == to]
        if len(found) >= count:
            return found
        assert time.monotonic() - begun < PATIENCE_SECONDS, found
        time.sleep(0.02)


def token(url):
    """What a link allows, and where it leads to."""
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    return query["token"], query["protocol"]


def confirmed_by_token(data, waiting, topic, endpoint):
    create = details(topic, "EMAIL", "oncall@example.com", freeform_tags={"a": "b"}, metadata="kept")
    subscription = waiting.create_subscription_and_wait_for_state(create, ["PENDING"]).data
    assert (subscription.topic_id, subscription.protocol, subscription.endpoint) == (
        topic.topic_id,
        "EMAIL",
        "oncall@example.com",
    )
    assert isinstance(subscription.created_time, int) and subscription.freeform_tags == {"a": "b"}
    policy = json.loads(subscription.deliver_policy)
    assert policy["backoffRetryPolicy"] == {"maxRetryDuration": 7_200_000, "policyType": "EXPONENTIAL"}, policy
    assert data.create_subscription(create).data.id == subscription.id

    first, protocol = token(inbox("oncall@example.com", 1)[0]["confirmation-url"])
    assert protocol == "EMAIL"
    advance("73h")
    expired = refused(400, INVALID, "", data.get_confirm_subscription, subscription.id, first, protocol)
    assert "expired" in expired.message, expired
    assert data.resend_subscription_confirmation(subscription.id).data.lifecycle_state == "PENDING"
    url = inbox("oncall@example.com", 2)[0]["confirmation-url"]
    second, _ = token(url)
    refused(400, INVALID, "token", data.get_confirm_subscription, subscription.id, first, protocol)
    refused(400, INVALID, "protocol", data.get_confirm_subscription, subscription.id, second, "SMS")
    refused(400, INVALID, "protocol", data.get_confirm_subscription, subscription.id, second, "FAX")
    refused(404, UNKNOWN, "", data.get_confirm_subscription, "ocid1.onssubscription.oc1..none", second, protocol)
    result = data.get_confirm_subscription(subscription.id, second, protocol).data
    assert (result.topic_id, result.topic_name, result.endpoint, result.subscription_id) == (
        topic.topic_id,
        "alerts",
        "oncall@example.com",
        subscription.id,
    )
    assert result.message and result.unsubscribe_url.startswith(f"{endpoint}/20181201/subscriptions/")
    assert data.get_subscription(subscription.id).data.lifecycle_state == "ACTIVE"
    again = refused(409, "IncorrectState", "", data.resend_subscription_confirmation, subscription.id)
    assert "active" in again.message, again
    return subscription.id, result.unsubscribe_url


def confirmed_by_link(data, topic):
    """A webhook confirms without a signature, as its reader's browser would."""
    receiver = Receiver()
    create = details(topic, "CUSTOM_HTTPS", receiver.url)
    made = data.create_subscription(create, opc_retry_token="hook").data
    assert data.create_subscription(create, opc_retry_token="hook").data.id == made.id
    headers, body = receiver.next()
    url = headers["x-oci-ns-confirmationurl"]
    assert headers["x-oci-ns-messagetype"] == "SubscriptionConfirmation" and json.loads(body)["ConfirmationURL"] == url
    assert headers["x-oci-ns-subscriptionid"] == made.id
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        assert json.load(answer)["subscriptionId"] == made.id
    assert data.get_subscription(made.id).data.lifecycle_state == "ACTIVE"
    return made.id, receiver


def published(data, topic, receiver):
    message = models.MessageDetails(title="Disk almost full", body='{"disk": "web-1 ✓"}')
    result = data.publish_message(topic.topic_id, message)
    assert result.status == 202 and isinstance(result.data.time_stamp, datetime.datetime)
    headers, body = receiver.next()
    assert body == message.body and headers["content-type"] == "application/json"
    assert headers["x-oci-ns-messageid"] == result.data.message_id
    assert headers["x-oci-ns-topicocid"] == topic.topic_id and headers["x-oci-ns-topicname"] == "alerts"
    mail = inbox("oncall@example.com", 3)[0]
    assert mail["subject"] == "Disk almost full" and mail["confirmation-url"] is None
    assert '{"disk": "web-1 ✓"}' in local("inbox", "show", str(mail["number"]))["text"]

    by_protocol = models.MessageDetails(body=json.dumps({"default": "short", "email": "long"}))
    data.publish_message(topic.topic_id, by_protocol, message_type="JSON")
    assert receiver.next()[1] == "short"
    mail = inbox("oncall@example.com", 4)[0]
    assert local("inbox", "show", str(mail["number"]))["text"].startswith("long"), mail

    publish = data.publish_message
    for wrong in ("plain", '{"email": "x"}', '{"default": 5}', "[]"):
        body = models.MessageDetails(body=wrong)
        refused(400, INVALID, "body", publish, topic.topic_id, body, message_type="JSON")
    refused(413, "PayloadTooLarge", "", publish, topic.topic_id, models.MessageDetails(body="x" * 65_536))
    refused(400, MISSING, "body", publish, topic.topic_id, models.MessageDetails(title="x"))
    refused(404, UNKNOWN, "", publish, "ocid1.onstopic.oc1..none", message)


def policies_and_moves(data, subscription_id):
    update = models.UpdateSubscriptionDetails(
        delivery_policy=models.DeliveryPolicy(
            backoff_retry_policy=models.BackoffRetryPolicy(max_retry_duration=60_000, policy_type="EXPONENTIAL")
        ),
        freeform_tags={"c": "d"},
    )
    etag = data.get_subscription(subscription_id).data.etag
    refused(412, "NoEtagMatch", "", data.update_subscription, subscription_id, update, if_match="other")
    reply = data.update_subscription(subscription_id, update, if_match=etag).data
    assert isinstance(reply, models.UpdateSubscriptionDetails) and reply.freeform_tags == {"c": "d"}
    assert reply.delivery_policy == update.delivery_policy
    changed = data.get_subscription(subscription_id).data
    assert json.loads(changed.deliver_policy)["backoffRetryPolicy"]["maxRetryDuration"] == 60_000
    listed = {one.id: one for one in data.list_subscriptions(OTHER).data}
    assert listed[subscription_id].delivery_policy == update.delivery_policy
    for wrong in (0, -1):
        update.delivery_policy.backoff_retry_policy.max_retry_duration = wrong
        field = "deliveryPolicy.backoffRetryPolicy.maxRetryDuration"
        refused(400, INVALID, field, data.update_subscription, subscription_id, update)

    move = models.ChangeCompartmentDetails(compartment_id=COMPARTMENT)
    refused(412, "NoEtagMatch", "", data.change_subscription_compartment, subscription_id, move, if_match=etag)
    data.change_subscription_compartment(subscription_id, move, if_match=changed.etag)
    assert [one.id for one in data.list_subscriptions(COMPARTMENT).data] == [subscription_id]


def lists_of_subscriptions(data, topic):
    function = "ocid1.fnfunc.oc1..lab"
    made = data.create_subscription(details(topic, "ORACLE_FUNCTIONS", function)).data
    assert made.lifecycle_state == "ACTIVE"
    assert data.create_subscription(details(topic, "SMS", "+12065550100")).data.lifecycle_state == "PENDING"
    asked = inbox("+12065550100", 1)[0]
    assert topic.short_topic_id in local("inbox", "show", str(asked["number"]))["text"]
    listed = every(data.list_subscriptions, compartment_id=OTHER, topic_id=topic.topic_id)
    assert [one.protocol for one in listed] == ["EMAIL", "ORACLE_FUNCTIONS", "SMS"], listed
    assert all(isinstance(one, models.SubscriptionSummary) for one in listed)
    assert data.list_subscriptions("ocid1.compartment.oc1..none").data == []
    refused(400, INVALID, "limit", data.list_subscriptions, OTHER, limit=-1)
    return made.id


def bad_endpoints(data, topic):
    long = "https://example.com/" + "x" * 512
    for protocol, endpoints in {
        "CUSTOM_HTTPS": ["example", "ftp://example.com", "https://", "https://example.com/?a=b", long],
        "HTTPS": ["not a url"],
        "SLACK": ["hooks.slack.com/services/x"],
        "PAGERDUTY": ["mailto:a@example.com"],
        "EMAIL": ["example.com", "a@", "@example.com", "a b@example.com", "a@example.com, b@example.com"],
        "SMS": ["call me", "+1", "1234567890123456"],
        "ORACLE_FUNCTIONS": ["nobody", "ocid1.stream.oc1..x"],
    }.items():
        for endpoint in endpoints:
            refused(400, INVALID, "endpoint", data.create_subscription, details(topic, protocol, endpoint))
    for protocol in ("FAX", "https "):
        refused(400, INVALID, "protocol", data.create_subscription, details(topic, protocol, "https://example.com"))
    for missing in ("endpoint", "protocol", "topic_id", "compartment_id"):
        wrong = details(topic, "EMAIL", "b@example.com")
        setattr(wrong, missing, None)
        wire = {"topic_id": "topicId", "compartment_id": "compartmentId"}.get(missing, missing)
        refused(400, MISSING, wire, data.create_subscription, wrong)
    elsewhere = details(topic, "EMAIL", "b@example.com")
    elsewhere.compartment_id = COMPARTMENT
    refused(400, INVALID, "compartmentId", data.create_subscription, elsewhere)
    elsewhere.topic_id = "ocid1.onstopic.oc1..none"
    refused(404, UNKNOWN, "", data.create_subscription, elsewhere)
    refused(404, UNKNOWN, "", data.get_subscription, "ocid1.onssubscription.oc1..none")


def ends(control, data, waiting, topic, function, unsubscribe_url):
    email = token(unsubscribe_url)
    subscription_id = unsubscribe_url.split("/")[-2]
    refused(400, INVALID, "token", data.get_unsubscription, subscription_id, "wrong", "EMAIL")
    said = data.get_unsubscription(subscription_id, *email).data
    assert said == "oncall@example.com is unsubscribed from alerts.", said
    assert data.get_subscription(subscription_id).data.lifecycle_state == "DELETED"
    refused(404, UNKNOWN, "", data.get_unsubscription, subscription_id, *email)
    etag = data.get_subscription(function).data.etag
    refused(412, "NoEtagMatch", "", data.delete_subscription, function, if_match="other")
    gone = waiting.delete_subscription_and_wait_for_state(function, ["DELETED"], operation_kwargs={"if_match": etag})
    assert gone.data.lifecycle_state == "DELETED"
    refused(404, UNKNOWN, "", data.delete_subscription, function)
    control.delete_topic(topic.topic_id)
    assert data.list_subscriptions(OTHER).data == [] and data.list_subscriptions(COMPARTMENT).data == []


def others_see_nothing(endpoint, config_file, topic, subscription_id):
    """A signed caller of another tenancy, and one whose key is not registered."""
    control = Watched(NotificationControlPlaneClient, endpoint, config_file, "BANK")
    data = Watched(NotificationDataPlaneClient, endpoint, config_file, "BANK")
    message = models.MessageDetails(body="x")
    assert control.list_topics(OTHER).data == [] and data.list_subscriptions(OTHER).data == []
    refused(404, UNKNOWN, "", control.get_topic, topic.topic_id)
    refused(404, UNKNOWN, "", data.publish_message, topic.topic_id, message)
    refused(404, UNKNOWN, "", data.delete_subscription, subscription_id)
    stranger = Watched(NotificationDataPlaneClient, endpoint, config_file, "STRANGER")
    refused(401, "NotAuthenticated", "", stranger.publish_message, topic.topic_id, message)


def main(endpoint, config_file):
    control = Watched(NotificationControlPlaneClient, endpoint, config_file)
    topic = topics(control, endpoint)
    lists_of_topics(control)

    data = Watched(NotificationDataPlaneClient, topic.api_endpoint, config_file)
    waiting = NotificationDataPlaneClientCompositeOperations(data)
    email, unsubscribe_url = confirmed_by_token(data, waiting, topic, endpoint)
    hook, receiver = confirmed_by_link(data, topic)
    published(data, topic, receiver)
    policies_and_moves(data, hook)
    function = lists_of_subscriptions(data, topic)
    bad_endpoints(data, topic)
    others_see_nothing(endpoint, config_file, topic, email)
    ends(control, data, waiting, topic, function, unsubscribe_url)
    control.check_all()
    data.check_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
