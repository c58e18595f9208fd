#!/usr/bin/env python3
"""What the official Python SDK signs, as test data. Needs a Python with `oci`, and `openssl` for new keys.

    record.py            writes tests/data/signing/vectors.json, and the test keys that are not there yet
    record.py --stdin    reads a list of cases as JSON, writes them with what the SDK answers

A case: name, key (file in keys/), passphrase, key_id, headers_signed (usual, with_delegation, without_host),
method, url, headers, body (base64 or null), now_ms. The SDK's answer is added as `signed`: all headers of the
signed request, names in lower case. RSA signatures of this kind are deterministic, so they are compared to the byte.
"""
import base64
import datetime
import email.utils
import json
import pathlib
import subprocess
import sys

import oci.signer
from oci._vendor import requests

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "signing"
KEYS = DATA / "keys"
PASSPHRASE = "test passphrase"
GENERIC = {
    "usual": ["date", "(request-target)", "host"],
    "with_delegation": ["date", "(request-target)", "host", "opc-obo-token"],
    "without_host": ["date", "(request-target)"],
}


def load(case):
    try:
        return oci.signer.load_private_key_from_file(str(KEYS / case["key"]), case.get("passphrase"))
    except oci.exceptions.InvalidPrivateKey:
        # Every rsa.* file holds the same key; some are encrypted in a way that the SDK's library does not know.
        print("the SDK cannot read", case["key"], file=sys.stderr)
        return oci.signer.load_private_key_from_file(str(KEYS / "rsa.pkcs8.test-key.pem"))


class CaseSigner(oci.signer.AbstractBaseSigner):
    def __init__(self, case):
        self.api_key = case["key_id"]
        self.private_key = load(case)
        self.create_signers(self.api_key, self.private_key, GENERIC[case["headers_signed"]],
                            ["content-length", "content-type", "x-content-sha256"])


def sign(case):
    now = datetime.datetime.fromtimestamp(case["now_ms"] // 1000, datetime.timezone.utc)
    email.utils.formatdate = lambda *_, **__: email.utils.format_datetime(now, usegmt=True)
    body = None if case["body"] is None else base64.b64decode(case["body"])
    request = requests.Request(case["method"], case["url"], headers=dict(case["headers"]), data=body).prepare()
    CaseSigner(case)(request)
    signed = {name.lower(): value for name, value in request.headers.items()}
    return {**case, "url": request.url, "signed": signed}


def cases():
    tenancy, user = "ocid1.tenancy.oc1..test", "ocid1.user.oc1..test"
    key_id = f"{tenancy}/{user}/20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34"
    stream = "https://cell-1.streaming.us-phoenix-1.oci.oraclecloud.com/20180418/streams"
    usual = {"key": "rsa.pkcs8.test-key.pem", "key_id": key_id, "headers_signed": "usual", "method": "GET",
             "url": stream, "headers": {}, "body": None, "now_ms": 1388957500000}

    def case(name, **changes):
        body = changes.get("body")
        if isinstance(body, bytes):
            changes["body"] = base64.b64encode(body).decode()
        return {"name": name, **usual, **changes}

    yield case("get")
    yield case("get with a query", url=stream + "?compartmentId=ocid1.compartment.oc1..a&name=a%20b%2Bc&limit=5")
    yield case("get of the root without a slash", url="https://a.example.com")
    yield case("get with a port and a query at the root", url="http://127.0.0.1:8080?page=x%3D%3D")
    yield case("get of an address of numbers", url="http://[::1]:8080/20180418/streams")
    yield case("get with a fragment", url=stream + "#part")
    yield case("get with the services' headers", headers={"opc-request-id": "ABC", "if-match": '"e"', "accept": "*/*"})
    yield case("get with a date of its own", headers={"date": "Thu, 05 Jan 2014 21:31:40 GMT"})
    yield case("get with milliseconds", now_ms=1700000000999)
    yield case("get in 1970", now_ms=0)
    yield case("delete", method="DELETE", url=stream + "/ocid1.stream.oc1..a")
    yield case("delete with a body, which is not signed", method="DELETE", body=b"{}")
    yield case("post", method="POST", body=b'{"name":"a","partitions":1}')
    yield case("post of text beyond ASCII", method="POST", body='{"name":"\u00e9\u4e16"}'.encode())
    yield case("post of bytes", method="POST", body=bytes(range(256)))
    yield case("post of an empty body", method="POST", body=b"")
    yield case("post without a body", method="POST")
    yield case("post of another type", method="POST", body=b"a: b", headers={"Content-Type": "text/yaml"})
    yield case("post with a hash of its own", method="POST", body=b"x", headers={"x-content-sha256": "YQ=="})
    yield case("put", method="PUT", body=b"{}", url=stream + "/ocid1.stream.oc1..a")
    yield case("put without a body", method="PUT")
    yield case("a session token", key_id="ST$eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln")
    yield case("on behalf of a user", headers_signed="with_delegation", headers={"opc-obo-token": "a.b.c"})
    yield case("post on behalf of a user", headers_signed="with_delegation", method="POST", body=b"{}",
               headers={"opc-obo-token": "a.b.c"})
    yield case("federation", headers_signed="without_host", method="POST", body=b'{"certificate": "x"}',
               key_id=tenancy + "/fed-x509/AA:BB", url="https://auth.us-phoenix-1.oraclecloud.com/v1/x509")
    for key in sorted(KEYS.glob("rsa*.test-key.pem")):
        if "old-scheme" not in key.name:
            locked = ".locked-" in key.name
            yield case("the key " + key.name, key=key.name, passphrase=PASSPHRASE if locked else None)


def openssl(target, *arguments):
    if not (KEYS / target).exists():
        subprocess.run(["openssl", *arguments, "-out", target], cwd=KEYS, check=True, capture_output=True)


def make_keys():
    """Keys for tests, and for nothing else: they are public."""
    KEYS.mkdir(parents=True, exist_ok=True)
    plain, locked = "rsa.pkcs8.test-key.pem", ["-passout", "pass:" + PASSPHRASE]
    openssl(plain, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    openssl("rsa.pkcs1.test-key.pem", "rsa", "-in", plain, "-traditional")
    for cipher in ["des3", "aes128", "aes192", "aes256"]:
        openssl(f"rsa.pkcs1.locked-{cipher}.test-key.pem", "rsa", "-in", plain, "-traditional", "-" + cipher, *locked)
    for name, scheme in {
        "aes128-sha256": ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA256"],
        "aes192-sha512": ["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"],
        "aes256-sha256": ["-v2", "aes-256-cbc"],
        "aes256-sha1": ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"],
        "des3-sha1": ["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        "scrypt": ["-scrypt"],
        "old-scheme": ["-v1", "PBE-SHA1-3DES"],
    }.items():
        openssl(f"rsa.pkcs8.locked-{name}.test-key.pem", "pkcs8", "-topk8", "-in", plain, *scheme, *locked)
    for name, options in {
        "rsa3072": ["rsa_keygen_bits:3072"], "rsa4096": ["rsa_keygen_bits:4096"],
        "rsa5120": ["rsa_keygen_bits:5120"], "rsa2560": ["rsa_keygen_bits:2560"],
        "rsa2048-exponent-3": ["rsa_keygen_bits:2048", "rsa_keygen_pubexp:3"],
    }.items():
        openssl(f"{name}.pkcs8.test-key.pem", "genpkey", "-algorithm", "RSA",
                *[word for option in options for word in ("-pkeyopt", option)])
    openssl("overworked.test-key.pem", "pkcs8", "-topk8", "-in", plain, "-v2", "aes-256-cbc", "-iter", "10000001",
            *locked)
    openssl("small.test-key.pem", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    openssl("pss.test-key.pem", "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
    openssl("ec.sec1.test-key.pem", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
    openssl("ec.pkcs8.test-key.pem", "pkcs8", "-topk8", "-nocrypt", "-in", "ec.sec1.test-key.pem")
    openssl("ed25519.test-key.pem", "genpkey", "-algorithm", "ED25519")
    openssl("public.pem", "rsa", "-in", plain, "-pubout")
    openssl("public.pkcs1.pem", "rsa", "-in", plain, "-RSAPublicKey_out")
    openssl("request.pem", "req", "-new", "-key", plain, "-subj", "/CN=test")
    openssl("certificate.pem", "req", "-new", "-x509", "-key", plain, "-days", "36500",
            "-subj", "/CN=ocid1.instance.oc1.phx.test/OU=opc-certtype:instance/OU=opc-instance:x"
                     "/OU=opc-tenant:ocid1.tenancy.oc1..test")
    openssl("certificate-of-nobody.pem", "req", "-new", "-x509", "-key", plain, "-days", "36500", "-subj", "/CN=test")
    der = subprocess.run(["openssl", "rsa", "-in", plain, "-pubout", "-outform", "DER"], cwd=KEYS, check=True,
                         capture_output=True).stdout
    digest = subprocess.run(["openssl", "md5", "-c"], input=der, check=True, capture_output=True).stdout
    (DATA / "fingerprint.txt").write_text(digest.decode().split("= ")[-1])


def main():
    if sys.argv[1:] == ["--stdin"]:
        json.dump([sign(case) for case in json.load(sys.stdin)], sys.stdout)
        return
    make_keys()
    lines = ",\n".join(json.dumps(sign(case)) for case in cases())
    (DATA / "vectors.json").write_text(f"[\n{lines}\n]\n")


main()
