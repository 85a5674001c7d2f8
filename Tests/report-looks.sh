#!/bin/bash
# Makes results files of many kinds, their reports, and pictures of them 1280 and 390 pixels wide, light, dark and
# printed, to be looked at; the tables of compare at 80 and 200 columns too. Ends with 1 where the browser finds texts
# that overlap or are cut (Tests/looks/browser.py). Takes two minutes on two cores; needs python3 and Chromium.
#   Tests/report-looks.sh [FOLDER, default /tmp/report-looks] [PROGRAM] [NAME…, default all]
set -u
folder=${1:-/tmp/report-looks} program=$(realpath "${2:-.build/release/fgl-sim}") root=$(realpath "$(dirname "$0")/..")
names=("${@:3}")
mkdir -p "$folder" && cd "$folder" || exit 1

# Keys that the small files share: the tiny classifier on few images of 16 pixels.
small='
data:      { set: shapes, side: 16, train-per-class: 80, test-per-class: 30, augmentation: none, partition: { kind: dirichlet, beta: 0.5, minimum: 1 } }
model:     { kind: tiny }
training:  { rounds: 8, local-epochs: 3, batch: 8, learning-rate: 0.05, averaging: samples }
centralized: { epochs: 16, batch: 16, learning-rate: 0.05 }
fedavg-one-shot: { epochs: 4 }
dense:     { local-epochs: 4, epochs: 2, generator-steps: 2, batch: 16 }
ensemble:  { local-epochs: 4 }
synthesis: { per-class: 10, steps: 2, epochs: 8, batch: 16, learning-rate: 0.05, fine-tune-epochs: 1 }
network:   { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 20Mbps, downlink: 100Mbps, latency: 50ms } }
devices:   { client: 0.5TFLOPS, server: 100TFLOPS, stragglers: { fraction: 0.2, slowdown: 5 } }'
methods='fgl-one-shot, fgl-5-round, fedavg, centralized'
twenty="$methods, fgl-5-round-syn, fedavg-one-shot, ensemble, fedprox, fedavgm, fedadagrad, fedadam, fedyogi, scaffold, feddyn, moon, fednova, fedbn, fedproto, local, fedbuff"
phones='client: { uplink: { lognormal: { median: 20Mbps, sigma: 0.8 } }, downlink: 100Mbps, latency: 50ms }'

# make NAME OPTIONS… < the scenario without its name
make() {
    local name=$1 ; shift
    if (( ${#names[@]} )) && [[ ! " ${names[*]} " == *" $name "* ]]; then cat >/dev/null ; return ; fi
    { echo "name: $name" ; cat ; } >"$name.yaml"
    rm -f "$name.sqlite"*
    "$program" run "$name.yaml" --output "$name.sqlite" --quiet "$@" >"$name.out" 2>"$name.err"
    made+=("$name")
}
made=()
make one <<<"methods: [fgl-one-shot]$small"
make four --seeds 1..3 <<<"methods: [$methods]$small"
make twenty <<<"methods: [$twenty]$small"
make hundred <<<"clients: 100
methods: [$methods, fedbuff]
participation: { policy: deadline, fraction: 0.3, deadline: 3s, late: accept-stale }
evaluation: { clients: true }
faults: { dropout: { during-training: 0.05, during-upload: 0.05 } }$small"
make sweep <<<"methods: [$methods]
sweep: { data.partition.beta: [0.1, 5], network.client.uplink: [1Mbps, 20Mbps, 500Mbps] }$small"
make attacks <<<"clients: 10
methods: [fgl-one-shot, fedavg]
attack: { kind: sign-flip, fraction: 0.2 }
evaluation: { clients: true }
energy: { client: { profile: raspberry-pi-4, radio: 4g }, server: { profile: nvidia-a100, region: france }, network: { class: 4g }, region: germany }
sweep: { aggregation.rule: [mean, median, krum] }$small"
make domains <<<"methods: [$methods]
${small/set: shapes,/set: shapes, styles: [real, clipart, sketch],}"
# A run diverges, one has no update, one fails, one is interrupted.
make unhappy --set training.learning-rate=90 <<<"methods: [fgl-one-shot, fedavg, centralized]$small"
if [[ " ${made[*]} " == *" unhappy "* ]]; then
    "$program" run unhappy.yaml --output unhappy.sqlite --quiet --set 'methods=[fedprox]' \
        --set faults.dropout.during-upload=1 >>unhappy.out 2>>unhappy.err
    "$program" run unhappy.yaml --output unhappy.sqlite --quiet --set 'methods=[fedbuff]' \
        --set faults.dropout.before-training=1 >>unhappy.out 2>>unhappy.err
    timeout -s INT 3 "$program" run unhappy.yaml --output unhappy.sqlite --quiet --set 'methods=[fedyogi]' \
        --set training.rounds=5000 --set training.learning-rate=0.01 >>unhappy.out 2>>unhappy.err
fi
# Timing only: every method at a hundred clients, and a sweep.
timing="clients: 100
data: { set: shapes, side: 32, train-per-class: 200, partition: { kind: dirichlet, beta: 0.3, minimum: 2 } }
training: { mode: none, rounds: 10, local-epochs: 2, batch: 10 }
participation: { policy: deadline, fraction: 0.3, deadline: 3min, late: accept-stale }
network: { server: { uplink: 1Gbps, downlink: 1Gbps }, $phones }
faults: { dropout: { during-training: 0.05, during-upload: 0.05 } }"
make timing <<<"methods: [${twenty/, centralized/, fedasync}]
devices: { client: 0.5TFLOPS, server: 100TFLOPS, stragglers: { fraction: 0.2, slowdown: 5 } }
$timing"
make timing-sweep <<<"methods: [fgl-one-shot, fedavg, fedbuff]
devices: { client: 0.5TFLOPS, server: 100TFLOPS, stragglers: { fraction: 0.2 } }
sweep: { devices.stragglers.slowdown: [1, 5, 25], network.server.downlink: [100Mbps, 1Gbps, 10Gbps] }
$timing"

for name in "${made[@]}"; do
    [ -e "$name.sqlite" ] || { echo "$name: no results: $(tail -1 "$name.err")" ; exit 1 ; }
    "$program" report "$name.sqlite" --output "$name.html" >/dev/null || exit 1
    for width in 80 200; do
        script -qec "stty cols $width; '$program' compare '$name.sqlite'" /dev/null >"$name.$width.txt"
    done
done
rm -f pictures/*
python3 "$root/Tests/looks/browser.py" pictures "${made[@]/%/.html}" ; code=$?
echo "look at $folder/pictures and $folder/*.txt"
exit $code
