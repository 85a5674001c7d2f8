#!/usr/bin/env bash
# A shim whose `cuda` is a device without hardware (fake_device.cpp): finds what a GPU would stumble over, without one.
#   Tests/gpu/fake.sh TORCH SHIM     TORCH: the folder of a libtorch 2.6 or later; SHIM: the file to write
# Then: FGL_TORCH_SHIM=SHIM fgl-sim bench device --device cuda
set -euo pipefail
cd "$(dirname "$0")/../.."
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
cp Sources/TorchShim/*.cpp Sources/TorchShim/*.h Sources/CTorch/include/*.h Tests/gpu/fake_device.cpp packaging/build-shim.sh "$sources"
CXXFLAGS="-DCT_ACCELERATOR=c10::DeviceType::PrivateUse1 ${CXXFLAGS:--O1}" "$sources/build-shim.sh" "$1" "$2"
