#!/usr/bin/env bash
# The server's figures over REST: puts of 50 messages of 1 KiB, beside a handler that does nothing and beside
# kinesalite; reads; the time to start; and memory with a thousand idle connections.
#
#   benches/serve.sh [PROGRAM]      default: target/release/ocelot, built if need be
#
# Needs wrk, curl and python3; kinesalite is left out where there is no npm. SECONDS_EACH says how long each
# figure is measured (default 5).
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/ocelot}
[ -x "$program" ] || cargo build --release --locked
bare=target/release/examples/bare
[ -x "$bare" ] || cargo build --release --locked --example bare
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }
seconds=${SECONDS_EACH:-5}
work=$(mktemp -d)
running=()
finish() {
  [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap finish EXIT
export HOME=$work

python3 - "$work" <<'PY'
import base64, json, os, sys
values = [base64.b64encode(os.urandom(1024)).decode() for _ in range(50)]
keys = [f"key-{n}" for n in range(50)]
oci = [{"key": base64.b64encode(k.encode()).decode(), "value": v} for k, v in zip(keys, values)]
aws = [{"PartitionKey": k, "Data": v} for k, v in zip(keys, values)]
with open(f"{sys.argv[1]}/oci.json", "w") as file:
    json.dump({"messages": oci}, file, separators=(",", ":"))
with open(f"{sys.argv[1]}/aws.json", "w") as file:
    json.dump({"StreamName": "orders", "Records": aws}, file, separators=(",", ":"))
PY

await() { # await FILE: until something is in the file
  for _ in $(seq 200); do
    [ -s "$1" ] && return
    sleep 0.05
  done
  echo "$1 did not come" >&2
  exit 1
}

rate() { # rate BODY URL: requests a second
  BODY=$1 wrk -t1 -c8 -d"${seconds}s" -s benches/serve/post.lua "$2" | tail -1
}

serve() { # serve FOLDER OPTION...: starts the server, and leaves its address in $url and its process in $pid
  local folder=$1
  shift
  rm -f "$work/ready"
  "$program" serve --data-dir "$folder" --http 127.0.0.1:0 --kafka 127.0.0.1:0 --log warn \
    --ready-file "$work/ready" "$@" >/dev/null &
  pid=$!
  running+=("$pid")
  await "$work/ready"
  url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["http"])' "$work/ready")
}

stop() { # stop PROCESS
  kill "$1"
  wait "$1" || true
  local left=() one
  for one in "${running[@]}"; do
    [ "$one" = "$1" ] || left+=("$one")
  done
  running=("${left[@]}")
}

export HEADERS='Content-Type: application/json'
serve "$work/data"
stream=$("$program" --data-dir "$work/data" streaming admin stream create --name orders --partitions 3 \
  --compartment-id ocid1.compartment.oc1..bench --query data.id --raw-output)
messages=$url/20180418/streams/$stream/messages
curl -sf -H "$HEADERS" -d @"$work/oci.json" "$messages" >"$work/answer.json"
echo "put of 50 × 1 KiB"
printf '  %-28s %s\n' "ocelot" "$(rate "$work/oci.json" "$messages")"
cursor=$("$program" --data-dir "$work/data" streaming stream cursor create-cursor --stream-id "$stream" \
  --partition 0 --type TRIM_HORIZON --query data.value --raw-output)
"$bare" "$work/answer.json" >"$work/bare" &
bare_pid=$!
running+=("$bare_pid")
await "$work/bare"
printf '  %-28s %s\n' "a handler that does nothing" "$(rate "$work/oci.json" "$(cat "$work/bare")/")"
stop "$bare_pid"
echo "get of 50 × 1 KiB"
printf '  %-28s %s\n' "ocelot" \
  "$(wrk -t1 -c8 -d"${seconds}s" "$messages?limit=50&cursor=$cursor" | grep Requests/sec)"

echo "memory"
resident() { awk '/VmRSS/ { printf "%.1f MiB", $2 / 1024 }' "/proc/$pid/status"; }
stop "$pid"
serve "$work/idle"
printf '  %-28s %s\n' "just started" "$(resident)"
python3 - "$url" "$pid" <<'PY'
import socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
idle = []
for _ in range(1000):
    one = socket.create_connection((host, int(port)))
    one.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    assert one.recv(1000).startswith(b"HTTP/1.1 200")
    idle.append(one)
for line in open(f"/proc/{sys.argv[2]}/status"):
    if line.startswith("VmRSS"):
        print(f"  {'1,000 idle connections':<28} {int(line.split()[1]) / 1024:.1f} MiB")
PY
stop "$pid"

echo "start, until everything answers"
python3 - "$program" "$work" <<'PY'
import statistics, subprocess, sys, time
program, work = sys.argv[1:]
def start(folder):
    begun = time.monotonic()
    server = subprocess.Popen(
        [program, "serve", "--data-dir", folder, "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0", "--log", "warn"],
        stdout=subprocess.PIPE,
    )
    server.stdout.readline()
    took = time.monotonic() - begun
    server.terminate()
    server.wait()
    return took * 1000
empty = statistics.median(start(f"{work}/empty-{n}") for n in range(20))
full = statistics.median(start(f"{work}/data") for _ in range(20))
print(f"  {'on an empty folder':<28} {empty:.1f} ms")
print(f"  {'on the folder of the puts':<28} {full:.1f} ms")
PY

command -v npm >/dev/null || exit 0
npm install --silent --prefix "$work/kinesalite" kinesalite >/dev/null 2>&1
node "$work/kinesalite/node_modules/kinesalite/cli.js" --port 0 --createStreamMs 10 >"$work/kinesalite.log" 2>&1 &
running+=($!)
await "$work/kinesalite.log"
port=$(grep -oE '[0-9]+$' "$work/kinesalite.log" | head -1)
signed='Authorization: AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x
X-Amz-Date: 20261121T000000Z
Content-Type: application/x-amz-json-1.1
X-Amz-Target: Kinesis_20131202.'
mapfile -t create < <(printf '%sCreateStream\n' "$signed" | sed 's/^/-H\n/')
curl -sf "${create[@]}" -d '{"StreamName":"orders","ShardCount":3}' "http://127.0.0.1:$port/"
sleep 1
export HEADERS="${signed}PutRecords"
echo "put of 50 × 1 KiB"
printf '  %-28s %s\n' "kinesalite" "$(rate "$work/aws.json" "http://127.0.0.1:$port/")"
