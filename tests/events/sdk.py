"""Every operation of Events through the official Python SDK.

usage: sdk.py ENDPOINT KEY_FILE STREAM_ID
"""

import json
import sys

import oci
from oci.events import EventsClient, EventsClientCompositeOperations, models

COMPARTMENT = "ocid1.compartment.oc1..shop"
TYPE = "com.oraclecloud.objectstorage.createobject"


def client(endpoint, key_file):
    config = {
        "tenancy": "ocid1.tenancy.oc1..shop",
        "user": "ocid1.user.oc1..clerk",
        "fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "key_file": key_file,
        "region": "us-ashburn-1",
    }
    return EventsClient(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


def refused(status, code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except oci.exceptions.ServiceError as error:
        assert (error.status, error.code) == (status, code), error
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def details(name, stream_id, condition):
    to_stream = models.CreateStreamingServiceActionDetails(is_enabled=True, stream_id=stream_id)
    to_topic = models.CreateNotificationServiceActionDetails(
        is_enabled=False, topic_id="ocid1.onstopic.oc1..gone", description="later"
    )
    return models.CreateRuleDetails(
        display_name=name,
        is_enabled=True,
        condition=json.dumps(condition),
        compartment_id=COMPARTMENT,
        actions=models.ActionDetailsList(actions=[to_stream, to_topic]),
        freeform_tags={"team": "shop"},
    )


def main(endpoint, key_file, stream_id):
    events = client(endpoint, key_file)
    both = EventsClientCompositeOperations(events)
    create = details("uploads", stream_id, {"eventType": [TYPE]})
    rule = both.create_rule_and_wait_for_state(create, ["ACTIVE"]).data
    assert rule.freeform_tags == {"team": "shop"}
    kinds = [type(action).__name__ for action in rule.actions.actions]
    assert kinds == ["StreamingServiceAction", "NotificationServiceAction"], kinds
    assert [action.lifecycle_state for action in rule.actions.actions] == ["ACTIVE", "INACTIVE"]
    assert rule.actions.actions[0].stream_id == stream_id
    assert "There is no topic" in rule.lifecycle_message, rule.lifecycle_message

    got = events.get_rule(rule.id)
    assert got.data == rule
    update = models.UpdateRuleDetails(is_enabled=False, description="paused")
    paused = both.update_rule_and_wait_for_state(rule.id, update, ["INACTIVE"]).data
    assert (paused.is_enabled, paused.description) == (False, "paused")
    refused(412, "NoEtagMatch", events.update_rule, rule.id, update, if_match=got.headers["etag"])

    warned = events.create_rule(details("odd", stream_id, {"eventType": "my.own"}), opc_retry_token="t")
    again = events.create_rule(details("odd", stream_id, {"eventType": "my.own"}), opc_retry_token="t")
    assert again.data.id == warned.data.id
    assert warned.headers["ocelot-warning"].startswith("No service is known to emit my.own")
    listed = oci.pagination.list_call_get_all_results(
        events.list_rules, COMPARTMENT, limit=1, sort_by="DISPLAY_NAME", sort_order="DESC"
    ).data
    assert [summary.display_name for summary in listed] == ["uploads", "odd"]
    listed = events.list_rules(COMPARTMENT, lifecycle_state="INACTIVE", display_name="uploads").data
    assert [summary.id for summary in listed] == [rule.id]

    move = models.ChangeRuleCompartmentDetails(compartment_id="ocid1.compartment.oc1..other")
    events.change_rule_compartment(rule.id, move)
    assert events.get_rule(rule.id).data.compartment_id == "ocid1.compartment.oc1..other"
    both.delete_rule_and_wait_for_state(rule.id, ["DELETED"])
    refused(404, "NotAuthorizedOrNotFound", events.get_rule, rule.id)
    error = refused(400, "InvalidParameter", events.create_rule, details("bad", stream_id, {"eventType": []}))
    assert error.message.startswith("condition can match nothing: eventType"), error.message
    print("every operation answered")


if __name__ == "__main__":
    main(*sys.argv[1:])
