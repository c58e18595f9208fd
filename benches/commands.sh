#!/usr/bin/env bash
# Times whole commands with hyperfine, on an empty engine and on a full one (a thousand streams, a million
# messages), and shows how much memory they take. Prints medians in milliseconds. The guide is the whole of
# tests/data/guide.sh, whose limit is three seconds.
#
#   benches/commands.sh [PROGRAM]      default: target/release/ocelot, built if need be
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/ocelot}
[ -x "$program" ] || cargo build --release --locked
command -v hyperfine >/dev/null || { echo "hyperfine is missing: apt-get install hyperfine" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work

median() { # median NAME COMMAND [RUNS [PREPARE]]: the median time of a command, each time after PREPARE
  local runs=${3:-200}
  hyperfine -N --warmup $((runs / 10)) --runs "$runs" ${4:+--prepare "$4"} --export-json "$work/times.json" "$2" \
    >/dev/null 2>&1
  python3 - "$1" "$work/times.json" <<'PY'
import json, sys
times = json.load(open(sys.argv[2]))["results"][0]
print(f"  {sys.argv[1]:<28} {times['median'] * 1000:6.2f} ms")
PY
}

memory() { # memory NAME COMMAND...: the most memory that a command holds
  local name=$1; shift
  python3 - "$name" "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, check=True)
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"  {sys.argv[1]:<28} {kib / 1024:6.1f} MiB")
PY
}

commands() { # the commands that people wait for, on the engine in OCELOT_HOME
  local cursor
  "$program" streaming stream message put --stream-id orders --file "$work/hundred" >/dev/null
  cursor=$("$program" streaming stream cursor create-cursor --stream-id orders --type TRIM_HORIZON \
    --query data.value --raw-output)
  median "stream get" "$program streaming admin stream get --stream-id orders"
  median "stream list" "$program streaming admin stream list"
  median "message put of one" "$program streaming stream message put --stream-id orders --text hello"
  median "message get of 100" "$program streaming stream message get --stream-id orders --cursor $cursor --limit 100"
  memory "message put of one" "$program" streaming stream message put --stream-id orders --text hello
  memory "message get of 100" "$program" streaming stream message get --stream-id orders --cursor "$cursor" --limit 100
}

seq -f 'message number %g' 100 > "$work/hundred"
python3 -c 'import sys; sys.stdout.writelines("%0100d\n" % i for i in range(1_000_000))' > "$work/million"

echo "without an engine"
median "--version" "$program --version"
median "--help" "$program --help"
median "streaming --help" "$program streaming --help"
median "stream create --help" "$program streaming admin stream create --help"

echo "the guide, on an engine of its own each time"
mkdir "$work/bin" && ln -s "$(realpath "$program")" "$work/bin/oci"
cat > "$work/guide" <<END
#!/bin/sh
rm -rf "$work/guided"
HOME=$work/guided PATH=$work/bin:$PATH HTTPS_PROXY=http://127.0.0.1:9 exec bash tests/data/guide.sh
END
chmod +x "$work/guide"
median "the guide" "$work/guide" 10

echo "on a folder that is not there yet"
OCELOT_HOME=$work/new median "stream list" "$program streaming admin stream list" 100 "rm -rf $work/new"

echo "on an engine with one stream"
export OCELOT_HOME=$work/small
"$program" streaming admin stream create --name orders --partitions 3 >/dev/null
commands

echo "on an engine with a thousand streams and a million messages"
export OCELOT_HOME=$work/large
"$program" streaming admin stream create --name orders --partitions 3 >/dev/null
for n in $(seq 999); do
  "$program" streaming admin stream create --name "stream-$n" --partitions 1 >/dev/null
done
python3 - "$program" "$work/million" <<'PY'
import subprocess, sys, time
begun = time.monotonic()
subprocess.run([sys.argv[1], "streaming", "stream", "message", "put", "--stream-id", "orders", "--file", sys.argv[2]],
               stdout=subprocess.DEVNULL, check=True)
print(f"  {'put of 1,000,000 lines':<28} {time.monotonic() - begun:6.2f} s")
PY
memory "put of 1,000,000 lines" "$program" streaming stream message put --stream-id stream-1 --file "$work/million"
commands
