package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// call is one thing to do on chain.
type call struct {
	to   *common.Address // nil: a contract is made
	data []byte
	does string // in plain words
}

// Prepared is what an account wants done, not sent yet: one call or several. Calls of
// the market share transactions, as many as one may hold.
type Prepared[T any] struct {
	c     *Client
	calls []call
	pays  *big.Int // wei of the token that the market pulls for all calls; nil: nothing
	quiet bool     // it may leave no trace
	read  func(logs []*types.Log, m Mined) []T
	made  func(m Mined, at common.Address) []T // instead of read, for contracts
	nonce uint64                               // of the first of contracts, whose addresses follow from it
}

// Explains says in plain words what the calls do, one sentence each.
func (p *Prepared[T]) Explains() []string {
	var all []string
	for _, call := range p.calls {
		all = append(all, call.does)
	}
	return all
}

// Pays is what the market takes of the account's tokens for all calls.
func (p *Prepared[T]) Pays() Amount { return p.c.Amount(p.pays) }

// Send signs, simulates and sends, waits until it is mined, and gives what came of the
// first call.
func (p *Prepared[T]) Send(ctx context.Context, key Signer) (T, error) {
	all, err := p.SendAll(ctx, key)
	if len(all) == 0 {
		var none T
		return none, err
	}
	return all[0], err
}

// SendAll is Send for several calls. Each transaction happens as a whole or not at all;
// with an error it gives what those before it did.
func (p *Prepared[T]) SendAll(ctx context.Context, key Signer) ([]T, error) {
	c := p.c
	if key.Address() != c.From {
		return nil, fmt.Errorf("the key is of %s, not of %s: name the right one", key.Address(), c.From)
	}
	done, err := p.atOnce(ctx, key)
	if err != nil {
		return done, err
	}
	var first []byte
	size, fund, short := 1, true, false
	for rest, tries := p.calls[len(done):], 0; len(rest) > 0; {
		if fund {
			var err error
			if first, short, err = c.funded(ctx, key, p.pays); err != nil {
				return done, err
			}
			fund = false
		}
		b, err := c.fit(ctx, first, rest, size, len(p.calls))
		var receipt *types.Receipt
		if err == nil {
			receipt, err = c.send(ctx, key, b)
		}
		if short && len(done) == 0 && tries < retries && (errors.Is(err, errAllowance) || errors.Is(err, ErrReverted)) {
			tries, fund = tries+1, true // another of the account's transactions used permit or approval up meanwhile
			continue
		}
		if err != nil {
			return done, err
		}
		got := p.results(receipt)
		if len(got) == 0 && !p.quiet {
			return done, fmt.Errorf("transaction %s: %w", receipt.TxHash, ErrNoTrace)
		}
		done = append(done, got...)
		rest, first, size = rest[b.n:], nil, b.n
	}
	return done, nil
}

// atOnce sends contracts that stand on each other without waiting between them, so that one block may hold
// all, and waits for those that were sent. What it did not send (a node cannot play transactions one after the
// other, or refuses the next before the one ahead of it is mined) is sent one by one.
func (p *Prepared[T]) atOnce(ctx context.Context, key Signer) (done []T, err error) {
	if p.made == nil || len(p.calls) < 2 {
		return nil, nil
	}
	all, err := p.c.cut(ctx, nil, p.calls)
	if err != nil || all[len(all)-1].gas == 0 {
		return nil, nil // one by one, which says what is wrong
	}
	var sent []common.Hash
	for i, b := range all {
		tx, _, err := p.c.submit(ctx, key, p.nonce+uint64(i), b)
		if err != nil {
			break
		}
		sent = append(sent, tx)
	}
	for _, tx := range sent {
		receipt, err := p.c.mined(ctx, tx)
		if err != nil {
			return done, err
		}
		done = append(done, p.results(receipt)...)
	}
	return done, nil
}

// retries is how often a transaction is made again because another of the same account
// came first.
const retries = 5

func (p *Prepared[T]) results(r *types.Receipt) []T {
	m := Mined{Tx: r.TxHash, Block: r.BlockNumber.Uint64(), GasUsed: r.GasUsed}
	if p.made != nil {
		return p.made(m, r.ContractAddress)
	}
	return p.read(r.Logs, m)
}

// Unsigned is a transaction for somebody else to sign.
type Unsigned struct {
	ChainID  uint64          `json:"chain_id"`
	From     common.Address  `json:"from"`
	To       *common.Address `json:"to"` // null: a contract is made
	Data     hexutil.Bytes   `json:"data"`
	Value    string          `json:"value"` // wei of ether, decimal: always 0
	Gas      uint64          `json:"gas"`   // limit with a margin; 0: this node cannot tell before those ahead of it are mined
	Explains string          `json:"explains"`
	Permit   map[string]any  `json:"permit,omitempty"` // sign this (eth_signTypedData_v4), and its signature takes the place of the approval
	Deadline uint64          `json:"permit_deadline,omitempty"`
	Then     []Unsigned      `json:"then,omitempty"` // to be sent after it, in this order
}

// blind is how many calls share a transaction that cannot be estimated by itself yet: so
// many listings fit even where a new storage slot costs 97,900 gas (EIP-8037).
const blind = 24

// Unsigned simulates the transactions and gives them in the order in which they are to be
// sent: the first, with those that follow it in Then.
func (p *Prepared[T]) Unsigned(ctx context.Context) (Unsigned, error) {
	c := p.c
	f, err := c.funding(ctx, p.pays)
	if err != nil {
		return Unsigned{}, err
	}
	first, err := f.signed(c)
	if err != nil {
		return Unsigned{}, err
	}
	calls := p.calls
	if f.missing && first == nil {
		calls = append([]call{c.approval(c.Market, p.pays)}, calls...)
	}
	all, err := c.cut(ctx, first, calls)
	if err != nil {
		return Unsigned{}, err
	}
	var printed []Unsigned
	for _, b := range all {
		printed = append(printed, c.unsigned(b))
	}
	head := printed[0]
	head.Then = printed[1:]
	if f.permit != nil && first == nil {
		head.Permit, head.Deadline = f.permit.typed.Map(), f.permit.deadline
	}
	return head, nil
}

// cut makes transactions of calls, each of which stands on those before it. The first is
// estimated; how many calls it holds, the others hold too.
func (c *Client) cut(ctx context.Context, first []byte, calls []call) ([]batch, error) {
	b, err := c.fit(ctx, first, calls, 1, len(calls))
	if err != nil {
		return nil, err
	}
	all, size := []batch{b}, b.n
	if c.shareable(calls) < len(calls) { // it is an approval, or makes a contract
		size = blind
	}
	for rest := calls[b.n:]; len(rest) > 0; rest = rest[b.n:] {
		b = c.pack(nil, rest[:min(c.shareable(rest), size)])
		all = append(all, b)
	}
	if len(all) == 1 {
		return all, nil
	}
	return all, c.simulate(ctx, all)
}

func (c *Client) unsigned(b batch) Unsigned {
	return Unsigned{ChainID: c.ChainID.Uint64(), From: c.From, To: b.to, Data: b.data, Value: "0", Gas: b.gas, Explains: b.does}
}

// one is a call of the market.
func (c *Client) one(data []byte, does string, args ...any) call {
	return call{&c.Market, data, fmt.Sprintf(does, args...)}
}

// each reads the events of one kind that the market left.
func each[E, T any](c *Client, unpack func(*types.Log) (*E, error), view func(*E, Mined) T) func([]*types.Log, Mined) []T {
	return func(logs []*types.Log, m Mined) (all []T) {
		for _, l := range logs {
			if l.Address != c.Market {
				continue
			}
			if e, err := unpack(l); err == nil {
				all = append(all, view(e, m))
			}
		}
		return all
	}
}

// simply takes the transaction itself for its result.
func simply[T any](view func(Mined) T) func([]*types.Log, Mined) []T {
	return func(_ []*types.Log, m Mined) []T { return []T{view(m)} }
}

// scaled gives rules for a token of so many decimals: the same number of whole tokens.
func scaled(rules contracts.Config, places int) contracts.Config {
	by := contracts.Pow10(contracts.DecimalsMost - places)
	rules.MinStake, rules.Deposit = new(big.Int).Div(rules.MinStake, by), new(big.Int).Div(rules.Deposit, by)
	return rules
}

// Deployed says where a market lives.
type Deployed struct {
	contracts.Deployment
	Tx      common.Hash `json:"tx"`
	GasUsed uint64      `json:"gas_used"`
}

// Deploy prepares a market with these rules, and before it a DTX of a thousand million
// tokens held by the deployer if rules.Token is zero. The amounts in rules are those of a
// token of 18 decimals; another token's are scaled. What comes last is the market. Rules that
// its constructor will refuse are refused before anything is sent.
func Deploy(ctx context.Context, node Node, from common.Address, rules contracts.Config) (*Prepared[Deployed], error) {
	c, err := bare(ctx, node, from)
	if err != nil {
		return nil, err
	}
	nonce, err := node.PendingNonceAt(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("ask for the nonce of %s: %w", from, err)
	}
	p := &Prepared[Deployed]{c: c, nonce: nonce}
	if rules.Token == (common.Address{}) {
		code := append(common.FromHex(contracts.DTXMetaData.Bin), c.token.PackConstructor(from, contracts.DTXWei(1_000_000_000))...)
		rules.Token = crypto.CreateAddress(from, nonce)
		p.calls = append(p.calls, call{nil, code, fmt.Sprintf("Makes the token DTX at %s: 1000000000 DTX, all to %s. It must be the next transaction of %s (nonce %d).", rules.Token, from, from, nonce)})
	}
	if len(p.calls) == 0 {
		places, err := market.NewReader(node, common.Address{}).Decimals(ctx, rules.Token)
		if err != nil {
			return nil, err
		}
		rules = scaled(rules, places)
	}
	code := append(common.FromHex(contracts.DataMarketMetaData.Bin), c.dm.PackConstructor(rules)...)
	if err := c.rulesHold(ctx, code, len(p.calls) > 0); err != nil {
		return nil, err
	}
	p.calls = append(p.calls, call{nil, code, fmt.Sprintf("Makes a market paid in the token %s: owner %s, platform %s, guardian %s, arbiter %s.", rules.Token, rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter)})
	p.made = func(m Mined, at common.Address) []Deployed {
		return []Deployed{{contracts.Deployment{ChainID: c.ChainID.Uint64(), Token: rules.Token, Market: at, Block: m.Block}, m.Tx, m.GasUsed}}
	}
	return p, nil
}

// rulesHold plays a market's constructor. Of a token still to be made it says only that
// there is none: it asks for the rest first.
func (c *Client) rulesHold(ctx context.Context, code []byte, tokenToCome bool) error {
	_, err := c.node.CallContract(ctx, ethereum.CallMsg{From: c.From, Data: code}, nil)
	data, refuses := ethnode.RevertData(err)
	if !refuses {
		return nil // or the node cannot play it: sending will tell
	}
	if e, uerr := c.dm.UnpackError(data); uerr == nil && tokenToCome {
		if bad, is := e.(*contracts.DataMarketMarketBadConfig); is && bad.Rule.Cmp(noToken) == 0 {
			return nil
		}
	}
	return c.Explain(err)
}

// noToken is the constructor's rule that there is a token.
var noToken = big.NewInt(1)

// errTooLarge says that a transaction needs more gas than one may ask for.
var errTooLarge = errors.New("it needs more gas than one transaction may ask for")
