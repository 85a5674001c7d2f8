#!/usr/bin/env bash
# Lays a built program out as a Unix tree: what `make install`, the tarball and the .deb have in common.
#   lay-out.sh BUILD ROOT [--with-libraries]
# BUILD is SwiftPM's folder of products, ROOT the folder that gets bin, lib/fgl-sim and share.
# --with-libraries copies the program's libraries of the system too (SQLite, TurboJPEG, libcurl, …; not libtorch),
# for a tree that is taken to other systems.
set -euo pipefail
build=$(cd "$1" && pwd)
mkdir -p "$2"
root=$(cd "$2" && pwd)
option=${3:-}
cd "$(dirname "$0")/.."
program=$root/lib/fgl-sim

# The program looks for the shim and the models beside itself; `bin` has a link, which it follows.
mkdir -p "$program" "$root/bin" "$root/share/man/man1" "$root/share/fgl-sim" "$root/share/doc/fgl-sim"
rm -rf "$program"/*.resources
install -m 755 "$build/fgl-sim" "$program/fgl-sim"
install -m 644 "$build/libTorchShim.so" "$program/libTorchShim.so"
cp -r "$build"/*.resources "$program"
ln -sfn ../lib/fgl-sim/fgl-sim "$root/bin/fgl-sim"

# Copies those libraries of a file that an awk condition on their path chooses.
copy_libraries() {
    ldd "$1" | awk "\$3 ~ /^\\// && $2 { print \$3 }" | while read -r library; do
        install -m 644 "$library" "$program"
    done
}
# Swift's, where they are not in the program itself, so that the toolchain may go.
for file in fgl-sim libTorchShim.so; do copy_libraries "$program/$file" '$3 ~ /\/swift\/linux\//'; done
# What every system has stays its own.
if [ "$option" = --with-libraries ]; then
    copy_libraries "$program/fgl-sim" '$3 !~ /\/(libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc\+\+)\.so/'
fi

# Sources of the shim, to build it against another libtorch where the program is used.
mkdir -p "$program/shim"
cp Sources/TorchShim/*.cpp Sources/TorchShim/*.h Sources/CTorch/include/*.h "$program/shim"
install -m 755 packaging/build-shim.sh "$program/shim/build-shim.sh"

for shell in bash zsh fish; do
    case $shell in
        bash) file=$root/share/bash-completion/completions/fgl-sim ;;
        zsh) file=$root/share/zsh/site-functions/_fgl-sim ;;
        fish) file=$root/share/fish/vendor_completions.d/fgl-sim.fish ;;
    esac
    mkdir -p "$(dirname "$file")"
    "$program/fgl-sim" --generate-completion-script $shell > "$file"
done
"$program/fgl-sim" reference man > "$root/share/man/man1/fgl-sim.1"
gzip -9nf "$root/share/man/man1/fgl-sim.1"

cp -r scenarios "$root/share/fgl-sim"
mkdir -p "$root/share/fgl-sim/results"
cp results/cookbook.sqlite "$root/share/fgl-sim/results"
cp -r README.md CHANGELOG.md CITATION.cff docs "$root/share/doc/fgl-sim"
cp LICENSE "$root/share/doc/fgl-sim/copyright"
