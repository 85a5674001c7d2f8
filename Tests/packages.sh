#!/usr/bin/env bash
# The packages of `make dist`, used as their users do: in an empty Debian without Swift, by a user without rights.
#   Tests/packages.sh [FOLDER]     default: .build/packages
# Needs root and debootstrap; 2 minutes and a gigabyte, most of it libtorch's dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-.build/packages}
[ -d "$folder" ] || { echo "no packages in $folder: make dist" >&2; exit 69; }
packages=$(cd "$folder" && pwd)
[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "skipped: needs root and debootstrap"; exit 0; }
root=$(mktemp -d "${TMPDIR:-/tmp}/fgl-sim-packages.XXXX")
chmod 755 "$root"
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 "$@"; }
as_user() { inside su -s /bin/bash researcher -c "cd ~ && $1"; }
expect() { # name, code, what the output must have, command
    local output code=0
    output=$(as_user "$4" 2>&1) || code=$?
    if [ "$code" != "$2" ] || ! grep -qE "$3" <<< "$output"; then
        echo "FAILED $1: exit code $code, expected $2 and '$3'" >&2
        echo "$output" | tail -20 >&2
        exit 1
    fi
    echo "ok     $1"
}

debootstrap --variant=minbase bookworm "$root" >"$root.log" 2>&1 || { tail -5 "$root.log" >&2; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
inside useradd --create-home researcher
cp Tests/small.yaml "$root/home/researcher/"

# 1. The tarball, before anything else is installed: all that needs no tensors.
cp "$packages"/fgl-sim-*.tar.gz "$root/home/researcher/"
as_user 'mkdir tarball && tar xf fgl-sim-*.tar.gz -C tarball --strip-components=1'
program=tarball/bin/fgl-sim
expect "tarball: version" 0 '^[0-9]+\.[0-9]+\.[0-9]+' "$program --version"
expect "tarball: validate" 0 valid "$program validate tarball/share/fgl-sim/scenarios/quickstart.yaml"
expect "tarball: a timing-only run" 0 fedavg "$program run small.yaml --set training=none --set methods=[fedavg] --quiet"
expect "tarball: report" 0 '' "$program report results/small.sqlite --output r.html && grep -q fedavg r.html"
expect "tarball: training without libtorch is one sentence" 74 libtorch "$program run small.yaml --quiet --output t.sqlite"
expect "tarball: no backtrace" 1 '^$' "$program run small.yaml --quiet --output u.sqlite 2>&1 | grep -iE 'fatal|backtrace|crash'"

# 2. The .deb brings libtorch.
cp "$packages"/fgl-sim_*.deb "$root/root/"
inside env DEBIAN_FRONTEND=noninteractive bash -c \
    'apt-get update -qq && apt-get install -qq -y --no-install-recommends /root/fgl-sim_*.deb sqlite3 >/root/apt.log 2>&1' ||
    { tail -5 "$root/root/apt.log" >&2; exit 1; }
expect "deb: version" 0 '^[0-9]+\.[0-9]+\.[0-9]+' "fgl-sim --version"
expect "deb: synthesis and training" 0 fgl-one-shot "fgl-sim run small.yaml --quiet --output deb.sqlite"
expect "deb: the database" 0 '^2$' "sqlite3 deb.sqlite \"select count(*) from run where status = 'finished'\""
expect "deb: replay" 0 '' "fgl-sim replay deb.sqlite"
expect "deb: the shipped scenarios" 0 valid "fgl-sim validate /usr/share/fgl-sim/scenarios/comparison.yaml"
expect "deb: manual" 0 'Federated Generative' "zcat /usr/share/man/man1/fgl-sim.1.gz"
expect "deb: completions" 0 'validate' "cat /usr/share/bash-completion/completions/fgl-sim"
expect "tarball: with Debian's libtorch, the same bits" 0 '^1$' \
    "$program run small.yaml --quiet --output tar.sqlite >/dev/null && sqlite3 tar.sqlite \"attach 'deb.sqlite' as d;
     select count(*) = 2 from run join d.run o using (method) where run.log_sha256 = o.log_sha256 and run.model_sha256 is o.model_sha256\""
inside apt-get remove -qq -y fgl-sim >/dev/null 2>&1
expect "deb: removed" 1 '^$' "ls /usr/lib/fgl-sim 2>/dev/null; command -v fgl-sim"
echo "packages: all work"
