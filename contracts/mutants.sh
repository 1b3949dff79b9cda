#!/usr/bin/env bash
# Plants known bugs, one at a time, in a copy of the contracts, and says which
# tests catch each. A bug no test catches ends it with status 1.
set -uo pipefail
cd "$(dirname "$0")"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r foundry.toml solc src test "$copy"
ln -s "$PWD/node_modules" "$copy/node_modules"
forge=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
command -v forge >/dev/null && forge=forge
missed=0
mutate() { # name, file, from, to
	cp "src/$2" "$copy/src/$2"
	python3 - "$copy/src/$2" "$3" "$4" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
assert text.count(old) >= 1, "the mutant no longer applies: " + old
open(path, "w").write(text.replace(old, new, 1))
PY
	out=$(cd "$copy" && "$forge" test 2>&1)
	caught=$(grep -o '^\[FAIL[^]]*\] [a-zA-Z0-9_]*' <<<"$out" | sed 's/.*\] //' | sort -u | head -n 6 | tr '\n' ' ')
	if [ -n "$caught" ]; then echo "caught  $1: $caught"; else echo "MISSED  $1"; missed=1; fi
	cp "src/$2" "$copy/src/$2"
}
mutate 'split off by one' Purchases.sol 'batch.ownerSum += gross - 2 * tenth;' 'batch.ownerSum += gross - 2 * tenth + 1;'
mutate 'refund twice' Purchases.sol 'p.state = PurchaseState.Closed;' ''
mutate 'unstake while challenged' Streams.sol 'if (_roundOpen(stream)) revert' 'if (false) revert'
mutate 'claim above cap' Purchases.sol 'if (c.delivered > rate) revert' 'if (false) revert'
mutate 'cancel charging zero' Purchases.sol 'p.end = uint40(block.timestamp);' 'p.end = p.start;'
mutate 'redeem twice' Challenges.sol '_challengers[stream][round][challenger] = false;' ''
exit $missed
