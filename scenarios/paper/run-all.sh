#!/bin/bash
# Runs the experiments of the paper one after the other and checks its claims: `make results`.
#   scenarios/paper/run-all.sh [EXPERIMENT…] [-- OPTION…]      options go to `fgl-sim run`
# It can be stopped at any time. The next call skips finished experiments and resumes the others.
# FGL_SIM is the path of the program, RESULTS the folder of the results.
set -euo pipefail
# In braces, so that bash reads the whole file first: the script runs for a night, and the file may change meanwhile.
{
cd "$(dirname "$0")/../.."
program=${FGL_SIM:-.build/release/fgl-sim}
results=${RESULTS:-results}

all=(
    table1-label-skew
    table1-label-skew-volume
    table1-label-skew-harvest
    table1-label-skew-harvest-volume
    table1-label-skew-yellow
    table1-label-skew-yellow-volume
    table1-label-skew-birds
    table1-label-skew-birds-volume
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
# From the head of the scenario: `# Takes about 43 minutes …`, `# Seeds: 1..3`.
minutes() { sed -n 's/^# Takes about \([0-9]*\) minutes.*/\1/p' "$(scenario "$1")" | head -1; }
seeds() { sed -n 's/^# Seeds: //p' "$(scenario "$1")" | head -1; }

total=0
for name in "${experiments[@]}"; do
    [ -f "$(scenario "$name")" ] || { echo "no such scenario: $(scenario "$name")" >&2; exit 64; }
    total=$((total + $(minutes "$name")))
done
echo "${#experiments[@]} experiments, about $((total / 60)) h $((total % 60)) min on two quiet cores if none is finished yet"

# Resumes a results file or makes it; the exit code is that of fgl-sim.
make_experiment() {
    local name=$1 file=$2 code=0
    shift 2
    if [ -e "$file" ]; then
        # 64: nothing to resume. The file is finished, or its process was killed before it planned a run.
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
    # An interrupt stops the whole script.
    if [ $code -ge 128 ]; then
        echo "stopped; the next call continues from here" >&2
        exit $code
    fi
    [ $code -eq 0 ] || failed+=("$name")
    if [ "$name" = figure7-retrieval ] && [ $code -eq 0 ]; then
        "$program" retrieve "$file" --output "$results/$name.png" >/dev/null
    fi
done

# For all existing results files, including those of experiments that were not requested now.
files=()
for name in "${all[@]}"; do
    file="$results/$name.sqlite"
    if [ -e "$file" ] && "$program" compare "$file" >/dev/null 2>&1; then files+=("$file"); fi
done
[ ${#files[@]} -eq 0 ] || "$program" claims "${files[@]}" --write "$results/README.md"
if [ ${#failed[@]} -gt 0 ]; then
    echo "these did not finish: ${failed[*]}" >&2
    exit 1
fi
exit
}
