#!/usr/bin/env bash
# What CI asks of the contracts: format, build, size, tests, and that the committed
# bindings are those of the sources.
set -euo pipefail
cd "$(dirname "$0")"
[ -d node_modules/@foundry-rs ] || npm ci --ignore-scripts --no-audit --no-fund
forge=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
[ -x "$forge" ] || forge=$PWD/node_modules/@foundry-rs/forge-darwin-arm64/bin/forge
export FOUNDRY_PROFILE=${FOUNDRY_PROFILE:-ci}
"$forge" fmt --check
"$forge" build --sizes --skip test | grep -E '^\| (DataMarket|DTX) |Error' # --sizes fails above 24,576 bytes
"$forge" test
cd ..
go run ./internal/tools/bindgen contracts/out contracts contracts/bindings.go DataMarket DTX
gofmt -l contracts | { ! grep .; }
git diff --exit-code -- contracts/bindings.go || { echo 'the bindings were stale: commit the new ones'; exit 1; }
