#!/usr/bin/env python3
"""Records what the official programs make of settings files, regions and addresses.

    python3 -m venv v && v/bin/pip install oci==2.189.0
    v/bin/python tests/profile/record.py

writes tests/data/profile/{files,addresses}.jsonl, which the tests compare ocelot with. The generator is
seeded, so that a second run writes the same. Addresses are those that the SDK itself works out.
"""

import configparser
import importlib
import io
import json
import os
import pathlib
import random
import re
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data" / "profile"

HAND_MADE = [
    "",
    "\n\n",
    "# only a comment",
    "[DEFAULT]",
    "[DEFAULT]\nuser=ocid1.user.oc1..a\nregion=us-ashburn-1\n\n[DEV]\nregion = eu-frankfurt-1\n",
    "[DEFAULT]\r\nuser = a\r\nkey_file = C:\\Users\\me\\.oci\\key.pem\r\n",
    "[A]\rk=v\rl=w\r",
    "[A]\nk = \"quoted\"\nl = 'single'\n",
    "[A]\nk = v ; still the value\nl = v # still the value\n",
    "[A]\nk: v\nl : w=x\nm=n:o\n",
    "[A]\nKey=1\nkey=2\n",
    "[A]\nk=1\n[A]\nk=2\n",
    "[DEFAULT]\na=1\n[B]\nc=2\n[DEFAULT]\nd=3\n",
    "[DEFAULT]\na=1\n[DEFAULT]\na=3\n",
    "k=v\n[A]\n",
    "[A]\nbroken\nk=v\nbroken again\n",
    "[A]\n= v\n",
    "[A]\nk\n",
    "[A]\nk=\n",
    "[A]\nk=\n  next\n",
    "[A]\nk=a\n  b\n\n  c\n# d\n  e\n\n\nl=f\n",
    "[A]\nk=a\n\n\n[B]\n",
    "[A]\n  k=a\n  l=b\n m=c\n  n=d\n",
    "[A]\n\tk=a\n\t\tb\n",
    "[ A ]\nk=v\n",
    "[A] trailing\nk=v\n",
    "[A]b]\nk=v\n",
    "[]\nk=v\n",
    "[[A]]\nk=v\n",
    "[A\nk=v\n",
    "  [A]\n  k=v\n    [B]\nl=w\n",
    "[A]\nk=100%\nl=%(k)s\nm=${k}\n",
    "[A]\nnäme=wért\nÜ=ß\nİ=i\nΣΑΣ=x\n",
    "[日本]\nキー=値\n",
    "[A]\nk=a\x1c\nl=\x1db\n\x1f\nm=c\x85d\n\u2003n=e\u2003\n",
    "[A]\nk=a\x0bb\x0cc\u2028d\n",
    "[A]\nk=a\x00b\n",
    "[A]\n;k=v\n #l=w\n",
    "[OCI_CLI_CANNED_QUERIES]\nfirst=data[*].{id: id, \"display-name\": \"display-name\"}\n"
    "many = data[?contains(\"display-name\", `x`)]\n    | [0]\n",
    "[OCI_CLI_PARAM_ALIASES]\n--ad = --availability-domain\n-n: --name\n",
    "[DEFAULT]\nstreaming.admin.stream.list.compartment-id = ocid1.c\noutput=table\n",
]

PIECES = [
    "[A]", "[B]", "[DEFAULT]", "[a b]", "[]", "[A", "A]", "k=v", "k = v", "l: w", "K =x", "m=", "n", "=o", ": p",
    "q = a = b : c", "é=ü", "r=1 # c", "s=2 ; c", "# c", "; c", "t\t=\tu", "\"u\"=\"v\"", "x y = z", "", "", " ", "\t",
    "[DEFAULT]", "\u00a0", "\u2003w=1", "more", "\x1cy=2", "z=\x85", "[k]=v", "a=[b]", "#", ";", "=", ":",
]
INDENTS = ["", "", "", "", "  ", "    ", "\t", " "]
ENDS = ["\n", "\n", "\n", "\r\n", "\r"]


def generated(count):
    chance = random.Random(20260314)
    for _ in range(count):
        end = chance.choice(ENDS)
        sound = chance.random() < 0.6
        lines, used = (["[A]"] if chance.random() < 0.8 else []), set()
        for number in range(chance.randrange(1, 14)):
            piece = chance.choice(PIECES)
            if sound and ("=" in piece or ":" in piece) and piece[0] not in "=:#;[":
                piece = f"{number}{piece}"
            if sound and (piece in ("n", "A]", "[A", "[]", "=o", ": p", "=", ":", "more") or piece in used):
                piece = "# out"
            if piece.startswith("["):
                used.add(piece)
            lines.append(chance.choice(INDENTS) + piece + chance.choice(["", "", " ", "\t"]))
        yield end.join(lines) + chance.choice(["", end])


def parse(text):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_file(io.StringIO(text, newline=None))
    sections = {name: dict(parser._sections[name]) for name in parser.sections()}
    if parser.defaults():
        sections["DEFAULT"] = dict(parser.defaults())
    return sections


def first_fault(text):
    """The first line that breaks a rule, and what the official parser calls it."""
    try:
        parse(text)
    except configparser.MissingSectionHeaderError as error:
        line, kind = error.lineno, "NoSection"
    except configparser.ParsingError as error:
        line = error.errors[0][0]
        return line, "NoKeyAndValue"
    except configparser.DuplicateSectionError as error:
        line, kind = error.lineno, "SectionTwice"
    except configparser.DuplicateOptionError as error:
        line, kind = error.lineno, "KeyTwice"
    else:
        return None
    # It looks for lines that are no key and value to the end before it tells of them.
    lines = io.StringIO(text, newline=None).read().split("\n")
    return first_fault("\n".join(lines[: line - 1])) or (line, kind)


def record_files():
    with open(DATA / "files.jsonl", "w", encoding="utf-8") as out:
        for text in [*HAND_MADE, *generated(1200)]:
            fault = first_fault(text)
            case = {"text": text}
            if fault:
                case["line"], case["fault"] = fault
            else:
                case["sections"] = parse(text)
            out.write(json.dumps(case, ensure_ascii=True) + "\n")


SERVICES = {
    "stream_admin": "streaming.StreamAdminClient",
    "queue_admin": "queue.QueueAdminClient",
    "queue": "queue.QueueClient",
    "notification_control_plane": "ons.NotificationControlPlaneClient",
    "notification_data_plane": "ons.NotificationDataPlaneClient",
    "events": "events.EventsClient",
    "monitoring": "monitoring.MonitoringClient",
    "service_connector": "sch.ServiceConnectorClient",
    "connector_plugins": "sch.ConnectorPluginsClient",
}
METADATA = {"realmKey": "OC99", "realmDomainComponent": "example.ORG", "regionKey": "NEW", "regionIdentifier": "xx-new-9"}
SURROUNDINGS = [
    ({}, None),
    ({"OCI_DEFAULT_REALM": "fallback.example"}, None),
    ({"OCI_REGION_METADATA": json.dumps(METADATA)}, None),
    ({"OCI_REGION_METADATA": json.dumps({**METADATA, "regionKey": ""})}, None),
    ({"OCI_REGION_METADATA": json.dumps({**METADATA, "realmKey": "oc4"})}, None),
    ({}, [{"realmKey": "oc1"}, METADATA, {**METADATA, "regionKey": "TWO", "regionIdentifier": "xx-two-2"}]),
    ({"OCI_REGION_METADATA": json.dumps({**METADATA, "realmDomainComponent": "weaker.org"})}, [METADATA]),
]
ODD_REGIONS = ["xx-new-9", "XX-NEW-9", "new", "two", "xx-two-2", "us-ashburn-1", "IAD", "xyz", "eu-unknown-7", "a.example.com"]


def signer():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def clients(key, region, dual_stack=False, endpoint=None):
    import oci

    config = {
        "user": "ocid1.user.oc1..u", "tenancy": "ocid1.tenancy.oc1..t", "fingerprint": ":".join(["00"] * 16),
        "key_content": key, "region": region,
    }
    for name, path in SERVICES.items():
        module, kind = path.split(".")
        kind = getattr(importlib.import_module(f"oci.{module}"), kind)
        client = kind(config, client_level_dualstack_endpoints_enabled=dual_stack)
        if endpoint:
            client.base_client.endpoint = endpoint
        yield name, client.base_client.handle_service_params_in_endpoint({}, {}, [])


def record_addresses():
    home = tempfile.mkdtemp()
    os.environ["HOME"] = home
    os.makedirs(f"{home}/.oci")
    from oci import regions, regions_definitions as facts

    key = signer()
    usual = {name: (type(value), value.copy()) for name, value in vars(regions).items()
             if name in ("REGIONS_SHORT_NAMES", "REGION_REALMS", "REALMS", "REGIONS")}
    with open(DATA / "addresses.jsonl", "w", encoding="utf-8") as out:
        def write(**case):
            out.write(json.dumps(case) + "\n")

        for code, region in facts.REGIONS_SHORT_NAMES.items():
            realm = facts.REGION_REALMS[region]
            write(region=region, code=code, realm=realm, domain=facts.REALMS[realm])
        for variables, file in SURROUNDINGS:
            for region in ODD_REGIONS:
                for name, (_, value) in usual.items():
                    setattr(regions, name, value.copy())
                for source in list(regions._has_been_read_external_sources):
                    regions._set_source_has_been_read(source, source == regions.ExternalSources.IMDS)
                for name in ("OCI_DEFAULT_REALM", "OCI_REGION_METADATA"):
                    os.environ.pop(name, None)
                os.environ.update(variables)
                path = pathlib.Path(home, ".oci", "regions-config.json")
                path.unlink(missing_ok=True)
                if file is not None:
                    path.write_text(json.dumps(file))
                for dual_stack in (False, True):
                    urls = dict(clients(key, region, dual_stack))
                    write(variables=variables, file=file, asked=region, dual_stack=dual_stack, urls=urls)
        for name in ("OCI_DEFAULT_REALM", "OCI_REGION_METADATA"):
            os.environ.pop(name, None)
        for endpoint in ("http://localhost:8080", "https://gateway.example.com/prefix", "https://h/20180418",
                         "https://h/20210201", "https://h/x20180418", "https://h/a/20180418", "HTTPS://Host_1.x:443"):
            write(endpoint=endpoint, urls=dict(clients(key, "us-ashburn-1", endpoint=endpoint)))


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    record_files()
    record_addresses()
