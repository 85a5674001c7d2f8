#!/usr/bin/env bash
# The program, copied to another folder, on the oldest processor that it promises to run on: Nehalem (2008), which has
# SSE4.2 and no AVX, emulated by qemu (Debian: qemu-user). A small run with synthesis and training; minutes.
#   Tests/processor.sh [CPU]     default: Nehalem; `qemu-x86_64 -cpu help` lists others
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r .build/release/fgl-sim .build/release/libTorchShim.so .build/release/*.resources "$folder"
qemu-x86_64 -cpu "${1:-Nehalem}" "$folder/fgl-sim" --version
qemu-x86_64 -cpu "${1:-Nehalem}" "$folder/fgl-sim" run Tests/small.yaml --jobs 1 --quiet --output "$folder/small.sqlite"
[ "$(sqlite3 "$folder/small.sqlite" "SELECT count(*) FROM run WHERE status = 'finished'")" = 2 ]
