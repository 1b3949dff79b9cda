#!/usr/bin/env bash
# What CI asks of the contracts: format, lint, size, tests, and that the committed
# bindings are, byte for byte, those of a clean build of the sources.
set -euo pipefail
cd "$(dirname "$0")"
cmp -s package-lock.json node_modules/.installed-lock ||
	{ npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.installed-lock; }
forge=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
[ -x "$forge" ] || forge=$PWD/node_modules/@foundry-rs/forge-darwin-arm64/bin/forge
export FOUNDRY_PROFILE=${FOUNDRY_PROFILE:-ci}

"$forge" fmt --check
node_modules/.bin/solhint --disc --noPoster --max-warnings 0 'src/**/*.sol' # documented to the last parameter, among others

# A build from nothing, in a folder of its own, by the compiler alone: forge has no part
# in the bytes. It takes one core while forge takes the other.
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
node compile.js "$clean" &
compiling=$!
"$forge" test
./mutants.sh 'split off by one' # one of the planted bugs; all of them: ./mutants.sh
wait "$compiling"
# What the tests have played with is what is shipped.
code() { node -p "require('$1/DataMarket.sol/DataMarket.json').bytecode.object"; }
[ "$(code "$clean")" = "$(code "$PWD/out")" ] || { echo "the tests have played with other code than is shipped"; exit 1; }
(cd .. && go run ./internal/tools/bindgen "$clean" contracts "$clean/bindings.go" DataMarket DTX)
for f in bindings.go runtime.go; do
	cmp "$clean/$f" "$f" || { echo "$f is stale: run forge build and go generate ./contracts, and commit it"; exit 1; }
done
(cd .. && gofmt -l contracts) | { ! grep .; }
