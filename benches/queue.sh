#!/usr/bin/env bash
# The figures of queues over REST: puts of 10 messages of 256 bytes, and put, get and delete of 10, beside fauxqs,
# a server for SQS that keeps everything in memory; and what a get costs with little and with much stored.
#
#   benches/queue.sh [PROGRAM]      default: target/release/ocelot, built if need be
#
# Needs wrk, curl, python3 and npm. The two servers are measured in turns, ROUNDS times (default 5) for
# SECONDS_EACH (default 3), and the medians are shown. DEPTH (default 1000000) is much. TMPDIR says on which disk.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/ocelot}
[ -x "$program" ] || cargo build --release --locked
for tool in wrk curl npm; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 1; }
done
seconds=${SECONDS_EACH:-3} rounds=${ROUNDS:-5} depth=${DEPTH:-1000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/ocelot-bench.XXXXXX")
running=()
finish() {
  [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap finish EXIT
export HOME=$work

await() { # await FILE: until something is in the file
  for _ in $(seq 200); do
    [ -s "$1" ] && return
    sleep 0.05
  done
  echo "$1 did not come" >&2
  exit 1
}

# The servers, each with a queue.
"$program" serve --data-dir "$work/data" --http 127.0.0.1:0 --kafka 127.0.0.1:0 --log warn \
  --ready-file "$work/ready" >/dev/null &
running+=($!)
await "$work/ready"
url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["http"])' "$work/ready")
admin() { "$program" --data-dir "$work/data" queue queue-admin queue "$@"; }
new_queue() { # new_queue NAME: makes a queue, and tells its address
  admin create --display-name "$1" --compartment-id c >/dev/null
  echo "$url/20210201/queues/$(admin list --display-name "$1" --query 'data.items[0].id' --raw-output)"
}
ocelot=$(new_queue jobs)

npm install --silent --prefix "$work/fauxqs" fauxqs >/dev/null 2>&1
cat >"$work/fauxqs/start.mjs" <<'JS'
import { startFauxqs } from "fauxqs";
const server = await startFauxqs({ port: 0, logger: false });
server.createQueue("jobs");
console.log(server.port);
JS
node "$work/fauxqs/start.mjs" >"$work/port" &
running+=($!)
await "$work/port"
fauxqs=http://127.0.0.1:$(cat "$work/port")
SIGNED='AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x'
sqs() { # sqs ACTION: the headers of a call, one a line
  printf 'Content-Type: application/x-amz-json-1.0\nX-Amz-Target: AmazonSQS.%s\nAuthorization: %s\n' "$1" "$SIGNED"
}
ask_fauxqs() { # ask_fauxqs ACTION BODY
  local headers
  mapfile -t headers < <(sqs "$1" | sed 's/^/-H\n/')
  curl -sf "${headers[@]}" -d "$2" "$fauxqs"
}
QUEUE=$(ask_fauxqs GetQueueUrl '{"QueueName":"jobs"}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["QueueUrl"])')
export QUEUE SIGNED

python3 - "$work" "$QUEUE" <<'PY'
import json, sys
work, queue = sys.argv[1:]
contents = [f"{n:03}" + "x" * 253 for n in range(10)]
oci = {"messages": [{"content": content} for content in contents]}
aws = {"QueueUrl": queue, "Entries": [{"Id": str(n), "MessageBody": text} for n, text in enumerate(contents)]}
for name, body in (("oci", oci), ("aws", aws)):
    with open(f"{work}/{name}.json", "w") as file:
        json.dump(body, file, separators=(",", ":"))
PY

empty() { # so that no server has more in its queue than the other
  admin purge --queue-id jobs --purge-type BOTH >/dev/null
  ask_fauxqs PurgeQueue "{\"QueueUrl\":\"$QUEUE\"}" >/dev/null
}

measured() { # measured SERVER COMMAND...: notes the figure that wrk shows at its end; nothing may fail
  local name=$1
  shift
  "$@" | tail -1 >"$work/rate"
  grep -q ' 0 failed$' "$work/rate" || { echo "$name: $(cat "$work/rate")" >&2; exit 1; }
  cut -d' ' -f1 "$work/rate" >>"$work/$name.rates"
}

compare() { # compare TITLE FACTOR: shows the medians, each figure FACTOR messages
  python3 - "$work" "$@" <<'PY'
import os, statistics, sys
work, title, factor = sys.argv[1:]
def median(name):
    with open(f"{work}/{name}.rates") as file:
        figure = statistics.median(float(line) for line in file) * int(factor)
    os.remove(f"{work}/{name}.rates")
    return figure
ocelot, fauxqs = median("ocelot"), median("fauxqs")
print(f"{title}, messages a second")
print(f"  {'ocelot':<28} {ocelot:8.0f}")
print(f"  {'fauxqs':<28} {fauxqs:8.0f}   ocelot is {ocelot / fauxqs:.2f} times as fast")
PY
}

for _ in $(seq "$rounds"); do
  BODY=$work/oci.json HEADERS='Content-Type: application/json' measured ocelot \
    wrk -t1 -c8 -d"${seconds}s" -s benches/serve/post.lua "$ocelot/messages"
  BODY=$work/aws.json HEADERS=$(sqs SendMessageBatch) measured fauxqs \
    wrk -t1 -c8 -d"${seconds}s" -s benches/serve/post.lua "$fauxqs/"
  empty
done
compare "put of 10 × 256 B" 10

for _ in $(seq "$rounds"); do
  KIND=oci BODY=$work/oci.json measured ocelot \
    wrk -t4 -c4 -d"${seconds}s" -s benches/serve/cycle.lua "$ocelot/messages"
  KIND=aws BODY=$work/aws.json measured fauxqs \
    wrk -t4 -c4 -d"${seconds}s" -s benches/serve/cycle.lua "$fauxqs/"
  empty
done
compare "put, get and delete of 10 × 256 B" 1

echo "get of 10 × 256 B, as many put and deleted after each"
python3 - "$(new_queue shallow)" "$(new_queue deep)" "$depth" <<'PY'
import http.client, json, statistics, sys, time, urllib.parse
shallow, deep, depth = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = http.client.HTTPConnection(urllib.parse.urlsplit(deep).netloc)
def ask(method, url, body=None):
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(method, urllib.parse.urlsplit(url).path + ("?limit=10&timeoutInSeconds=0" if not body else ""),
                       body and json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return json.loads(text)
def put(queue, count):
    ask("POST", f"{queue}/messages", {"messages": [{"content": "x" * 256}] * count})
def round_trip(queue):
    begun = time.perf_counter()
    messages = ask("GET", f"{queue}/messages")["messages"]
    took = time.perf_counter() - begun
    assert len(messages) == 10, len(messages)
    entries = [{"receipt": message["receipt"]} for message in messages]
    ask("POST", f"{queue}/messages/actions/deleteMessages", {"entries": entries})
    put(queue, 10)
    return took * 1e6
put(shallow, 10)
for _ in range(depth // 20):
    put(deep, 20)
times = {shallow: [], deep: []}
for _ in range(3000):
    for queue, took in times.items():
        took.append(round_trip(queue))
little, much = (statistics.median(took[500:]) for took in times.values())
print(f"  {'of 10':<28} {little:8.0f} microseconds")
print(f"  {f'of {depth}':<28} {much:8.0f} microseconds   {much / little - 1:+.0%}")
PY
