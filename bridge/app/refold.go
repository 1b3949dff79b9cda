package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"os"

	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
)

// Why nothing is folded again.
var (
	ErrNoLedger = errors.New("data_dir holds no ledger: there is nothing to fold again")
	ErrAgrees   = errors.New("the chain has the block that was folded last: there is nothing to fold again")
)

// Refolded says what was forgotten, and how the chain is now.
type Refolded struct {
	ledger.Refolding
	Chain market.Position `json:"chain"` // the newest block of the chain as it is
	There common.Hash     `json:"there"` // the chain's block at the height of the newest folded one; zero: it is not so high
	From  uint64          `json:"from"`  // the block the bridge folds from
}

// Refold forgets what a ledger that no bridge has open folded of a chain that has other blocks
// now, so that the next start folds it again. It asks the nodes first whether that is so.
func Refold(ctx context.Context, cfg config.Config) (r Refolded, err error) {
	if _, err := os.Stat(cfg.Path(ledgerFile)); errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("%w (%s)", ErrNoLedger, cfg.DataDir)
	}
	p := &parts{cfg: cfg, log: slog.New(slog.DiscardHandler), meter: meter.New()}
	defer p.close()
	for _, step := range []func(context.Context) error{p.dial, p.lookAtNodes, p.openLedger} {
		if err := step(ctx); err != nil {
			return r, err
		}
	}
	top, err := p.nodes.HeaderByNumber(ctx, nil)
	if err != nil {
		return r, err
	}
	r.Chain, r.From = market.Position{Number: top.Number.Uint64(), Hash: top.Hash(), Time: top.Time}, cfg.Chain.StartBlock
	at, ok, err := p.ledger.Head()
	if err != nil {
		return r, err
	}
	if ok {
		switch h, err := p.nodes.HeaderByNumber(ctx, new(big.Int).SetUint64(at.Number)); {
		case err == nil:
			r.There = h.Hash()
		case !errors.Is(err, ethereum.NotFound):
			return r, err
		}
	}
	if r.There == at.Hash {
		return r, fmt.Errorf("%w (block %d, %s)", ErrAgrees, at.Number, at.Hash)
	}
	r.Refolding, err = p.ledger.Refold(r.Chain.Number)
	return r, err
}
