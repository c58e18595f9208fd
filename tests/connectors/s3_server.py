"""A server that speaks S3, with a bucket `lake`, for one user; others are refused.

usage: s3_server.py PORT

Prints its address, and the access key and secret of the user. Then it answers each line on standard input with a
line: `list` with a JSON object, the objects in the bucket, by name, in base64; `away` and `back`, after which its
address refuses connections and takes them again, with an empty one. It ends with standard input.
"""

import base64
import json
import sys

import boto3
import requests
from moto.server import ThreadedMotoServer

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def client(service, address, key_id, secret):
    return boto3.client(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
    )


def main(port):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    iam = client("iam", address, "any", "any")
    iam.create_user(UserName="ocelot")
    key = iam.create_access_key(UserName="ocelot")["AccessKey"]
    iam.put_user_policy(UserName="ocelot", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    s3 = client("s3", address, key["AccessKeyId"], key["SecretAccessKey"])
    s3.create_bucket(Bucket="lake")
    # From now on requests have to be signed by the user.
    requests.post(f"{address}/moto-api/reset-auth", data="0", timeout=10)
    print(address, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
    for line in sys.stdin:
        if line == "list\n":
            listed = s3.list_objects_v2(Bucket="lake").get("Contents", [])
            objects = {one["Key"]: s3.get_object(Bucket="lake", Key=one["Key"])["Body"].read() for one in listed}
            print(json.dumps({name: base64.b64encode(body).decode() for name, body in objects.items()}), flush=True)
            continue
        if line == "away\n":
            server.stop()
            server._server.server_close()
        else:
            # What it holds, and its users, are the process's.
            server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False)
            server.start()
            server.get_host_and_port()
        print(flush=True)
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
