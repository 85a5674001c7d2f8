#!/bin/sh
# fgl-sim beside PyTorch, diffusers, Flower and pfl on the same work, in alternating pairs; prints a JSON object a
# line and the ratios' medians. Peers go into a virtual environment outside of the tree; one that cannot be
# installed is skipped, and said to be.
#
#   Benchmarks/peers.sh [train] [synthesis] [curve] [federation]      (all by default)
#
# FGL_PEERS_PYTHON: a Python that has the peers already. FGL_PEERS_PAIRS: pairs a measurement, 5 by default.
# FGL_FIXTURES, FGL_DATA: where stable-diffusion-tiny and the CIFAR-10 folder are, for synthesis, curve and federation.
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
        # Each on its own: what one cannot have must not keep the others away.
        "$python" -m pip install --quiet $peer >/dev/null 2>&1 || echo "skipped: $peer cannot be installed" >&2
    done
fi
exec "$python" Benchmarks/peers/compare.py "$program" "$@"
