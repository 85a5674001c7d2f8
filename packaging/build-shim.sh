#!/usr/bin/env bash
# Builds the part of fgl-sim that speaks with libtorch against the PyTorch that is on this machine.
#   build-shim.sh [TORCH [SHIM]]
# TORCH is libtorch's folder (default: that of `python3 -c 'import torch'`), SHIM the file to write (default: the
# program's own, or ~/.local/lib/fgl-sim/libTorchShim.so where that folder is not yours). Needs g++ 10 or later.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
torch=${1:-$(python3 -c 'import torch; print(torch.__path__[0])')} || {
    echo "build-shim.sh: name libtorch's folder, or install it: pip install torch" >&2; exit 64; }
version=$torch/include/torch/csrc/api/include/torch/version.h
[ -e "$version" ] || { echo "build-shim.sh: $torch has no headers of libtorch ($version)" >&2; exit 65; }
shim=${2:-}
if [ -z "$shim" ]; then
    shim=$here/../libTorchShim.so
    [ -w "$here/.." ] || shim=$HOME/.local/lib/fgl-sim/libTorchShim.so
fi
mkdir -p "$(dirname "$shim")"

compiler=${CXX:-g++}
major=$("$compiler" -E -P -x c++ -I"$torch/include" - <<< $'#include <torch/csrc/api/include/torch/version.h>\nTORCH_VERSION_MAJOR' | tail -1)
# 2.13's headers ask for C++20, 1.13's do not compile with it.
standard=c++20
[ "$major" != 1 ] || standard=c++17
# Wheels before 2.7 have strings of the old kind.
strings=1
grep -q __cxx11 "$torch/lib/libc10.so" || strings=0
# No symbol of the CUDA libraries is used: they register their operators when they are loaded, so the linker must keep
# them all the same. What they need in turn lies in folders that they name themselves.
libraries="-ltorch -ltorch_cpu -lc10"
[ ! -e "$torch/lib/libtorch_cuda.so" ] || libraries="$libraries -ltorch_cuda -lc10_cuda"
# One after the other's end would be slow: a minute of processor time each.
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
compile() {
    "$compiler" -std=$standard -O3 -fno-math-errno -DNDEBUG -fPIC -w -DCT_FOREIGN_LIBTORCH \
        -D_GLIBCXX_USE_CXX11_ABI=$strings -I"$here" -isystem "$torch/include" ${CXXFLAGS:-} \
        -c "$1" -o "$objects/$(basename "$1").o"
}
export -f compile
export compiler standard strings here torch objects CXXFLAGS=${CXXFLAGS:-}
printf '%s\n' "$here"/*.cpp | xargs -P "$(nproc)" -I{} bash -c 'compile {}'
"$compiler" -shared "$objects"/*.o -o "$shim.new" -L"$torch/lib" -Wl,--no-as-needed $libraries \
    -Wl,--allow-shlib-undefined -Wl,-rpath,"$torch/lib"
mv "$shim.new" "$shim"
echo "$shim: built against the libtorch of $torch"
[ "$(dirname "$shim")" -ef "$here/.." ] || echo "export FGL_TORCH_SHIM=$shim    # makes fgl-sim use it"
