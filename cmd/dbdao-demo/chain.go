package main

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"
	gethnode "github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

// chain is an Ethereum node inside this process, with a block a second, or sooner
// when one is waited for, and a JSON-RPC port like any other.
type chain struct {
	URL    string
	ID     *big.Int
	client *node.Client

	backend *simulated.Backend
	rich    []party // who sends
	stop    chan struct{}
	ended   sync.WaitGroup
}

// party is somebody with a key and some ether.
type party struct {
	key  *ecdsa.PrivateKey
	addr common.Address
}

func newParty() party {
	key, err := crypto.GenerateKey()
	if err != nil {
		panic("bug: no randomness: " + err.Error())
	}
	return party{key: key, addr: crypto.PubkeyToAddress(key.PublicKey)}
}

// startChain makes a chain under today's mainnet rules on which the parties own
// ether, and begins to make blocks.
func startChain(ctx context.Context, rich []party) (*chain, error) {
	log.SetDefault(log.NewLogger(slog.DiscardHandler)) // go-ethereum's node talks a lot
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	alloc := types.GenesisAlloc{}
	for _, p := range rich {
		alloc[p.addr] = types.Account{Balance: new(big.Int).Mul(big.NewInt(100), big.NewInt(params.Ether))}
	}
	c := &chain{URL: fmt.Sprintf("http://127.0.0.1:%d", port), stop: make(chan struct{}), rich: rich}
	c.backend = simulated.NewBackend(alloc, func(n *gethnode.Config, e *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", port, []string{"eth", "net", "web3"}
		rules := *e.Genesis.Config
		rules.AmsterdamTime, rules.BogotaTime = nil, nil
		e.Genesis.Config = &rules
	})
	c.ended.Go(c.makeBlocks)
	if c.client, err = node.New(node.Config{URLs: []string{c.URL}}); err != nil {
		c.Close()
		return nil, fmt.Errorf("reach the embedded chain: %w", err)
	}
	if c.ID, err = c.client.ChainID(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("ask the embedded chain: %w", err)
	}
	return c, nil
}

// mostAhead is how far the chain's time may run ahead of the clock: each block is at least a second
// later than the one before, and the first ones come faster.
const mostAhead = 4 * time.Second

// makeBlocks makes a block when something waits for one, and otherwise every second.
func (c *chain) makeBlocks() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	newest, waited := time.Now(), 0
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if c.waiting() {
			waited++ // what is sent at once shares a block
		} else {
			waited = 0
		}
		if ahead := time.Until(newest); ahead < -time.Second || waited > 3 && ahead < mostAhead {
			waited = 0
			c.backend.Commit()
			if head, err := c.backend.Client().HeaderByNumber(context.Background(), nil); err == nil {
				newest = time.Unix(int64(head.Time), 0)
			}
		}
	}
}

// waiting tells whether a transaction of somebody's waits for a block. The pending block would not: geth keeps one
// for two seconds.
func (c *chain) waiting() bool {
	ctx, geth := context.Background(), c.backend.Client()
	for _, p := range c.rich {
		mined, err := geth.NonceAt(ctx, p.addr, nil)
		next, perr := geth.PendingNonceAt(ctx, p.addr)
		if err == nil && perr == nil && next > mined {
			return true
		}
	}
	return false
}

// Close stops making blocks and ends the node.
func (c *chain) Close() {
	close(c.stop)
	c.ended.Wait()
	if c.client != nil {
		c.client.Close()
	}
	_ = c.backend.Close() // nothing of it outlives the demo
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
