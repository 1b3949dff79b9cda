package app

import (
	"context"

	"github.com/databrokerdao/dbdao-bridge/bridge/listings"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// offersDir keeps other operators' offers, in data_dir: what is lost of it is fetched again.
const offersDir = "offers"

// makeListings makes what tells of the market's streams, of every operator.
func (p *parts) makeListings(context.Context) error {
	p.listings = listings.New(listings.Deps{Ledger: p.ledger, Index: p.index, Operator: market.OperatorID(p.cfg.Operator.ID), AskRules: p.askRules,
		Guard: netguard.Guard{AllowPrivate: p.cfg.Delivery.AllowPrivateAddress}, Dir: p.cfg.Path(offersDir), Signing: p.signing, Log: p.log})
	return nil
}

func (p *parts) askRules(ctx context.Context) (c contracts.Config, decimals int, err error) {
	if c, err = p.reader.Config(ctx); err == nil {
		decimals, err = p.reader.Decimals(ctx, c.Token)
	}
	return c, decimals, err
}
