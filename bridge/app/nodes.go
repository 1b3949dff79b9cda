package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
)

// dial prepares the nodes. What the ledger is pinned to they are held to, so that a node of
// another chain is passed over, and none needs to answer.
func (p *parts) dial(context.Context) (err error) {
	p.nodes, err = node.New(node.Config{URLs: p.cfg.Chain.RPC, ChainID: p.cfg.Chain.ChainID, Contract: p.market(), Timeout: p.cfg.Chain.RequestTimeout, Log: p.log})
	if err != nil {
		return err
	}
	p.meter.WatchNodes(p.nodes)
	p.reader = market.NewReader(p.nodes, p.market())
	place, genesis, known, err := ledger.Pinned(p.cfg.Path("ledger.db")) // what is wrong with it is told when it is opened
	if err == nil && known && place.Market == p.market() && (p.cfg.Chain.ChainID == 0 || p.cfg.Chain.ChainID == place.ChainID) {
		p.nodes.Pin(place.ChainID, genesis)
	}
	return nil
}

// lookAtNodes refuses to start with nodes that are all of another chain, or without the
// market, before a new ledger is pinned to what was configured by mistake.
func (p *parts) lookAtNodes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := p.nodes.Check(ctx); err != nil {
		return err
	}
	if p.chainID, _ = p.nodes.Known(); p.chainID == 0 {
		return errors.New("no Ethereum node answers, and neither chain.chain_id nor a ledger says which chain is meant: bring a node back, or set chain.chain_id")
	}
	return nil
}

// pinGenesis lets the ledger remember the genesis that a node told first.
func (p *parts) pinGenesis() error {
	if _, g := p.nodes.Known(); g != (common.Hash{}) && g != p.ledger.Genesis() {
		return p.ledger.PinGenesis(g)
	}
	return nil
}

// pinChain refuses an operator of another key. Nodes that are down are no reason not to
// start: what was bought is known.
func (p *parts) pinChain(ctx context.Context) (err error) {
	p.follower = market.NewFollower(market.FollowerConfig{
		Market: p.market(), Start: p.cfg.Chain.StartBlock, Poll: p.cfg.Chain.PollInterval,
		Heard:  p.index.SetHead,
		InStep: p.index.InStep,
		Folded: func() { p.desk.Folded() }, Rewound: func() { p.desk.Rewound() },
	}, p.nodes, p.ledger, p.log)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := p.pinGenesis(); err != nil {
		return err
	}
	op, err := p.reader.Operator(ctx, market.OperatorID(p.cfg.Operator.ID))
	if err != nil {
		p.log.Warn("the operator could not be checked: no node answers", "err", err)
		return nil
	}
	if op.Signer != p.key.Address() {
		return fmt.Errorf("%w (operator %d has signer %s, the keystore holds %s)", ErrOperator, p.cfg.Operator.ID, op.Signer, p.key.Address())
	}
	if _, err := p.rules(ctx); err != nil { // asked again when they are needed
		p.log.Warn("the market's rules could not be read", "err", err)
	}
	return nil
}
