#!/usr/bin/env bash
# Times a newcomer's path, from clone to first report, and prints a line for each step.
#   Tests/newcomer.sh [REPOSITORY]     default: the clone that this script lies in
set -euo pipefail
repository=${1:-$(cd "$(dirname "$0")/.." && pwd)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
total=0
step() {
    local name=$1 start=$SECONDS
    shift
    "$@" >"$folder/log" 2>&1 || { echo "$name failed:" >&2; tail -20 "$folder/log" >&2; exit 1; }
    printf '%-10s %5d s\n' "$name" $((SECONDS - start))
    total=$((total + SECONDS - start))
}
step clone git clone --quiet "$repository" "$folder/fgl-sim"
cd "$folder/fgl-sim"
step build make build
step run .build/release/fgl-sim run scenarios/quickstart.yaml --no-cache
cp "$folder/log" "$folder/run.log"
step compare .build/release/fgl-sim compare results/quickstart.sqlite
cat "$folder/log"
step report .build/release/fgl-sim report results/quickstart.sqlite --output report.html
printf '%-10s %5d s, %d bytes of report\n' total "$total" "$(stat -c %s report.html)"
