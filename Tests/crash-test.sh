#!/bin/bash
# Kills a run with real training at random instants and resumes it, N times; each time the log hash, the model hash and
# the metrics must be those of a run that was never killed, and `PRAGMA integrity_check` must be content after every kill.
#   Tests/crash-test.sh [N, default 50] [PROGRAM] [SCENARIO] [more arguments of run…]
set -u
export FGL_CACHE_LIMIT=0B  # images are really drawn
count=${1:-50} program=${2:-.build/release/fgl-sim} scenario=${3:-Tests/crash-test.yaml}
shift $(( $# < 3 ? $# : 3 ))
folder=$(mktemp -d) ; trap 'rm -rf "$folder"' EXIT
ask() { sqlite3 -readonly "$1" "$2"; }
# Runs go on side by side: their metrics are in one order each, not all together.
columns="select group_concat(method || ' ' || status || ' ' || log_sha256 || ' ' || model_sha256) from run"
metrics="select group_concat(hex(round) || name || quote(value) || quote(t)) from (select * from metric order by run_id, rowid)"

start=$(date +%s%N)
"$program" run "$scenario" --quiet --output "$folder/whole.sqlite" "$@" >/dev/null || exit 1
span=$(( ($(date +%s%N) - start) / 1000000 ))
wanted=$(ask "$folder/whole.sqlite" "$columns"; ask "$folder/whole.sqlite" "$metrics")
echo "a whole run takes $span ms"

failures=0 landed=0 checks=0
for (( attempt = 1; attempt <= count; attempt++ )); do
    file=$folder/$attempt.sqlite kills=0 peak=0
    command=(run "$scenario" --quiet --output "$file" "$@")
    # One to three kills of the same run, then it may end.
    for (( left = 1 + attempt % 3; left > 0; left-- )); do
        "$program" "${command[@]}" >/dev/null 2>&1 &
        pid=$!
        sleep "$(printf '%d.%03d' $(( (delay = RANDOM * RANDOM % span) / 1000 )) $(( delay % 1000 )))"
        kill -9 $pid 2>/dev/null && kills=$(( kills + 1 )) landed=$(( landed + 1 ))
        wait $pid 2>/dev/null
        [ -e "$file" ] || continue
        checks=$(( checks + 1 ))
        [ "$(ask "$file" 'pragma integrity_check')" = ok ] || { echo "$attempt: integrity_check"; failures=$(( failures + 1 )); }
        used=$(du -sk "$file-states" 2>/dev/null | cut -f1) ; (( ${used:-0} > peak )) && peak=$used
        [ -n "$(ask "$file" 'select 1 from planned_run limit 1' 2>/dev/null)" ] && command=(resume "$file" --quiet)
    done
    "$program" "${command[@]}" >/dev/null 2>"$folder/errors" ; code=$?
    # The last kill may have come after the end.
    grep -q 'nothing to resume' "$folder/errors" && code=0
    found=$(ask "$file" "$columns"; ask "$file" "$metrics")
    if [ $code = 0 ] && [ "$found" = "$wanted" ]; then
        echo "$attempt: equal after $kills kills; states $peak KiB"
    else
        echo "$attempt: DIFFERENT after $kills kills, exit code $code: $(head -c 300 "$folder/errors")"
        diff <(echo "$wanted" | tr ',' '\n') <(echo "$found" | tr ',' '\n')
        failures=$(( failures + 1 ))
    fi
    [ -e "$file-states" ] && { echo "$attempt: states are left"; failures=$(( failures + 1 )); }
    rm -rf "$file"*
done
echo "$count runs, $landed kills of a living process, $checks times integrity_check, $failures failures, in $SECONDS s"
[ $failures = 0 ]
