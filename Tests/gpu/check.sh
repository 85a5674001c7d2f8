#!/usr/bin/env bash
# Everything that needs a GPU, in one command for a machine with one and no network; see docs/gpu.md.
#   check.sh [--bundle FILE] [--device cuda|cpu] [--output DIR] [--small] [--shim FILE]
# The bundle is what `make gpu-bundle` makes; without it, this script lies in an unpacked one. The table, gpu.json and the
# output of every step go to DIR (default: $OUT, else ./gpu-results). --small takes tiny models, which is the default on a
# CPU: a dry run. --shim takes a shim that is built already. Each step has a time limit, and none stops the others.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { echo "check.sh: there is no $python; PYTHON=/path names the one with PyTorch" >&2; exit 69; }
bundle=""
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --bundle) bundle=${2:?--bundle names the file of make gpu-bundle}; shift 2 ;;
        *) arguments+=("$1"); shift ;;
    esac
done
if [ -n "$bundle" ]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/fgl-gpu.XXXXXX")
    # Python knows xz, which tar needs a program for.
    "$python" -m tarfile -e "$bundle" "$folder"
    here=$folder/fgl-sim-gpu
fi
[ -x "$here/lib/fgl-sim/fgl-sim" ] || {
    echo "check.sh: there is no program beside it; name the bundle: check.sh --bundle fgl-sim-gpu.tar.xz" >&2; exit 64; }
PYTHONUNBUFFERED=1 exec "$python" "$here/check.py" "${arguments[@]}"
