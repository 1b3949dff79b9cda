package app

import (
	"context"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// claimPeriod is how often at most the claims of a stream are signed again for its owner.
const claimPeriod = time.Minute

// owed are the claims signed last for owners, so that one who asks again and again makes
// the ledger remember no more than one set a period.
type owed struct {
	mu   sync.Mutex
	last map[market.StreamID]owedClaim
}

type owedClaim struct {
	api.OwnerClaim
	at time.Time // when it was signed; the clock it is dated by may be set
}

// Claim signs what has been delivered of a stream and not paid, for its owner to relay. ok
// is false for who is not the owner. What is signed is remembered first.
func (b backend) Claim(ctx context.Context, stream market.StreamID, owner common.Address) (c api.OwnerClaim, ok bool, err error) {
	s, accounts, ok, err := b.ledger.StreamAccounts(stream)
	if err != nil || !ok || s.Owner != owner {
		return c, false, err
	}
	b.owed.mu.Lock()
	defer b.owed.mu.Unlock()
	if last, known := b.owed.last[stream]; known && last.Signer == b.key.Address() && time.Since(last.at) < claimPeriod {
		return last.OwnerClaim, true, nil
	}
	rules, err := b.rules(ctx)
	if err != nil {
		return c, true, err
	}
	head, _ := b.index.Head()
	lots, deadline, over := settlement.ForOwner(accounts, head.Time, rules.ClaimWindow)
	c = api.OwnerClaim{Stream: stream, Operator: market.OperatorID(b.cfg.Operator.ID), ChainID: b.chainID, Market: b.market(),
		Signer: b.key.Address(), Made: b.index.Clock().UTC().Truncate(time.Second), Settlements: []settlement.Signed{}, Over: []api.OverdueClaim{}}
	for _, claims := range lots {
		signed, err := settlement.Sign(new(big.Int).SetUint64(b.chainID), b.market(), c.Operator, claims, deadline, b.key)
		if err != nil {
			return c, true, err
		}
		if err := b.ledger.RememberClaims(stream, &signed, b.index.Now()); err != nil {
			return c, true, fmt.Errorf("remember what was signed: %w", err)
		}
		c.Settlements = append(c.Settlements, signed)
	}
	for _, a := range over {
		c.Over = append(c.Over, api.OverdueClaim{Purchase: a.Purchase, Unpaid: a.Receipts - a.Delivered, Until: a.End + rules.ClaimWindow})
	}
	if len(c.Settlements) == 0 { // nothing was signed: who asks again is told at once of what is delivered meanwhile
		return c, true, nil
	}
	if b.owed.last == nil {
		b.owed.last = map[market.StreamID]owedClaim{}
	}
	b.owed.last[stream] = owedClaim{c, time.Now()}
	return c, true, nil
}
