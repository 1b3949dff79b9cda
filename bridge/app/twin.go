package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// newLife names this start of the bridge: no other bridge has the name, whatever was copied.
func newLife() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// twin says whether another bridge of this operator answers at the URL that is this one's. Without
// an answer, or with anything else's, nobody knows of one: the chain tells once it settles.
func (p *parts) twin(ctx context.Context) bool {
	if p.cfg.API.PublicURL == "" { // this one's own port
		return false
	}
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	who, err := api.NewClient(p.cfg.API.PublicURL, "").Operator(asking)
	return err == nil && who.Operator == market.OperatorID(p.cfg.Operator.ID) && who.ChainID == p.chainID && who.Market == p.market() && who.Run != p.life
}

// twinSubject tells the condition from that of a settlement on chain.
const twinSubject = "api.public_url"

// alone waits until no other bridge of this operator is seen: a copy of a machine, of its ledger
// and configuration, would give the numbers that the first gives out to other readings, and would
// deliver once more what its ledger's copy holds. It returns false if ctx ended first.
func (p *parts) alone(ctx context.Context) bool {
	for p.twin(ctx) {
		p.health.Raise(health.Condition{Code: "two_bridges", Subject: twinSubject, Text: fmt.Sprintf(
			"another bridge of operator %d answers at api.public_url: this one takes no uplinks, delivers nothing and settles nothing while it does; stop one of them", p.cfg.Operator.ID)})
		select {
		case <-ctx.Done():
			return false
		case <-time.After(2 * time.Second):
		}
	}
	p.health.Clear("two_bridges", twinSubject)
	return ctx.Err() == nil
}

// watchTwin tells of another bridge that came after this one began, once a minute.
func (p *parts) watchTwin(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
		p.health.Set(p.twin(ctx), health.Condition{Code: "two_bridges", Subject: twinSubject, Text: fmt.Sprintf(
			"another bridge of operator %d answers at api.public_url, and this one sells too: both give out the same numbers; stop one of them", p.cfg.Operator.ID)})
	}
}
