#!/usr/bin/env bash
# Removes what lay-out.sh put under PREFIX, and nothing else.
#   uninstall.sh PREFIX
set -euo pipefail
prefix=$1
rm -rf "$prefix/lib/fgl-sim" "$prefix/share/fgl-sim" "$prefix/share/doc/fgl-sim"
rm -f "$prefix/bin/fgl-sim" "$prefix/share/man/man1/fgl-sim.1.gz" "$prefix/share/bash-completion/completions/fgl-sim" \
    "$prefix/share/zsh/site-functions/_fgl-sim" "$prefix/share/fish/vendor_completions.d/fgl-sim.fish"
