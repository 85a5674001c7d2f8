#!/bin/sh
# Measures events per second of fgl-sim and of SimPy on the same work, one after the other, and prints the ratio.
# Needs python3 with venv; SimPy is installed into a folder outside the repository.
set -e
cd "$(dirname "$0")/.."
program=${1:-.build/release/fgl-sim}
venv=${TMPDIR:-/tmp}/fgl-sim-simpy
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet simpy; }
ours=$("$program" bench events --json)
theirs=$("$venv/bin/python" Benchmarks/events_simpy.py)
printf '%s\n%s\n' "$ours" "$theirs"
printf '%s\n%s\n' "$ours" "$theirs" | python3 -c '
import json, sys
rates = {}
for line in map(json.loads, sys.stdin): rates.setdefault(line["processes"], []).append(line["events_per_s"])
for processes, (ours, theirs) in rates.items():
    print(json.dumps({"bench": "events", "processes": processes, "times_simpy": round(ours / theirs, 1)}))'
