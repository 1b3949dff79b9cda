// Package ledgertest helps to test what uses a ledger: a market chain made by
// hand that can fork, a ledger in a temporary folder, and the consistency check
// every test of a ledger ends with. It refuses to be used outside tests.
package ledgertest

import (
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ClaimWindow is that of a market in tests which are about something else, in seconds.
const ClaimWindow = 90 * 86_400

// Options are those of a ledger of operator 1 on a chain of its own.
func Options() ledger.Options {
	x := market.NewIndex(0, 0)
	x.ClaimWithin(ClaimWindow)
	return ledger.Options{
		Place:    delivery.Place{ChainID: 1337, Market: common.HexToAddress("0xd7a0")},
		Operator: 1,
		RouteKey: [32]byte{1, 2, 3},
		Index:    x,

		Retention: 45 * 24 * time.Hour,
	}
}

// New opens a ledger in a temporary folder. At the end of the test it is checked
// and closed.
func New(tb testing.TB, o ledger.Options) *ledger.Ledger {
	tb.Helper()
	return Open(tb, filepath.Join(tb.TempDir(), "ledger.db"), o)
}

// Open opens the ledger at path and has it checked and closed at the end of the test.
func Open(tb testing.TB, path string, o ledger.Options) *ledger.Ledger {
	tb.Helper()
	l, err := ledger.Open(path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { Close(tb, l) })
	return l
}

// Close checks the ledger and closes it. Closing it again does nothing.
func Close(tb testing.TB, l *ledger.Ledger) {
	tb.Helper()
	Check(tb, l)
	if err := l.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
}

// Check fails the test if the records of the ledger do not fit together. A closed
// ledger passes.
func Check(tb testing.TB, l *ledger.Ledger) {
	tb.Helper()
	if err := l.Check(); err != nil && !l.Closed() {
		tb.Errorf("the ledger is inconsistent: %v", err)
	}
}

// Chain is a market chain made by hand: blocks link, and a fork gives the same
// numbers other hashes.
type Chain struct {
	Blocks []market.Block
	branch byte
}

// Mine appends a block with these events (pointers to event types of package
// contracts) and gives it.
func (c *Chain) Mine(events ...any) market.Block {
	b := market.Block{Position: market.Position{Number: 1}}
	if n := len(c.Blocks); n > 0 {
		b.Number, b.Parent = c.Blocks[n-1].Number+1, c.Blocks[n-1].Hash
	}
	b.Time = 1_000 + 12*b.Number
	b.Hash = crypto.Keccak256Hash(b.Parent[:], []byte{c.branch, byte(len(events))})
	for i, body := range events {
		b.Events = append(b.Events, market.Event{Block: b.Number, TxHash: b.Hash, Index: uint(i), Body: body})
	}
	c.Blocks = append(c.Blocks, b)
	return b
}

// Fork takes the newest n blocks back and gives what is the head then. Blocks
// mined from now on have other hashes.
func (c *Chain) Fork(n int) market.Position {
	c.Blocks = c.Blocks[:len(c.Blocks)-n]
	c.branch++
	return c.Head()
}

// Head is the newest block.
func (c *Chain) Head() market.Position {
	if len(c.Blocks) == 0 {
		return market.Position{}
	}
	return c.Blocks[len(c.Blocks)-1].Position
}

// Now is the time of the newest block.
func (c *Chain) Now() time.Time { return time.Unix(int64(c.Head().Time), 0) }

// Dev makes a DevEUI, and Commitment its commitment.
func Dev(n byte) lorawan.DevEUI { return lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0, 0, n} }

// Commitment is that of Dev(n).
func Commitment(n byte) common.Hash { return crypto.Keccak256Hash([]byte{n}, []byte("salt")) }

// Device is what the operator knows of Dev(n).
func Device(n byte) market.Device {
	return market.Device{DevEUI: Dev(n), Salt: common.Hash{n}, Commitment: Commitment(n), Owner: common.Address{0xaa, n}}
}

// Listed lists device n as a stream of operator 1: 10 micro-DTX a reading, one a second.
func Listed(stream uint64, n byte) *contracts.DataMarketStreamListed {
	return &contracts.DataMarketStreamListed{
		Stream: stream, Operator: big.NewInt(1), Owner: common.Address{0xaa, n}, Device: Commitment(n),
		Price: big.NewInt(10), Interval: 1, Stake: big.NewInt(1e18),
	}
}

// Purchased buys quota readings of a stream from start on.
func Purchased(purchase, stream uint64, buyer byte, start uint64, quota uint32) *contracts.DataMarketPurchased {
	return &contracts.DataMarketPurchased{
		Purchase: purchase, Stream: stream, Buyer: common.Address{0xbb, buyer}, Payer: common.Address{0xbb, buyer},
		Start: new(big.Int).SetUint64(start), End: new(big.Int).SetUint64(start + uint64(quota)),
		Price: big.NewInt(10), Interval: 1, Quota: quota, RouteHash: common.Hash{buyer},
	}
}
