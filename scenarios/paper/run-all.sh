#!/bin/bash
# Makes the experiments of the paper, one after the other, and checks its claims on them: `make results`.
#   scenarios/paper/run-all.sh [EXPERIMENT…] [-- OPTION…]      options go to `fgl-sim run`
# Stop it whenever you like; called again, it skips what is finished and goes on with what is not.
# FGL_SIM names the program, RESULTS the folder of the results.
set -euo pipefail
# In braces, so that bash has read all of it before it begins: it runs for a night, and the file may change meanwhile.
{
cd "$(dirname "$0")/../.."
program=${FGL_SIM:-.build/release/fgl-sim}
results=${RESULTS:-results}

all=(
    table1-label-skew
    table1-label-skew-volume
    table1-label-skew-harvest
    table1-label-skew-yellow
    table1-label-skew-birds
    table1-label-skew-hundred
    table2-feature-skew
    figure1-bytes-vs-accuracy
    figure4a-skewed-finetune
    figure4b-synthetic-volume
    figure5-instance-prompts
    table3-membership
    figure7-retrieval
    reviewers-clients
    reviewers-unseen-data
    reviewers-foundations
    reviewers-compression
)
chosen=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do chosen+=("$1"); shift; done
[ $# -eq 0 ] || shift
experiments=("${all[@]}")
[ ${#chosen[@]} -eq 0 ] || experiments=("${chosen[@]}")

scenario() { echo "scenarios/paper/$1.yaml"; }
# What the head of the file says: `# Takes about 43 minutes …`, `# Seeds: 1..3`.
minutes() { sed -n 's/^# Takes about \([0-9]*\) minutes.*/\1/p' "$(scenario "$1")" | head -1; }
seeds() { sed -n 's/^# Seeds: //p' "$(scenario "$1")" | head -1; }

total=0
for name in "${experiments[@]}"; do
    [ -f "$(scenario "$name")" ] || { echo "there is no $(scenario "$name")" >&2; exit 64; }
    total=$((total + $(minutes "$name")))
done
echo "${#experiments[@]} experiments, about $((total / 60)) h $((total % 60)) min on two quiet cores where none is finished yet"

# Goes on with a file or makes it; its exit code is fgl-sim's.
make_experiment() {
    local name=$1 file=$2 code=0
    shift 2
    if [ -e "$file" ]; then
        # 64: nothing to go on with. Then it is finished, or its process was killed before it had planned a run.
        "$program" resume "$file" || code=$?
        [ $code -eq 64 ] || return $code
        [ "$("$program" compare "$file")" = "no runs" ] || return 0
        code=0
    fi
    local options=()
    [ -z "$(seeds "$name")" ] || options+=(--seeds "$(seeds "$name")")
    "$program" run "$(scenario "$name")" --output "$file" ${options[@]+"${options[@]}"} "$@" || code=$?
    return $code
}

mkdir -p "$results"
number=0 failed=()
for name in "${experiments[@]}"; do
    number=$((number + 1))
    file="$results/$name.sqlite"
    echo "[$number/${#experiments[@]}] $name: about $(minutes "$name") minutes"
    code=0
    make_experiment "$name" "$file" "$@" || code=$?
    # Whoever stops it wants all of it to stop.
    if [ $code -ge 128 ]; then
        echo "stopped; called again, it goes on from here" >&2
        exit $code
    fi
    [ $code -eq 0 ] || failed+=("$name")
    if [ "$name" = figure7-retrieval ] && [ $code -eq 0 ]; then
        "$program" retrieve "$file" --output "$results/$name.png" >/dev/null
    fi
done

# On all that is there, also of experiments that were not asked for now.
files=()
for name in "${all[@]}"; do
    file="$results/$name.sqlite"
    if [ -e "$file" ] && "$program" compare "$file" >/dev/null 2>&1; then files+=("$file"); fi
done
[ ${#files[@]} -eq 0 ] || "$program" claims "${files[@]}" --write "$results/README.md"
if [ ${#failed[@]} -gt 0 ]; then
    echo "these did not come to their end: ${failed[*]}" >&2
    exit 1
fi
exit
}
