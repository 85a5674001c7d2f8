#!/usr/bin/env bash
# Builds the documentation of the libraries with DocC, which comes with the compiler; warnings are errors.
#   docs/build.sh [FOLDER]     default: .build/documentation, an archive per library, for any static web server
# Needs a build (`make build`): the symbols come from its modules.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-.build/documentation}
build=${FGL_BUILD:-.build/release}
tools=$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")
# The C modules under the Swift ones.
maps=()
for map in .build/checkouts/*/Sources/C*/include/module.modulemap .build/checkouts/*/Sources/GRDBSQLite/module.modulemap \
    .build/checkouts/*/Sources/GRDBSQLite/include/module.modulemap Sources/C*/module.modulemap \
    "$build"/C*.build/module.modulemap; do
    [ ! -e "$map" ] || maps+=(-Xcc "-fmodule-map-file=$map")
done
mkdir -p "$output"
status=0
for library in Simulator RunLog Models Scenarios Results; do
    symbols=$(mktemp -d)
    "$tools/swift-symbolgraph-extract" -module-name "$library" -target "$(uname -m)-unknown-linux-gnu" \
        -I "$build/Modules" "${maps[@]}" -minimum-access-level public -output-dir "$symbols"
    # Extensions of other modules' types have graphs of their own.
    "$tools/docc" convert "Sources/$library/$library.docc" --additional-symbol-graph-dir "$symbols" \
        --output-path "$output/$library.doccarchive" --warnings-as-errors \
        --fallback-display-name "$library" --fallback-bundle-identifier "fgl-sim.$library" || status=1
    rm -rf "$symbols"
done
exit $status
