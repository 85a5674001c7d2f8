#!/usr/bin/env bash
# Makes the packages in .build/packages: fgl-sim-VERSION-linux-x86_64.tar.gz, fgl-sim_VERSION_amd64.deb, the wheel.
# The program is built once more, with Swift's libraries in it, into .build/static: five minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
static=${STATIC_BUILD:-.build/static}
output=.build/packages
# Foundation's networking wants libcurl, which its static libraries do not hold.
if ! ldconfig -p | grep -q 'libcurl\.so '; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libcurl4-openssl-dev >/dev/null
fi
# lld leaves out what nothing uses. The old kind of search path holds for the libraries of libraries too: all that
# lie beside the program are found.
for product in fgl-sim TorchShim; do
    $swift build -c release --static-swift-stdlib --scratch-path $static --product $product \
        -Xlinker -fuse-ld=lld -Xlinker --as-needed -Xlinker --disable-new-dtags
done
build=$static/release
version=$("$build/fgl-sim" --version | head -1 | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1)
machine=$(uname -m)
rm -rf "$output"
mkdir -p "$output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The same commit gives the same archive, whoever packs it: names sorted, one time, no owner.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

python3 -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$output" ./python
rm -rf python/build

# The tarball brings the small libraries along; libtorch comes from Debian, or from `pip install torch`.
tree=$work/fgl-sim-$version-linux-$machine
packaging/lay-out.sh "$build" "$tree" --with-libraries
strip --strip-unneeded "$tree/lib/fgl-sim/fgl-sim"
cp LICENSE README.md "$tree"
cp packaging/INSTALL.md "$tree/INSTALL.md"
mkdir -p "$tree/python"
cp "$output"/*.whl "$tree/python"
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$work" "$(basename "$tree")" |
    gzip -9n > "$output/$(basename "$tree").tar.gz"

# The .deb depends on the system's libraries instead; dpkg-shlibdeps tells which.
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || {
    echo "no .deb: dpkg-deb and dpkg-shlibdeps (dpkg-dev) are not here" >&2; exit 0; }
deb=$work/deb
packaging/lay-out.sh "$build" "$deb/usr"
strip --strip-unneeded "$deb/usr/lib/fgl-sim/fgl-sim"
mkdir -p "$deb/DEBIAN" "$work/debian"
touch "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info -e deb/usr/lib/fgl-sim/fgl-sim \
    -e deb/usr/lib/fgl-sim/libTorchShim.so 2>/dev/null | sed 's/^shlibs:Depends=//')
architecture=$(dpkg --print-architecture)
# libtorch takes any BLAS, and the reference one is twenty times slower.
cat > "$deb/DEBIAN/control" <<END
Package: fgl-sim
Version: $version
Architecture: $architecture
Maintainer: The fgl-sim authors <fgl-sim@users.noreply.github.com>
Installed-Size: $(du -sk "$deb/usr" | cut -f1)
Depends: $depends, libopenblas0-pthread
Suggests: sqlite3, python3-distributed
Section: science
Priority: optional
Description: simulator of Federated Generative Learning and its baselines
 A discrete-event clock models clients, links, stragglers and faults and counts
 every byte; synthesis with a diffusion model and training are real. Every event
 and metric goes into one SQLite file, from which runs are replayed.
END
find "$deb/usr" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$deb" "$output/fgl-sim_${version}_$architecture.deb" >/dev/null
du -h "$output"/*
