#!/usr/bin/env bash
# The tests of the models with a libtorch other than the one they were built for: the shim alone is built against it.
#   Tests/libtorch.sh [FOLDER]     default: that of `pip install torch`, which is installed into .build/torch
# Needs a built tree (`make test` or `swift build --build-tests`); a minute for the shim.
set -euo pipefail
cd "$(dirname "$0")/.."
libtorch=${1:-}
if [ -z "$libtorch" ]; then
    venv=.build/torch
    [ -x $venv/bin/python ] || python3 -m venv $venv
    $venv/bin/python -c 'import torch' 2>/dev/null ||
        $venv/bin/pip install --quiet torch --index-url https://download.pytorch.org/whl/cpu ||
        $venv/bin/pip install --quiet torch
    libtorch=$($venv/bin/python -c 'import torch; print(torch.__path__[0])')
fi
LIBTORCH=$libtorch swift build -c release --product TorchShim --scratch-path .build-torch
shim=$PWD/.build-torch/release/libTorchShim.so
FGL_TORCH_SHIM=$shim .build/release/fgl-sim --version
FGL_TORCH_SHIM=$shim exec swift test -c release --disable-testable-imports --skip-build --filter "${FILTER:-ModelsTests}"
