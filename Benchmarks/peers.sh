#!/bin/sh
# Compares fgl-sim with PyTorch, diffusers, Flower and pfl on the same work, in alternating pairs. Prints one JSON
# object per line and the medians of the ratios. The other frameworks are installed into a virtual environment outside
# the repository; a message names each one that cannot be installed and is skipped.
#
#   Benchmarks/peers.sh [train] [synthesis] [curve] [federation]      (default: all)
#
# FGL_PEERS_PYTHON: a Python with these frameworks. FGL_PEERS_PAIRS: pairs per measurement (default: 5).
# FGL_FIXTURES, FGL_DATA: the folders with stable-diffusion-tiny and with the CIFAR-10 images, for synthesis, curve
# and federation.
set -e
cd "$(dirname "$0")/.."
program=${FGL_SIM:-.build/release/fgl-sim}
[ -x "$program" ] || { echo "no $program: make build" >&2; exit 69; }
python=$FGL_PEERS_PYTHON
if [ -z "$python" ]; then
    venv=${TMPDIR:-/tmp}/fgl-sim-peers
    python=$venv/bin/python
    [ -x "$python" ] || python3 -m venv "$venv"
    # transformers takes its image processors from the torchvision that belongs to the torch; without it only older ones
    # can be imported, and diffusers' pipelines with them.
    for peer in "torch==2.13.0+cpu torchvision" "torch==2.13.0+cpu" "diffusers transformers" "flwr[simulation]" \
        "pfl[pytorch]"; do
        # Installed separately: a failure must not prevent the others.
        "$python" -m pip install --quiet $peer >/dev/null 2>&1 || echo "skipped: $peer cannot be installed" >&2
    done
fi
exec "$python" Benchmarks/peers/compare.py "$program" "$@"
