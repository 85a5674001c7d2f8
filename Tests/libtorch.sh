#!/usr/bin/env bash
# The tests of the models with a libtorch other than the one they were built for: the shim alone is built against it.
#   Tests/libtorch.sh [FOLDER]     default: the CPU wheel of VERSION, kept in ~/.cache/fgl-sim; 190 MB where it is not there
# Needs a built tree (`make test` or `swift build --build-tests`); a minute for the shim. FILTER chooses the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=2.13.0
libtorch=${1:-}
if [ -z "$libtorch" ]; then
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/fgl-sim/torch-$VERSION
    if [ ! -d "$cache" ]; then
        # The wheel alone: Python is not run. Only the one for processors, which has a name of its own; the other one
        # brings gigabytes of CUDA.
        new=$(mktemp -d)
        trap 'rm -rf "$new"' EXIT
        if ! python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$new" "torch==$VERSION+cpu" \
            --extra-index-url https://download.pytorch.org/whl/cpu; then
            echo "skipped: no wheel of torch $VERSION+cpu can be had here (pip download)" >&2
            exit 0
        fi
        mkdir -p "$(dirname "$cache")"
        # Moved when it is whole, so that an interrupted one is not taken for it.
        rm -rf "$cache.new"
        python3 -m zipfile -e "$new"/torch-*.whl "$cache.new"
        mv "$cache.new" "$cache"
    fi
    libtorch=$cache/torch
fi
LIBTORCH=$libtorch swift build -c release --product TorchShim --scratch-path .build-torch
shim=$PWD/.build-torch/release/libTorchShim.so
FGL_TORCH_SHIM=$shim .build/release/fgl-sim --version
FGL_TORCH_SHIM=$shim swift test -c release --disable-testable-imports --skip-build --filter "${FILTER:-ModelsTests}"
