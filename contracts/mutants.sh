#!/usr/bin/env bash
# Plants known bugs, one at a time, in a copy of the contracts, and says which
# tests catch each. A bug no test catches ends it with status 1. With an argument,
# plants only the bugs whose names match it. Rows are those of the attack list in
# docs/contracts.md: their bugs bring back the rule of the first edition. The fuzzes
# are asked only about a bug that no other test has caught, or with FUZZ=1 at once.
set -uo pipefail
cd "$(dirname "$0")"
only=${1:-.}
forge=$PWD/node_modules/@foundry-rs/forge-linux-amd64/bin/forge
[ -x "$forge" ] || forge=$PWD/node_modules/@foundry-rs/forge-darwin-arm64/bin/forge
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r foundry.toml solc src test "$copy"
tar -c --exclude @foundry-rs node_modules | tar -x -C "$copy" # no link: what is compiled is known by its path
# A bug shows without the optimizer too, and is compiled in a quarter of the time; what
# tests say of gas is left out. Failing is enough: no shortest history is looked for, and
# no long ones are played.
export FOUNDRY_VIA_IR=false FOUNDRY_OPTIMIZER=false FOUNDRY_NO_MATCH_TEST='invariant_7|rulingLoops'
export FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT=0 FOUNDRY_INVARIANT_RUNS=${FOUNDRY_INVARIANT_RUNS:-8} FOUNDRY_FUZZ_RUNS=16
played() { (cd "$copy" && "$forge" test "$@" 2>&1); }
plain=(--no-match-contract 'Invariants|Adversary|Reach')
[ -z "${FUZZ:-}" ] || plain=()
if ! out=$(played "${plain[@]}"); then
	echo "the tests fail without any bug:"
	grep '^\[FAIL\|Error' <<<"$out" || tail -n 20 <<<"$out"
	exit 1
fi
planted=0 missed=0
mutate() { # name, file, from, to, and more pairs
	grep -qE -- "$only" <<<"$1" || return 0
	planted=$((planted + 1))
	python3 - "$copy/src/$2" "${@:3}" <<'PY' || { missed=1; return; }
import sys
path, pairs = sys.argv[1], sys.argv[2:]
text = open(path).read()
for old, new in zip(pairs[::2], pairs[1::2]):
    assert text.count(old) == 1, "the bug no longer applies: " + old
    text = text.replace(old, new, 1)
open(path, "w").write(text)
PY
	out=$(played "${plain[@]}")
	grep -q '^\[FAIL' <<<"$out" || ! grep -q '^Suite result' <<<"$out" || out=$(played)
	caught=$(grep -o '^\[FAIL.*\] [a-zA-Z0-9_]*' <<<"$out" | sed 's/.*\] //' | sort -u)
	if [ -n "$caught" ]; then
		echo "caught  $1: $(wc -l <<<"$caught") tests: $(head -n 5 <<<"$caught" | tr '\n' ' ')"
	elif grep -q '^Suite result' <<<"$out"; then
		echo "MISSED  $1"
		missed=1
	else
		echo "BROKEN  $1: it does not compile"
		missed=1
	fi
	cp "src/$2" "$copy/src/$2"
}

mutate 'A-16: the whole stake for the challengers' Challenges.sol 'uint96 half = s.stake / 2;' 'uint96 half = 0;'
mutate 'A-16: shares per head' Challenges.sol 'share = uint256(pool) * weight / r.weight;' 'share = uint256(pool) / r.count;'
mutate 'A-16: shares without a most' Challenges.sol 'if (share > most) {' 'if (false) {'
mutate 'A-16: what is above a most stays' Challenges.sol '_credits[_platform] += share - most;' ''
mutate 'A-16: the K-th challenger shuts the door' Challenges.sol 'uint256 until = uint256(r.reviewStart) + _reviewMin;' 'uint256 until = uint256(r.reviewStart);'
mutate 'A-16: weight is the escrow, not what was paid' Challenges.sol 'uint96 weight = uint96(p.delivered) * p.price;' 'uint96 weight = uint96(p.quota) * p.price;'
mutate 'A-17: whoever is at fault, the stake is slashed' Challenges.sol 'if (verdict == Verdict.OperatorAtFault) {' 'if (false) {'
mutate 'A-17: an operator at fault is paid on' Challenges.sol 'if (verdict != Verdict.SellerAtFault) s.unpaid = true;' ''
mutate 'A-18: a review stops sales' Purchases.sol '_checkState(stream, StreamState.Open);
        Stream storage s = _streams[stream];' '_checkState(stream, StreamState.Open);
        Stream storage s = _streams[stream];
        _checkNoReview(stream, s.round);'
mutate 'A-18: a review holds refunds' Purchases.sol '_checkActive(p);
        uint256 from' '_checkActive(p);
        _checkNoReview(p.stream, _streams[p.stream].round);
        uint256 from'
mutate 'A-18: a review holds claims' Purchases.sol 'if (p.state != PurchaseState.Active || unpaid ||' '_checkNoReview(p.stream, s.round); if (p.state != PurchaseState.Active || unpaid ||'
mutate 'A-18: a review holds closing' Streams.sol 'function _close(StreamId stream) private onlyOpen(stream) {' 'function _close(StreamId stream) private onlyOpen(stream) {
        _checkNoReview(stream, _streams[stream].round);'
mutate 'A-18: a review does not lock the stake' Streams.sol '_checkNoReview(stream, s.round);' ''
mutate 'A-19: a ruling in the block of the quorum' Challenges.sol 'if (block.timestamp < from) revert Errors.Challenges_TooEarly(from, block.timestamp);' ''
mutate 'A-19: a join second too many' Challenges.sol 'if (block.timestamp >= until) revert Errors.Challenges_TooLate(until, block.timestamp);
            return (r, round, true);' 'if (block.timestamp > until) revert Errors.Challenges_TooLate(until, block.timestamp);
            return (r, round, true);'
mutate 'A-20: a guilty seller is paid on' Purchases.sol 'state == StreamState.Slashed ? p.buyer : payee' 'payee'
mutate 'A-20: after a slash nobody is paid' Purchases.sol 'p.state != PurchaseState.Active || unpaid ||' 'p.state != PurchaseState.Active || unpaid || state == StreamState.Slashed ||'
mutate 'A-21: closing waits for the last end' Streams.sol 'if (stopAt == 0 || at < stopAt) s.stopAt = at;' 'if (stopAt == 0 || at < stopAt) s.stopAt = at + _maxTerm;'
mutate 'A-21: a stop ends no purchase' Streams.sol 'return stopAt != 0 && stopAt < end ? stopAt : end;' 'return end;'
mutate 'A-22: the price is not named' Purchases.sol 'if (s.price != price) revert' 'if (false) revert'
mutate 'A-22: the interval is not named' Purchases.sol 'if (s.interval != interval) revert' 'if (false) revert'
mutate 'A-22: the terms are not named' Purchases.sol 'if (s.terms != terms) revert' 'if (false) revert'
mutate 'A-23: a reading may cost the stake' Streams.sol 'if (stake < least) revert' 'if (false) revert'
mutate 'A-23: a day is not bounded' Streams.sol '(day > 100 ? day : 100)' '100'
mutate 'A-23: a reading is not bounded' Streams.sol '(day > 100 ? day : 100)' 'day'
mutate 'A-24: a claim above the cap reverts' Purchases.sol 'return claimed < cap ? claimed : cap;' 'return claimed <= cap ? claimed : cap - type(uint256).max / (claimed - claimed);'
mutate 'A-24: a claim above the cap is paid in full' Purchases.sol 'return claimed < cap ? claimed : cap;' 'return claimed < p.quota ? claimed : p.quota;'
mutate 'A-24: a cancel in the buying second costs a reading' Purchases.sol ': _intervals(end - p.start, p.interval);' ': (end - p.start) / p.interval + 1;'
mutate 'A-25: the hot signer retires' Streams.sol '_checkAdmin(_streams[stream].operator);' 'if (msg.sender != _operators[_streams[stream].operator].signer) _checkAdmin(_streams[stream].operator);'
mutate 'A-26: the admin may be the signer' Operators.sol 'if (signer == admin) revert' 'if (false) revert'
mutate 'A-26: anybody accepts an admin' Operators.sol 'if (msg.sender != o.pending) revert' 'if (false) revert'
mutate 'A-26: an operator stays verified under another admin' Operators.sol 'o.pending = address(0);
        o.verified = false;' 'o.pending = address(0);'
mutate 'A-27: a pause does not end' DataMarket.sol 'uint40 until = uint40(block.timestamp) + _pauseMax;' 'uint40 until = type(uint40).max;'
mutate 'A-27: a pause is renewed' DataMarket.sol 'if (block.timestamp < from) revert' 'if (false) revert'
mutate 'A-28: terms that begin alike are extended into' Purchases.sol 'if (s.terms != terms) revert' 'if (bytes8(s.terms) != bytes8(terms)) revert'
mutate 'A-28: extending to an end it has' Purchases.sol 'if (newEnd <= p.end ||' 'if (newEnd < p.start ||'
mutate 'A-29: every token has 18 decimals' Vault.sol '_unit = 10 ** (decimals - 6);' '_unit = 1e12;'
mutate 'A-30: any quorum' Vault.sol 'if (c.quorum < 2 || c.quorum > 20) revert' 'if (false) revert'
mutate 'A-30: any deposit' Vault.sol 'if (c.deposit == 0 || c.minStake < 2 * uint256(c.quorum) * c.deposit) revert' 'if (false) revert'
mutate 'A-30: one role for two' Vault.sol '|| roles[i] == roles[(i + 1) % 3]' ''
mutate 'A-31: who bought in the round may not challenge' Challenges.sol '        // Who opens a round has bought before it, were it in the same second.' 'if (joins && p.start >= r.opened) revert Errors.Challenges_Twice(round, p.start, r.opened);'
mutate 'A-31: who bought in the round has the bounty too' Challenges.sol 'if (!voice.later) most += _deposit;' 'most += _deposit;'
mutate 'A-31: nobody has a bounty' Challenges.sol 'if (!voice.later) most += _deposit;' ''
mutate 'A-31: who opens a round has bought in it' Challenges.sol 'joins && p.start >= r.opened' 'p.start >= r.opened'
mutate 'A-31: the second of the opening is before it' Challenges.sol 'joins && p.start >= r.opened' 'joins && p.start > r.opened'
mutate 'A-31: a raised weight keeps its bounty' Challenges.sol 'Voice(weight, joins && p.start >= r.opened)' 'Voice(weight, had == 0 ? joins && p.start >= r.opened : _voices[stream][round][msg.sender].later)'
mutate 'A-31: a buyer may find each review closed' Vault.sol 'if (c.review - c.reviewMin >= c.challengeAfter) revert' 'if (false) revert'
mutate 'the market is paid' Vault.sol 'if (account == address(this)) revert' 'if (false) revert'
mutate 'the market may be a role' Vault.sol ' || roles[i] == address(this)
                    || roles' ' || roles'
mutate 'a review shorter than its shortest' Vault.sol 'if (c.reviewMin >= c.review) revert' 'if (c.reviewMin > c.review) revert'
mutate 'split off by one' Purchases.sol 'batch.payeeGross / 10 * 8;' 'batch.payeeGross / 10 * 8 + 1;'
mutate 'refund twice' Purchases.sol 'p.state = PurchaseState.Closed;' ''
mutate 'cancel charging zero' Purchases.sol 'p.end = uint40(block.timestamp);' 'p.end = p.start;'
mutate 'redeem twice' Challenges.sol 'delete _voices[stream][round][challenger];' ''
mutate 'quorum off by one' Challenges.sol 'r.count == _quorum)' 'r.count == _quorum - 1)'
mutate 'a raised weight pays another deposit' Challenges.sol 'if (had != 0) return;' ''
mutate 'a raised weight is another voice' Challenges.sol 'if (had == 0) r.count += 1;' 'r.count += 1;'
mutate 'a raised weight adds up' Challenges.sol 'r.weight += weight - had;' 'r.weight += weight;'
mutate 'rejected deposits are redeemed too' Challenges.sol '|| state == RoundState.Rejected)' ')'
mutate 'a pause stops an exit' Purchases.sol 'function withdraw(address account) external nonReentrant {' 'function withdraw(address account) external nonReentrant whenNotPaused {'
mutate 'a signed settlement never ages' Purchases.sol 'if (block.timestamp > deadline) {' 'if (false) {'
mutate 'a device claim is for anybody' Streams.sol 'abi.encode(DEVICE_CLAIM, l.operator, msg.sender, l.device' 'abi.encode(DEVICE_CLAIM, l.operator, _operators[l.operator].admin, l.device'
mutate 'a stake leaves a second early' Streams.sol 'if (block.timestamp < from) revert Errors.Streams_StakeBound' 'if (block.timestamp + 1 < from) revert Errors.Streams_StakeBound'
mutate 'metadata of another look are verified' Operators.sol 'if (o.metadataHash != metadataHash) revert' 'if (false) revert'
[ "$planted" -gt 0 ] || { echo "no bug is called $only"; exit 1; }
echo "$planted bugs"
exit $missed
