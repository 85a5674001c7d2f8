#!/usr/bin/env bash
# Makes .build/gpu/fgl-sim-gpu.tar.xz for a machine with a GPU and no network (docs/gpu.md): the program with Swift's
# libraries in it, the libraries of the system that it needs, the sources of the shim, fixtures, and Tests/gpu.
#   gpu-bundle.sh                       the program is built as for the packages (packaging/dist.sh), five minutes
#   STATIC_BUILD=FOLDER gpu-bundle.sh   where that is built already
#   GPU_BUILD=.build/debug gpu-bundle.sh   any other build, for a dry run
#   SHIMS=FOLDER   holds libTorchShim-2.11.0.so and the like, for a machine without a compiler
#   WHEELS=FOLDER  holds wheels of Python alone, such as diffusers', for a machine that lacks them
set -euo pipefail
cd "$(dirname "$0")/.."
limit=$((60 * 1000 * 1000))
build=${GPU_BUILD:-}
if [ -z "$build" ]; then
    static=${STATIC_BUILD:-.build/static}
    build=$static/release
    if [ ! -x "$build/fgl-sim" ]; then
        for product in fgl-sim TorchShim; do
            ${SWIFT:-swift} build -c release --static-swift-stdlib --scratch-path "$static" --product $product \
                -Xlinker -fuse-ld=lld -Xlinker --as-needed -Xlinker --disable-new-dtags
        done
    fi
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/fgl-sim-gpu
packaging/lay-out.sh "$build" "$tree" --with-libraries
program=$tree/lib/fgl-sim
strip --strip-unneeded "$program/fgl-sim"
# The shim is built there; the models that no check uses and all documents stay here.
rm -rf "$program/libTorchShim.so" "$program"/fgl-sim_Models.resources/builtin-{small,large,hundred,photos} "$tree/share/doc" \
    "$tree/share/man" "$tree/share/fgl-sim/results" "$tree/share/bash-completion" "$tree/share/zsh" "$tree/share/fish"
cp Tests/gpu/check.sh Tests/gpu/check.py Tests/gpu/peers.py Benchmarks/peers/real_size.py Benchmarks/peers/resnet.py \
    "$tree"
mkdir -p "$tree/fixtures" "$tree/shims" "$tree/wheels"
for name in sd-turbo bk-sdm-base bk-sdm-small bk-sdm-tiny lcm sdxl sdxl-turbo; do
    cp -rL "Tests/ModelsTests/Fixtures/pipelines/$name" "$tree/fixtures/$name"
done
# CLIP's vocabulary, for the model of real size.
cp -r Sources/Models/Foundation/builtin/tokenizer "$tree/tokenizer"
[ -z "${SHIMS:-}" ] || cp "$SHIMS"/libTorchShim-*.so "$tree/shims"
[ -z "${WHEELS:-}" ] || cp "$WHEELS"/*.whl "$tree/wheels"
mkdir -p .build/gpu
tar --create --sort=name --owner=0 --group=0 --numeric-owner -C "$work" fgl-sim-gpu | xz -6 -T0 > .build/gpu/fgl-sim-gpu.tar.xz
bytes=$(stat -c %s .build/gpu/fgl-sim-gpu.tar.xz)
echo ".build/gpu/fgl-sim-gpu.tar.xz: $((bytes / 1000000)) MB"
[ "$bytes" -le "$limit" ] || { echo "gpu-bundle.sh: more than $((limit / 1000000)) MB" >&2; exit 1; }
