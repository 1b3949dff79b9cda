package client

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
)

// ErrRefused is wrapped by every refusal of a contract.
var ErrRefused = errors.New("the contract refuses")

// errAllowance says that the token lets the market take too little.
var errAllowance = errors.New("allowance")

// Explain turns a refusal of the market or its token, as nodes report it, into a
// sentence; other errors stay as they are.
func (c *Client) Explain(err error) error {
	data, ok := node.RevertData(err)
	if !ok {
		return err
	}
	for _, unpack := range []func([]byte) (any, error){c.dm.UnpackError, c.token.UnpackError} {
		if e, uerr := unpack(data); uerr == nil {
			said := fmt.Errorf("%w: %s", ErrRefused, Sentence(e, c.Places))
			if _, is := e.(*contracts.DataMarketStreamsStakeTooSmall); is && c.Rules.MinStake != nil {
				said = fmt.Errorf("%w; this market's minimum is %s, whatever the price", said, c.Amount(c.Rules.MinStake))
			}
			if _, is := e.(*contracts.DTXERC20InsufficientAllowance); is {
				said = unallowed{said}
			}
			return said
		}
	}
	return err
}

// unallowed is a refusal for want of an allowance.
type unallowed struct{ error }

func (s unallowed) Unwrap() []error { return []error{s.error, errAllowance} }

// Sentence says what a refusal of the contract means and what to do about it; places are
// the token's decimals. An error it does not know is named with its arguments.
func Sentence(e any, places int) string {
	dtx := func(wei *big.Int) string { return Decimal(wei, places) + " DTX" }
	for _, module := range []func(any, func(*big.Int) string) string{challenges, streams, purchases, operators, others} {
		if said := module(e, dtx); said != "" {
			return said
		}
	}
	return nameless(e)
}

func challenges(e any, _ func(*big.Int) string) string {
	switch e := e.(type) {
	case *contracts.DataMarketChallengesNotArbiter:
		return fmt.Sprintf("only the arbiter %s may rule, not %s: sign with the arbiter's key", e.Expected, e.Actual)
	case *contracts.DataMarketChallengesTooLate:
		return fmt.Sprintf("it is too late: that was possible until %s, now it is %s", at(e.Deadline), at(e.Actual))
	case *contracts.DataMarketChallengesTooEarly:
		return fmt.Sprintf("it is too early: that is possible from %s on, now it is %s", at(e.From), at(e.Actual))
	case *contracts.DataMarketChallengesTwice:
		return fmt.Sprintf("the account is in round %d already, with a weight of %s; this purchase has %s, and only more would count", e.Round, micro(e.Had), micro(e.Actual))
	case *contracts.DataMarketChallengesNothingPaid:
		return fmt.Sprintf("nothing was settled on purchase %d yet: who has paid for no reading cannot challenge", e.Purchase)
	case *contracts.DataMarketChallengesBadState:
		return fmt.Sprintf("the round is %s: it must be %s (`challenge ls` shows rounds)", roundIs(e.Actual), market.RoundState(e.Expected))
	case *contracts.DataMarketChallengesNoVerdict:
		return "a ruling names a verdict"
	case *contracts.DataMarketChallengesNothingToRedeem:
		return fmt.Sprintf("%s has nothing to redeem in this round: no challenge of its own, redeemed already, not decided yet, or rejected (`challenge ls` shows which)", e.Challenger)
	}
	return ""
}

func streams(e any, dtx func(*big.Int) string) string {
	switch e := e.(type) {
	case *contracts.DataMarketStreamsNotOwner:
		if e.Expected == (common.Address{}) {
			return "there is no such stream"
		}
		return fmt.Sprintf("only the stream's owner %s may do this, not %s: sign with the owner's key", e.Expected, e.Actual)
	case *contracts.DataMarketStreamsBadState:
		return streamState(market.StreamState(e.Expected), market.StreamState(e.Actual))
	case *contracts.DataMarketStreamsBadPrice:
		return fmt.Sprintf("a price of %s is not possible: it must be above 0 and a multiple of %s, so that 80/10/10 is exact", micro(e.Actual), micro(e.MultipleOf))
	case *contracts.DataMarketStreamsBadInterval:
		return fmt.Sprintf("an interval of %s is not possible: it must be 1 s to %s", seconds(e.Actual), seconds(e.Most))
	case *contracts.DataMarketStreamsStakeTooSmall:
		return fmt.Sprintf("the stake of %s is too small: at least %s are needed, because a reading may cost at most a hundredth of the stake and a buyer's day at most a tenth", dtx(e.Actual), dtx(e.Expected))
	case *contracts.DataMarketStreamsBadDeadline:
		return fmt.Sprintf("the attestation is valid until %s, now it is %s, and the market takes one that ends within a day: ask the operator for a new one", at(e.Deadline), at(e.Actual))
	case *contracts.DataMarketStreamsBadNonce:
		return fmt.Sprintf("the attestation was used or is outdated (its nonce is %s, the next is %s): ask the operator for a new one", e.Actual, e.Expected)
	case *contracts.DataMarketStreamsDeviceListed:
		return fmt.Sprintf("the device is listed already, as stream %d: close that one first", e.Stream)
	case *contracts.DataMarketStreamsTooMany:
		return fmt.Sprintf("%s at once are too many: at most %s", e.Actual, e.Most)
	case *contracts.DataMarketStreamsParentNotRunning:
		return fmt.Sprintf("purchase %d cannot be a parent: it must be running and yours", e.Purchase)
	case *contracts.DataMarketStreamsStakeBound:
		return fmt.Sprintf("the stake is bound until %s, now it is %s: try again then", at(e.From), at(e.Actual))
	case *contracts.DataMarketStreamsUnderReview:
		return fmt.Sprintf("the stream is under review (round %d): the stake stays until the ruling, at most until %s", e.Round, at(e.Until))
	}
	return ""
}

func purchases(e any, _ func(*big.Int) string) string {
	switch e := e.(type) {
	case *contracts.DataMarketPurchasesNotBuyer:
		return fmt.Sprintf("only the buyer %s may do this, not %s: sign with the buyer's key (no buyer: there is no such purchase)", e.Expected, e.Actual)
	case *contracts.DataMarketPurchasesNotSigner:
		return fmt.Sprintf("only the operator's signer %s may settle, not %s", e.Expected, e.Actual)
	case *contracts.DataMarketPurchasesBadState:
		return fmt.Sprintf("the purchase is %s: it must be %s", market.PurchaseState(e.Actual), market.PurchaseState(e.Expected))
	case *contracts.DataMarketPurchasesNotAllowed:
		return fmt.Sprintf("the stream is restricted and %s is not on its list: ask its owner to `stream allow` it", e.Buyer)
	case *contracts.DataMarketPurchasesBadDuration:
		return fmt.Sprintf("a duration of %s is not possible: at least 1s, at most %s", seconds(e.Actual), seconds(e.Most))
	case *contracts.DataMarketPurchasesBadEnd:
		return fmt.Sprintf("the purchase runs until %s: it cannot be extended to %s, which is not later or too far ahead", at(e.End), at(e.Actual))
	case *contracts.DataMarketPurchasesTermsChanged:
		return fmt.Sprintf("the stream's terms are no longer those agreed to (%s, agreed %s): read them and buy again", common.Hash(e.Actual), common.Hash(e.Expected))
	case *contracts.DataMarketPurchasesOfferChanged:
		return fmt.Sprintf("the stream's price or interval changed (from %s to %s): look at `stream show` and try again; a purchase made before cannot be extended", e.Expected, e.Actual)
	case *contracts.DataMarketPurchasesOver:
		return fmt.Sprintf("the purchase ended at %s, now it is %s: buy again", at(e.End), at(e.Actual))
	case *contracts.DataMarketPurchasesNotOver:
		return fmt.Sprintf("the operator may claim until %s, now it is %s: the rest is refunded then", at(e.From), at(e.Actual))
	case *contracts.DataMarketPurchasesWrongOperator:
		return fmt.Sprintf("the purchase is of a stream of operator %d, not of operator %d", e.Actual, e.Expected)
	case *contracts.DataMarketPurchasesClaimExpired:
		return fmt.Sprintf("the signed claims were valid until %s, now it is %s: ask the operator for new ones", at(e.Deadline), at(e.Actual))
	}
	return ""
}

func operators(e any, _ func(*big.Int) string) string {
	switch e := e.(type) {
	case *contracts.DataMarketOperatorsNotAdmin:
		return fmt.Sprintf("only the operator's admin %s may do this, not %s: sign with the admin's key (no admin: there is no such operator)", e.Expected, e.Actual)
	case *contracts.DataMarketOperatorsNotPending:
		return fmt.Sprintf("only %s, whom the admin named, may become admin, not %s (nobody: `operator transfer-admin` comes first)", e.Expected, e.Actual)
	case *contracts.DataMarketOperatorsSignerIsAdmin:
		return fmt.Sprintf("%s would be both admin and signer: %s", e.Admin, ErrOneKey)
	case *contracts.DataMarketOperatorsMetadataChanged:
		return fmt.Sprintf("the operator's metadata are no longer those looked at (%s, looked at %s): look again", common.Hash(e.Actual), common.Hash(e.Expected))
	case *contracts.DataMarketOperatorsBadSignature:
		if e.Expected == (common.Address{}) {
			return "there is no such operator: check the attestation and --market"
		}
		return fmt.Sprintf("it is not signed by the operator's signer %s for this account, chain and market: ask the operator for a new one", e.Expected)
	case *contracts.DataMarketOperatorsZeroAddress:
		return "signer and payout must not be the zero address"
	case *contracts.DataMarketOperatorsUnknown:
		return fmt.Sprintf("there is no operator %d", e.Operator)
	}
	return ""
}

func others(e any, dtx func(*big.Int) string) string {
	switch e := e.(type) {
	case *contracts.DataMarketOwnableUnauthorizedAccount:
		return fmt.Sprintf("only the market's owner may do this, not %s: sign with the platform's key", e.Account)
	case *contracts.DataMarketMarketNothingToWithdraw:
		return fmt.Sprintf("%s has no credit to withdraw: a settlement brings what was earned, and `purchase finish` what comes back of a purchase", e.Account)
	case *contracts.DataMarketMarketPaysItself:
		return fmt.Sprintf("%s is the market itself, which nobody can withdraw for: name an account of your own", e.Account)
	case *contracts.DataMarketMarketPulledLess:
		return fmt.Sprintf("the token moved %s instead of %s: this market needs a plain ERC-20", dtx(e.Actual), dtx(e.Expected))
	case *contracts.DataMarketMarketNotGuardian:
		return fmt.Sprintf("only the guardian %s may pause, not %s", e.Expected, e.Actual)
	case *contracts.DataMarketMarketBadConfig:
		return fmt.Sprintf("the market's rules contradict each other (rule %s in docs/contracts.md)%s", e.Rule, contradiction(e.Rule))
	case *contracts.DataMarketMarketPaused:
		return fmt.Sprintf("the market's guardian has paused listings and purchases until %s, now it is %s (claims, challenges, refunds and withdrawals go on)", at(e.Until), at(e.Actual))
	case *contracts.DataMarketMarketPausedLately:
		return fmt.Sprintf("the market was paused too lately: it can be paused again from %s on, now it is %s", at(e.From), at(e.Actual))
	case *contracts.DataMarketSafeERC20FailedOperation:
		return fmt.Sprintf("the token %s refuses the payment: check balance and allowance", e.Token)
	case *contracts.DTXERC20InsufficientBalance:
		return fmt.Sprintf("%s has %s and needs %s", e.Sender, dtx(e.Balance), dtx(e.Needed))
	case *contracts.DTXERC20InsufficientAllowance:
		return fmt.Sprintf("%s may take %s and needs %s: try again, the command asks for what it needs", e.Spender, dtx(e.Allowance), dtx(e.Needed))
	}
	return ""
}

// contradiction says what a rule of the constructor wants, where that is not plain.
func contradiction(rule *big.Int) string {
	if rule.Cmp(big.NewInt(11)) == 0 {
		return ": challenge_after must be longer than review - review_min, the part of a review nobody can join any more, or a buyer's whole time to challenge could pass in it"
	}
	return ""
}

func roundIs(state uint8) string {
	if s := market.RoundState(state); s != market.RoundNone {
		return s.String()
	}
	return "none (the stream was never challenged, or not so often)"
}

// streamState tells what a stream must be for what was asked.
func streamState(want, have market.StreamState) string {
	hint := map[market.StreamState]string{
		market.StreamNone:      "there is no such stream",
		market.StreamOpen:      "the stream is still open",
		market.StreamSlashed:   "the stream was slashed: its buyers get refunds with `purchase finish`",
		market.StreamClosed:    "the stream is closed for new sales",
		market.StreamWithdrawn: "the stream is closed and its stake gone",
	}[have]
	if want == market.StreamClosed && have == market.StreamOpen {
		return hint + ": close it first"
	}
	return hint
}

// at writes a time on chain as RFC 3339.
func at(unix *big.Int) string {
	if !unix.IsInt64() || unix.Int64() > 1<<40 {
		return unix.String() + " s"
	}
	return time.Unix(unix.Int64(), 0).UTC().Format(time.RFC3339)
}

// micro writes a price of 10⁻⁶ DTX.
func micro(price *big.Int) string { return Decimal(price, contracts.DecimalsLeast) + " DTX" }

func seconds(n *big.Int) string {
	if !n.IsInt64() || n.Int64() > int64(time.Duration(1<<63-1)/time.Second) {
		return n.String() + " s"
	}
	return spans.Text(time.Duration(n.Int64()) * time.Second)
}

// nameless names a custom error and its arguments.
func nameless(e any) string {
	v := reflect.Indirect(reflect.ValueOf(e))
	name := strings.TrimPrefix(strings.TrimPrefix(v.Type().Name(), "DataMarket"), "DTX")
	var args []string
	for i := range v.NumField() {
		args = append(args, fmt.Sprintf("%s %v", strings.ToLower(v.Type().Field(i).Name), v.Field(i).Interface()))
	}
	if len(args) == 0 {
		return name
	}
	return name + " (" + strings.Join(args, ", ") + ")"
}
