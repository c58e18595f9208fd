"""What programs with the official SDK have in common here: clients that sign, refusals, and the owner's commands.

The owner's commands run `$OCELOT` on the data folder that `$OCELOT_HOME` names, behind the server's back.
"""

import datetime
import functools
import json
import os
import subprocess

import oci

TENANCY = "ocid1.tenancy.oc1..shop"
COMPARTMENT = "ocid1.compartment.oc1..shop"
OTHER = "ocid1.compartment.oc1..other"
UNKNOWN = "NotAuthorizedOrNotFound"
INVALID = "InvalidParameter"
MISSING = "MissingParameter"


class Watched:
    """A client that notes which of its operations have answered."""

    def __init__(self, kind, endpoint, config_file, profile="SHOP"):
        config = oci.config.from_file(config_file, profile)
        self.client = kind(config, service_endpoint=endpoint, retry_strategy=oci.retry.NoneRetryStrategy())
        self.answered = set()

    def __getattr__(self, name):
        member = getattr(self.client, name)
        if not callable(member):
            return member

        @functools.wraps(member)
        def call(*args, **kwargs):
            response = member(*args, **kwargs)
            assert response.headers["opc-request-id"], name
            self.answered.add(name)
            return response

        return call

    def check_all(self):
        """That every operation of the client has answered."""
        operations = {name for name, member in vars(type(self.client)).items() if is_operation(name, member)}
        assert operations and operations == self.answered, sorted(operations ^ self.answered)


def is_operation(name, member):
    return callable(member) and not name.startswith("_")


def refused(status, code, says, call, *args, **kwargs):
    """What a call is refused with, whose message begins with the name of the field that is wrong."""
    try:
        response = call(*args, **kwargs)
    except oci.exceptions.ServiceError as error:
        assert (error.status, error.code) == (status, code), error
        assert error.message.startswith(says), error
        assert error.request_id, error
        return error
    raise AssertionError(f"{call.__name__} was not refused: {response.data}")


def local(*words):
    """The data that one of the owner's commands prints."""
    command = [os.environ["OCELOT"], "local", *words]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, (words, ran.stderr)
    return json.loads(ran.stdout)["data"] if ran.stdout else None


def freeze():
    """Has the engine's clock stand still, and tells the time that it shows."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(hours=1)
    local("clock", "set", now.isoformat(), "--frozen")
    return now


def advance(duration):
    """Moves the engine's clock on."""
    local("clock", "advance", duration)


def names(listed):
    return [getattr(one, "display_name", None) or one.name for one in listed]


def every(list_operation, **filters):
    """All items of a list, two a page."""
    return oci.pagination.list_call_get_all_results(list_operation, limit=2, **filters).data
