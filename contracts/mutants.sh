#!/usr/bin/env bash
# Plants known bugs, one at a time, in a copy of the contracts, and says which
# tests catch each. A bug no test catches ends it with status 1. With an argument,
# plants only the bugs whose names match it.
set -uo pipefail
cd "$(dirname "$0")"
only=${1:-.}
forge=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
command -v forge >/dev/null && forge=forge
"$forge" build >/dev/null 2>&1 || exit 1 # the tests stay compiled: a bug costs one compilation of src
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r foundry.toml solc src test out cache "$copy"
tar -c --exclude @foundry-rs node_modules | tar -x -C "$copy" # no link: what is compiled is known by its path
# Failing is enough: no shortest history is looked for, and no long ones are played.
export FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT=0 FOUNDRY_INVARIANT_RUNS=${FOUNDRY_INVARIANT_RUNS:-16} FOUNDRY_FUZZ_RUNS=32
planted=0 missed=0
mutate() { # name, file, from, to
	grep -qE -- "$only" <<<"$1" || return 0
	planted=$((planted + 1))
	python3 - "$copy/src/$2" "$3" "$4" <<'PY' || { missed=1; return; }
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
assert text.count(old) == 1, "the mutant no longer applies: " + old
open(path, "w").write(text.replace(old, new, 1))
PY
	out=$(cd "$copy" && "$forge" test 2>&1)
	caught=$(grep -o '^\[FAIL[^]]*\] [a-zA-Z0-9_]*' <<<"$out" | sed 's/.*\] //' | sort -u | head -n 6 | tr '\n' ' ')
	if [ -n "$caught" ]; then
		echo "caught  $1: $caught"
	elif grep -q '^Suite result' <<<"$out"; then
		echo "MISSED  $1"
		missed=1
	else
		echo "BROKEN  $1: it does not compile"
		missed=1
	fi
	cp "src/$2" "$copy/src/$2"
}
mutate 'split off by one' Purchases.sol 'batch.ownerGross / 10 * 8;' 'batch.ownerGross / 10 * 8 + 1;'
mutate 'refund twice' Purchases.sol 'p.state = PurchaseState.Closed;' ''
mutate 'unstake while challenged' Streams.sol 'if (_roundOpen(stream)) revert' 'if (false) revert'
mutate 'claim above cap' Purchases.sol 'if (delivered > rate) revert' 'if (false) revert'
mutate 'cancel charging zero' Purchases.sol 'p.end = uint40(block.timestamp);' 'p.end = p.start;'
mutate 'redeem twice' Challenges.sol '_challengers[stream][round][challenger] = false;' ''
mutate 'quorum off by one' Challenges.sol 'if (r.count == _quorum)' 'if (r.count == _quorum - 1)'
mutate 'fee taken twice' Challenges.sol '_credits[s.owner] += deposits - _fee;' '_credits[s.owner] += deposits - 2 * _fee;'
mutate 'a pause stops an exit' Purchases.sol 'function withdraw(address account) external nonReentrant {' 'function withdraw(address account) external nonReentrant whenNotPaused {'
mutate 'a round without ruling keeps the deposits' Challenges.sol 'r.payout = _deposit;' ''
mutate 'a review does not stop claims' Purchases.sol 'state == StreamState.Review || state == StreamState.Slashed' 'state == StreamState.Slashed'
mutate 'a signed settlement never ages' Purchases.sol 'if (block.timestamp > deadline) {' 'if (false) {'
mutate 'a device claim is for anybody' Streams.sol 'abi.encode(DEVICE_CLAIM, l.operator, msg.sender, l.device' 'abi.encode(DEVICE_CLAIM, l.operator, _operators[l.operator].admin, l.device'
mutate 'unbonding from the close, not the last end' Streams.sol 'if (s.lastEnd > unbondAt) unbondAt = s.lastEnd;' ''
[ "$planted" -gt 0 ] || { echo "no bug is called $only"; exit 1; }
exit $missed
