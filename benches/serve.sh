#!/usr/bin/env bash
# The server's figures over REST: puts of 50 messages of 1 KiB, beside a handler that does nothing and beside
# kinesalite; reads; the time to start; and memory with a thousand idle connections.
#
#   benches/serve.sh [PROGRAM]      default: target/release/ocelot, built if need be
#
# Needs wrk, curl, python3 and npm. The three that take puts are measured in turns, ROUNDS times (default 5)
# for SECONDS_EACH (default 3), and the medians are shown. TMPDIR says on which disk.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/ocelot}
[ -x "$program" ] || cargo build --release --locked
bare=target/release/examples/bare
[ -x "$bare" ] || cargo build --release --locked --example bare
for tool in wrk curl npm; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 1; }
done
seconds=${SECONDS_EACH:-3}
rounds=${ROUNDS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/ocelot-bench.XXXXXX")
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

rate() { # rate BODY HEADERS URL: requests a second, all of which must succeed
  BODY=$1 HEADERS=$2 wrk -t1 -c8 -d"${seconds}s" -s benches/serve/post.lua "$3" | tail -1 >"$work/rate"
  grep -q ' 0 failed$' "$work/rate" || { echo "$3: $(cat "$work/rate")" >&2; exit 1; }
  cut -d' ' -f1 "$work/rate"
}

serve() { # serve FOLDER OPTION...: starts the server, and leaves its address in $url and its process in $pid
  local folder=$1
  shift
  rm -f "$work/ready"
  "$program" serve --data-dir "$folder" --http 127.0.0.1:0 --kafka 127.0.0.1:0 --stomp 127.0.0.1:0 --log warn \
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

json='Content-Type: application/json'
serve "$work/data"
stream=$("$program" --data-dir "$work/data" streaming admin stream create --name orders --partitions 3 \
  --compartment-id ocid1.compartment.oc1..bench --query data.id --raw-output)
messages=$url/20180418/streams/$stream/messages
curl -sf -H "$json" -d @"$work/oci.json" "$messages" >"$work/answer.json"

"$bare" "$work/answer.json" >"$work/bare" &
running+=($!)
await "$work/bare"

npm install --silent --prefix "$work/kinesalite" kinesalite >/dev/null 2>&1
node "$work/kinesalite/node_modules/kinesalite/cli.js" --port 0 --createStreamMs 10 >"$work/kinesalite.log" 2>&1 &
running+=($!)
await "$work/kinesalite.log"
kinesalite=http://127.0.0.1:$(grep -oE '[0-9]+$' "$work/kinesalite.log" | head -1)/
signed='Authorization: AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x
X-Amz-Date: 20261121T000000Z
Content-Type: application/x-amz-json-1.1
X-Amz-Target: Kinesis_20131202.'
mapfile -t create < <(printf '%sCreateStream\n' "$signed" | sed 's/^/-H\n/')
curl -sf "${create[@]}" -d '{"StreamName":"orders","ShardCount":3}' "$kinesalite"
sleep 1

for _ in $(seq "$rounds"); do
  rate "$work/oci.json" "$json" "$messages" >>"$work/ocelot.rates"
  rate "$work/oci.json" "$json" "$(cat "$work/bare")/" >>"$work/bare.rates"
  rate "$work/aws.json" "${signed}PutRecords" "$kinesalite" >>"$work/kinesalite.rates"
done
python3 - "$work" <<'PY'
import statistics, sys
def median(name):
    with open(f"{sys.argv[1]}/{name}.rates") as file:
        return statistics.median(float(line) for line in file)
ocelot, bare, kinesalite = median("ocelot"), median("bare"), median("kinesalite")
print("put of 50 × 1 KiB, requests a second")
print(f"  {'ocelot':<28} {ocelot:8.0f}")
print(f"  {'a handler that does nothing':<28} {bare:8.0f}   ocelot reaches {ocelot / bare:.0%}")
print(f"  {'kinesalite':<28} {kinesalite:8.0f}   ocelot is {ocelot / kinesalite:.0f} times as fast")
PY

cursor=$("$program" --data-dir "$work/data" streaming stream cursor create-cursor --stream-id "$stream" \
  --partition 0 --type TRIM_HORIZON --query data.value --raw-output)
echo "get of 50 × 1 KiB, requests a second"
printf '  %-28s %8.0f\n' "ocelot" \
  "$(wrk -t1 -c8 -d"${seconds}s" "$messages?limit=50&cursor=$cursor" | awk '/Requests\/sec/ { print $2 }')"

echo "memory"
resident() { awk '/VmRSS/ { printf "%.1f MiB", $2 / 1024 }' "/proc/$pid/status"; }
printf '  %-28s %s\n' "after the puts" "$(resident)"
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

echo "a command"
python3 - "$program" "$work" <<'PY'
import statistics, subprocess, sys, time
program, work = sys.argv[1:]
def took(folder):
    begun = time.monotonic()
    command = [program, "--data-dir", folder, "streaming", "admin", "stream", "list", "--compartment-id", "x"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - begun) * 1000
for name, folder in [("that a server answers", f"{work}/idle"), ("that answers itself", f"{work}/none")]:
    times = [took(folder) for _ in range(60)]
    print(f"  {name:<28} {statistics.median(times[10:]):.1f} ms")
PY
stop "$pid"

echo "start, until everything answers"
python3 - "$program" "$work" <<'PY'
import os, statistics, subprocess, sys, time
program, work = sys.argv[1:]
def start(folder):
    begun = time.monotonic()
    server = subprocess.Popen(
        [program, "serve", "--data-dir", folder, "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0", "--stomp", "127.0.0.1:0", "--log", "warn"],
        stdout=subprocess.PIPE,
    )
    server.stdout.readline()
    took = time.monotonic() - begun
    server.terminate()
    server.wait()
    return took * 1000
sizes = (os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(f"{work}/data") for name in names)
full = f"on {sum(sizes) / 1e9:.1f} GB of messages"
print(f"  {'on an empty folder':<28} {statistics.median(start(f'{work}/empty-{n}') for n in range(20)):.1f} ms")
print(f"  {full:<28} {statistics.median(start(f'{work}/data') for _ in range(20)):.1f} ms")
PY
