package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// node is the yard's chain, as any client reaches it, with a block after each transaction.
type node struct {
	*ethclient.Client
	y    *contractstest.Yard
	mu   sync.Mutex
	sent []*types.Transaction
}

func (n *node) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	err := n.Client.SendTransaction(ctx, tx)
	if err == nil {
		n.sent = append(n.sent, tx)
		n.y.Backend.Commit()
	}
	return err
}

// place is a yard with a client for somebody.
type place struct {
	t *testing.T
	*contractstest.Yard
	node *node
}

func newPlace(t *testing.T, people int) *place {
	y := contractstest.New(t, people, false)
	return &place{t, y, &node{Client: ethclient.NewClient(y.RPC()), y: y}}
}

func (p *place) as(who int) (*client.Client, *settlement.Key) {
	p.t.Helper()
	c, err := client.New(p.t.Context(), p.node, p.D.Market, p.Addr(who))
	if err != nil {
		p.t.Fatal(err)
	}
	return c, settlement.NewKey(p.Keys[who])
}

// unapproved takes back what the yard lets the market take.
func (p *place) unapproved(who int) {
	p.t.Helper()
	c, key := p.as(who)
	if _, err := c.Approve(p.D.Market, new(big.Int)).Send(p.t.Context(), key); err != nil {
		p.t.Fatal(err)
	}
	p.node.sent = nil
}

// listings are devices n to n+many-1 with the operator's word for their owner.
func (p *place) listings(who, n, many int) (all []client.Listing) {
	p.t.Helper()
	head, err := p.Client.HeaderByNumber(p.t.Context(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range many {
		claim := contracts.DeviceClaim{Operator: 1, Owner: p.Addr(who), Device: crypto.Keccak256Hash(big.NewInt(int64(n + i)).Bytes()), Deadline: head.Time + 80_000}
		digest, err := contracts.DeviceClaimHash(p.ID, p.D.Market, claim)
		if err != nil {
			p.t.Fatal(err)
		}
		sig, err := settlement.NewKey(p.Keys[1]).SignHash(digest)
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, client.Listing{DeviceClaim: claim, Signature: sig, Price: 1000, Interval: 60, Terms: common.Hash{1}, Stake: contracts.DTXWei(100)})
	}
	return all
}

// list lists devices n to n+many-1.
func (p *place) list(who, n, many int) []client.Listed {
	p.t.Helper()
	c, key := p.as(who)
	prepared, err := c.List(p.listings(who, n, many)...)
	if err != nil {
		p.t.Fatal(err)
	}
	done, err := prepared.SendAll(p.t.Context(), key)
	if err != nil {
		p.t.Fatal(err)
	}
	return done
}

// Given a token with permits, when somebody lists or buys without an approval, it is one
// transaction.
func TestListingAndBuyingAreOneTransactionEach(t *testing.T) {
	p := newPlace(t, 2)
	p.unapproved(2)
	p.unapproved(3)
	listed := p.list(2, 1, 1)
	if len(p.node.sent) != 1 || len(listed) != 1 || listed[0].Stream != 1 || listed[0].Stake.Wei.Cmp(contracts.DTXWei(100)) != 0 {
		t.Fatalf("%d transactions listed %+v", len(p.node.sent), listed)
	}
	p.node.sent = nil
	c, key := p.as(3)
	order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if says := order.Explains(); len(says) != 1 || !strings.Contains(says[0], "0.06 DTX (60 readings at 0.001 DTX)") {
		t.Errorf("it explains %q", says)
	}
	b, err := order.Send(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.node.sent) != 1 || b.Quota != 60 || b.Buyer != p.Addr(3) || b.End.Sub(b.Start) != time.Hour || b.Tx != p.node.sent[0].Hash() {
		t.Errorf("%d transactions bought %+v", len(p.node.sent), b)
	}
	left, err := c.Reader.Allowance(t.Context(), p.D.Token, p.Addr(3), p.D.Market)
	if err != nil || left.Sign() != 0 {
		t.Errorf("the market may still take %v (%v)", left, err)
	}
	if _, err := c.Buy(t.Context(), big.NewInt(1), client.Order{Stream: 1, Duration: time.Hour}); !errors.Is(err, client.ErrTooDear) {
		t.Errorf("above the limit: %v", err)
	}
	if _, err := c.Buy(t.Context(), nil, client.Order{Stream: 9, Duration: time.Hour}); !errors.Is(err, client.ErrNotForSale) {
		t.Errorf("no such stream: %v", err)
	}
}

// AUDIT P: three purchases of one account at once failed on allowances, and on nonces.
func TestSeveralPurchasesOfOneAccountAtOnce(t *testing.T) {
	p := newPlace(t, 2)
	p.list(2, 1, 1)
	p.unapproved(3)
	const many = 3
	errs := make(chan error, many)
	for range many {
		go func() {
			c, err := client.New(t.Context(), p.node, p.D.Market, p.Addr(3)) // as separate commands would
			if err == nil {
				var order *client.Prepared[client.Bought]
				if order, err = c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour}); err == nil {
					_, err = order.Send(t.Context(), settlement.NewKey(p.Keys[3]))
				}
			}
			errs <- err
		}()
	}
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	c, _ := p.as(3)
	if all, err := c.Reader.Purchases(t.Context(), nil); err != nil || len(all) != many {
		t.Errorf("%d purchases (%v)", len(all), err)
	}
}

// Given a fleet too large for one transaction, it takes as few as the gas of one allows,
// each below what a transaction may ask for, and one permit pays for all.
func TestAFleetIsCutToWhatTransactionsMayHold(t *testing.T) {
	p := newPlace(t, 2)
	p.unapproved(2)
	const fleet = 99 // the yard gives 10,000 DTX
	listed := p.list(2, 1, fleet)
	if len(listed) != fleet {
		t.Fatalf("%d streams of %d", len(listed), fleet)
	}
	for i, l := range listed {
		if l.Stream != market.StreamID(i+1) {
			t.Errorf("stream %d is %d", i, l.Stream)
		}
	}
	if n := len(p.node.sent); n < 2 || n > 3 {
		t.Errorf("%d transactions for %d listings", n, fleet)
	}
	var used uint64
	for _, tx := range p.node.sent {
		if tx.Gas() > contracts.TxGasMax {
			t.Errorf("a transaction asks for %d gas", tx.Gas())
		}
		r, err := p.Client.TransactionReceipt(t.Context(), tx.Hash())
		if err != nil {
			t.Fatal(err)
		}
		used += r.GasUsed
	}
	t.Logf("%d listings: %d transactions, %d gas each listing", fleet, len(p.node.sent), used/fleet)

	p.node.sent = nil
	c, key := p.as(3)
	var basket []client.Order
	for _, l := range listed {
		basket = append(basket, client.Order{Stream: l.Stream, Duration: 24 * time.Hour})
	}
	order, err := c.Buy(t.Context(), nil, basket...)
	if err != nil {
		t.Fatal(err)
	}
	bought, err := order.SendAll(t.Context(), key)
	if err != nil || len(bought) != fleet {
		t.Fatalf("%d bought: %v", len(bought), err)
	}
	if n := len(p.node.sent); n > 2 {
		t.Errorf("%d transactions for a basket of %d", n, fleet)
	}
	var ids []market.PurchaseID
	for _, b := range bought {
		ids = append(ids, b.Purchase)
	}
	if done, err := c.Cancel(ids...).SendAll(t.Context(), key); err != nil || len(done) != fleet {
		t.Errorf("%d cancelled: %v", len(done), err)
	}
}

// Given one bad listing in a fleet, the error names it, and nothing of its transaction
// happens.
func TestTheOneAtFaultIsNamed(t *testing.T) {
	p := newPlace(t, 1)
	fleet := p.listings(2, 1, 7)
	fleet[4].Signature[7] ^= 1
	c, key := p.as(2)
	prepared, err := c.List(fleet...)
	if err != nil {
		t.Fatal(err)
	}
	done, err := prepared.SendAll(t.Context(), key)
	if !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "number 5 ") || !strings.Contains(err.Error(), "not signed by the operator's signer") {
		t.Errorf("%v", err)
	}
	if len(done) != 0 || len(p.node.sent) != 0 {
		t.Errorf("%d listed by %d transactions", len(done), len(p.node.sent))
	}
	fleet[0].Signature[7] ^= 1
	if prepared, err = c.List(fleet...); err != nil {
		t.Fatal(err)
	}
	if _, err = prepared.SendAll(t.Context(), key); err == nil || !strings.Contains(err.Error(), "number 1 ") {
		t.Errorf("the first at fault: %v", err)
	}
}

// Given a stake that the price asks more of than the market's minimum, or less than that, the refusal
// says how much is needed and what the minimum is.
func TestTooSmallAStakeIsToldTheMinimum(t *testing.T) {
	p := newPlace(t, 1)
	c, key := p.as(2)
	for _, x := range []struct {
		stake int64
		price uint64
		needs string
	}{{5, 1000, "at least 100 DTX"}, {150, 2_000_000, "at least 28800 DTX"}} {
		one := p.listings(2, 1, 1)
		one[0].Stake, one[0].Price = contracts.DTXWei(x.stake), x.price
		prepared, err := c.List(one...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = prepared.SendAll(t.Context(), key); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), x.needs) || !strings.Contains(err.Error(), "minimum is 100 DTX") {
			t.Errorf("%+v: %v", x, err)
		}
	}
}

// Given no key here, the transactions are printed, and whoever holds the key can send
// them as they are: first the approval, then the purchase; or, with the permit signed
// elsewhere, the purchase alone.
func TestUnsignedTransactionsCanBeSentByTheirOwner(t *testing.T) {
	p := newPlace(t, 2)
	p.list(2, 1, 1)
	p.unapproved(3)
	c, key := p.as(3)
	buy := func() *client.Prepared[client.Bought] {
		order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return order
	}
	u, err := buy().Unsigned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *u.To != p.D.Token || u.Gas == 0 || u.Permit == nil || len(u.Then) != 1 || *u.Then[0].To != p.D.Market || u.Then[0].Gas < 50_000 || u.Then[0].Gas > 400_000 || u.ChainID != p.ID.Uint64() {
		t.Fatalf("%+v", u)
	}
	if len(p.node.sent) != 0 {
		t.Fatal("something was sent")
	}

	text, err := json.Marshal(u.Permit) // as a wallet reads it
	if err != nil {
		t.Fatal(err)
	}
	var typed apitypes.TypedData
	if err := json.Unmarshal(text, &typed); err != nil || strings.Contains(string(text), "salt") {
		t.Fatalf("%s: %v", text, err)
	}
	digest, _, err := apitypes.TypedDataAndHash(typed)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.SignHash(common.BytesToHash(digest))
	if err != nil {
		t.Fatal(err)
	}
	c.Permit = &client.PermitSignature{Deadline: u.Deadline + 1, Signature: sig}
	if _, err := buy().Unsigned(t.Context()); !errors.Is(err, client.ErrPermit) {
		t.Errorf("a permit of another deadline: %v", err)
	}
	c.Permit = &client.PermitSignature{Deadline: u.Deadline, Signature: sig}
	one, err := buy().Unsigned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *one.To != p.D.Market || len(one.Then) != 0 || one.Gas == 0 || !strings.Contains(one.Explains, "Buys 1h of stream 1") {
		t.Fatalf("%+v", one)
	}
	for _, tx := range []client.Unsigned{one, u, u.Then[0]} {
		p.sign(key, tx)
	}
	for id := market.PurchaseID(1); id <= 2; id++ {
		if b, err := c.Reader.Purchase(t.Context(), id); err != nil || b.Buyer != p.Addr(3) || b.Quota != 60 {
			t.Errorf("purchase %d: %+v %v", id, b, err)
		}
	}
}

// sign signs and sends a printed transaction as a wallet would, with its own nonce and
// fees and the gas that was printed, if any.
func (p *place) sign(key *settlement.Key, u client.Unsigned) {
	p.t.Helper()
	nonce, err := p.Client.PendingNonceAt(p.t.Context(), u.From)
	if err != nil {
		p.t.Fatal(err)
	}
	gas := u.Gas
	if gas == 0 {
		gas = 500_000
	}
	signed, err := key.SignTx(types.NewTx(&types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(u.ChainID), Nonce: nonce, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e10), Gas: gas, To: u.To, Data: u.Data,
	}), p.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.node.SendTransaction(p.t.Context(), signed); err != nil {
		p.t.Fatal(err)
	}
	if r, err := p.Client.TransactionReceipt(p.t.Context(), signed.Hash()); err != nil || r.Status != types.ReceiptStatusSuccessful {
		p.t.Fatalf("%q: %+v %v", u.Explains, r, err)
	}
}

// Given no key here and a fleet, each printed transaction fits, and a refusal in one that
// stands on another is told before anything is signed.
func TestAFleetIsPrintedInTransactionsThatFit(t *testing.T) {
	p := newPlace(t, 2)
	p.unapproved(2)
	c, key := p.as(2)
	fleet := p.listings(2, 1, 60)
	prepared, err := c.List(fleet...)
	if err != nil {
		t.Fatal(err)
	}
	u, err := prepared.Unsigned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Then) != 3 {
		t.Fatalf("%d transactions after the approval", len(u.Then))
	}
	for _, one := range append([]client.Unsigned{u}, u.Then...) {
		if one.Gas == 0 || one.Gas > contracts.TxGasMax {
			t.Errorf("%d gas: %.60s", one.Gas, one.Explains)
		}
		p.sign(key, one)
	}
	if s, err := c.Reader.Stream(t.Context(), 60); err != nil || s.State != market.StreamOpen {
		t.Errorf("the last of the fleet: %+v %v", s, err)
	}
	p.unapproved(2)
	bad := p.listings(2, 101, 1)
	bad[0].Price = 15
	if prepared, err = c.List(bad...); err != nil {
		t.Fatal(err)
	}
	if _, err := prepared.Unsigned(t.Context()); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "multiple of 0.00001 DTX") {
		t.Errorf("a bad listing after an approval: %v", err)
	}
}

// Given a token without permits, an approval goes first.
func TestATokenWithoutPermitsIsApproved(t *testing.T) {
	p := newPlace(t, 2)
	p.list(2, 1, 1)
	p.unapproved(3)
	c, key := p.as(3)
	c = c.For(p.Addr(3))
	plain, err := client.New(t.Context(), &deaf{node: p.node, token: p.D.Token}, p.D.Market, p.Addr(3))
	if err != nil {
		t.Fatal(err)
	}
	order, err := plain.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	u, err := order.Unsigned(t.Context())
	if err != nil || u.Permit != nil || len(u.Then) != 1 {
		t.Errorf("%+v %v", u, err)
	}
	if _, err := order.Send(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if len(p.node.sent) != 2 || *p.node.sent[0].To() != p.D.Token {
		t.Errorf("%d transactions", len(p.node.sent))
	}
	left, err := c.Reader.Allowance(t.Context(), p.D.Token, p.Addr(3), p.D.Market)
	if err != nil || left.Sign() != 0 {
		t.Errorf("approved %v too much (%v)", left, err)
	}

	p.unapproved(2)
	lister, err := client.New(t.Context(), &deaf{node: p.node, token: p.D.Token}, p.D.Market, p.Addr(2))
	if err != nil {
		t.Fatal(err)
	}
	forged := p.listings(2, 2, 1)
	forged[0].Signature[7] ^= 1
	list, err := lister.List(forged...)
	if err != nil {
		t.Fatal(err)
	}
	// what follows an approval is played after it, and a refusal is one sentence
	if _, err := list.Unsigned(t.Context()); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "under a stake of 100 DTX: the contract refuses: it is not signed") {
		t.Errorf("a listing that is refused: %v", err)
	}
}

// deaf is a node whose token knows no nonces.
type deaf struct {
	*node
	token common.Address
}

func (d *deaf) CallContract(ctx context.Context, m ethereum.CallMsg, block *big.Int) ([]byte, error) {
	if m.To != nil && *m.To == d.token && common.Bytes2Hex(m.Data[:4]) == "7ecebe00" {
		return nil, errors.New("execution reverted")
	}
	return d.node.CallContract(ctx, m, block)
}

func TestAnAccountWithoutMeansIsToldWhatItNeeds(t *testing.T) {
	p := newPlace(t, 1)
	stranger, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key := settlement.NewKey(stranger)
	c, err := client.New(t.Context(), p.node, p.D.Market, key.Address())
	if err != nil {
		t.Fatal(err)
	}
	listing := p.listings(2, 1, 1)[0]
	if _, err := c.List(listing); !errors.Is(err, client.ErrNotYours) {
		t.Errorf("another's attestation: %v", err)
	}
	if _, err := c.AddStake(1, contracts.DTXWei(5)).Send(t.Context(), key); !errors.Is(err, client.ErrFunds) || !strings.Contains(err.Error(), "has 0 DTX and needs 5 DTX") {
		t.Errorf("no tokens: %v", err)
	}
	if _, err := c.Transfer(p.Addr(2), new(big.Int)).Send(t.Context(), key); !errors.Is(err, client.ErrEther) || !strings.Contains(err.Error(), "send some to "+key.Address().Hex()) {
		t.Errorf("no ether: %v", err)
	}
	other, _ := p.as(2)
	if _, err := other.Transfer(p.Addr(2), new(big.Int)).Send(t.Context(), key); err == nil {
		t.Error("another's key was taken")
	}
}

// AUDIT M7: whoever takes the hot key must not own the operator.
func TestOneKeyForAdminAndSignerIsRefused(t *testing.T) {
	p := newPlace(t, 1)
	c, key := p.as(2)
	if _, err := c.RegisterOperator(client.Registration{Signer: p.Addr(2)}); !errors.Is(err, client.ErrOneKey) {
		t.Errorf("register: %v", err)
	}
	prepared, err := c.RegisterOperator(client.Registration{Signer: p.Addr(1), URI: "https://bridge.example"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := prepared.Send(t.Context(), key)
	if err != nil || r.Operator != 2 || r.Admin != p.Addr(2) || r.Signer != p.Addr(1) || r.Payout != p.Addr(2) {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := c.SetSigner(t.Context(), 2, p.Addr(2)); !errors.Is(err, client.ErrOneKey) {
		t.Errorf("set-signer: %v", err)
	}
}

func TestAMarketIsDeployedAndReachedAgain(t *testing.T) {
	p := newPlace(t, 1)
	rules := contracts.MainnetRules()
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = p.Addr(0), p.Addr(0), p.Addr(p.Guardian), p.Addr(p.Arbiter)
	deploy, err := client.Deploy(t.Context(), p.node, p.Addr(2), rules)
	if err != nil {
		t.Fatal(err)
	}
	u, err := deploy.Unsigned(t.Context())
	if err != nil || u.To != nil || len(u.Then) != 1 || u.Then[0].To != nil {
		t.Errorf("unsigned: to %v, then %d (%v)", u.To, len(u.Then), err)
	}
	done, err := deploy.SendAll(t.Context(), settlement.NewKey(p.Keys[2]))
	if err != nil || len(done) != 2 {
		t.Fatalf("%v %v", done, err)
	}
	d := done[1]
	c, err := client.New(t.Context(), p.node, d.Market, p.Addr(2))
	if err != nil || c.Rules.Token != d.Token || c.Rules.Arbiter != p.Addr(p.Arbiter) {
		t.Errorf("%+v %v", c.Rules, err)
	}
	supply, err := c.Reader.Balance(t.Context(), d.Token, p.Addr(2))
	if err != nil || supply.Cmp(contracts.DTXWei(1_000_000_000)) != 0 {
		t.Errorf("the deployer has %v (%v)", supply, err)
	}
	if _, err := client.New(t.Context(), p.node, p.Addr(2), p.Addr(2)); !errors.Is(err, ethnode.ErrNoContract) {
		t.Errorf("no market there: %v", err)
	}
}

func TestRulesThatContradictEachOtherAreRefusedBeforeAnythingIsSent(t *testing.T) {
	p := newPlace(t, 1)
	for name, change := range map[string]func(*contracts.Config){
		"a buyer's whole time to challenge": func(r *contracts.Config) { r.Review = new(big.Int).Add(r.ReviewMin, r.ChallengeAfter) },
		"rule 9 in":                         func(r *contracts.Config) { r.ClaimWindow = r.ChallengeAfter },
		"rule 2 in":                         func(r *contracts.Config) { r.Arbiter = r.Platform },
		"": func(r *contracts.Config) {
			r.Review = new(big.Int).Add(r.ReviewMin, big.NewInt(r.ChallengeAfter.Int64()-1))
		},
	} {
		for _, profile := range []contracts.Config{contracts.MainnetRules(), contracts.DemoRules()} {
			for _, token := range []common.Address{{}, p.D.Token} {
				rules := profile
				rules.Token, rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = token, p.Addr(0), p.Addr(0), p.Addr(p.Guardian), p.Addr(p.Arbiter)
				change(&rules)
				_, err := client.Deploy(t.Context(), p.node, p.Addr(2), rules)
				if name == "" {
					if err != nil {
						t.Errorf("a second to spare: %v", err)
					}
				} else if !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

func TestDecimalIsExact(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "1": "0.000000000000000001", "1000000000000000000": "1", "1500000000000000000": "1.5", "-1500000000000000000": "-1.5", "-1": "-0.000000000000000001"} {
		n, _ := new(big.Int).SetString(in, 10)
		if got := client.Decimal(n, 18); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// settled is a place with a listed stream of which the people who and onwards have each
// bought a day, and paid for three readings (who has paid for more, the earlier he stands).
func settled(t *testing.T, buyers int) (p *place, signer *client.Client) {
	p = newPlace(t, buyers+1)
	p.list(2, 1, 1)
	var claims []contracts.Claim
	for i := range buyers {
		c, key := p.as(3 + i)
		order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		b, err := order.Send(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, contracts.Claim{Purchase: uint64(b.Purchase), Delivered: uint32(buyers - i)})
	}
	p.Skip(time.Hour)
	signer, key := p.as(1)
	paid, err := signer.Settle(client.Settlement{Operator: 1, Claims: claims, Root: common.Hash{1}}).SendAll(t.Context(), key)
	if err != nil || len(paid) != buyers {
		t.Fatalf("%+v %v", paid, err)
	}
	return p, signer
}

// send sends what is prepared, and insists.
func send[T any](t *testing.T, p *client.Prepared[T], err error) func(key *settlement.Key) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return func(key *settlement.Key) T {
		t.Helper()
		v, err := p.Send(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAChallengeIsFiledAnsweredRuledAndRedeemed(t *testing.T) {
	p, _ := settled(t, 3)
	hash := common.Hash{7}
	for i, want := range []string{"0.003 DTX", "0.002 DTX", "0.001 DTX"} {
		c, key := p.as(3 + i)
		filing, err := c.Challenge(t.Context(), market.PurchaseID(i+1), hash)
		f := send(t, filing, err)(key)
		if f.Weight.String() != want || int(f.Count) != i+1 || f.Round != 1 || f.Stream != 1 || f.Deposit.String() != "10 DTX" || f.Evidence != hash || f.Quorum != 3 {
			t.Errorf("challenge %d: %+v", i, f)
		}
	}
	// Who has more settled meanwhile raises his weight, and pays no second deposit.
	p.Skip(time.Hour)
	signer, signing := p.as(1)
	send(t, signer.Settle(client.Settlement{Operator: 1, Claims: []contracts.Claim{{Purchase: 3, Delivered: 50}}}), nil)(signing)
	c, key := p.as(5)
	before, err := c.Reader.Balance(t.Context(), p.D.Token, c.From)
	if err != nil {
		t.Fatal(err)
	}
	raising, err := c.Challenge(t.Context(), 3, hash)
	if f := send(t, raising, err)(key); f.Weight.String() != "0.05 DTX" || f.Total.String() != "0.055 DTX" || f.Count != 3 || f.Deposit.String() != "0 DTX" {
		t.Errorf("raised: %+v", f)
	}
	if after, err := c.Reader.Balance(t.Context(), p.D.Token, c.From); err != nil || after.Cmp(before) != 0 {
		t.Errorf("it cost %v - %v (%v)", before, after, err)
	}

	owner, ownerKey := p.as(2)
	if r := send(t, owner.Respond(1, 1, hash), nil)(ownerKey); r.By != owner.From || r.Response != hash || r.Round != 1 {
		t.Errorf("the answer: %+v", r)
	}
	arbiter, ruling := p.as(p.Arbiter)
	if _, err := arbiter.Rule(1, 1, market.RoundReview, hash); !errors.Is(err, client.ErrVerdict) {
		t.Errorf("review is a verdict: %v", err)
	}
	early, err := arbiter.Rule(1, 1, market.RoundSellerAtFault, hash)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := early.Send(t.Context(), ruling); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "too early") {
		t.Errorf("before joining ended: %v", err)
	}
	p.Skip(48 * time.Hour)
	if r := send(t, early, nil)(ruling); r.Verdict != market.RoundSellerAtFault || r.Ruling != hash {
		t.Errorf("the ruling: %+v", r)
	}
	// Of the half of 100 DTX, by weight; at most the deposit and 0.8 of what was paid.
	for i, want := range []string{"12.727272727272727", "11.818181818181818", "20.04 DTX"} {
		got := send(t, c.Redeem(1, 1, p.Addr(3+i)), nil)(key)
		if got.Challenger != p.Addr(3+i) || !strings.HasPrefix(got.Amount.String(), want) {
			t.Errorf("challenger %d: %+v", i, got)
		}
	}
}

func TestAClosedStreamSaysWhenItEndsAndWhenTheStakeMayLeave(t *testing.T) {
	p, _ := settled(t, 1)
	owner, key := p.as(2)
	head, err := p.Client.HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	closing := owner.Close(1)
	if says := closing.Explains()[0]; !strings.Contains(says, "7d") || !strings.Contains(says, "14d") {
		t.Errorf("it explains %q", says)
	}
	done := send(t, closing, nil)(key)
	if d := done.EndsAt.Unix() - int64(head.Time); d < 7*86_400 || d > 7*86_400+60 || done.StakeFrom.Sub(done.EndsAt) != 14*24*time.Hour {
		t.Errorf("%+v", done)
	}
	p.Skip(21 * 24 * time.Hour)
	if w := send(t, owner.WithdrawStake(1), nil)(key); w.Amount.String() != "100 DTX" {
		t.Errorf("%+v", w)
	}
	if f := send(t, owner.Finish(1), nil)(key); f.Paid != 1 || f.Refund.String() != "1.439 DTX" {
		t.Errorf("%+v", f)
	}
	if w := send(t, owner.Withdraw(p.Addr(3)), nil)(key); w.Account != p.Addr(3) || w.Amount.String() != "1.439 DTX" {
		t.Errorf("%+v", w)
	}
}

// The signer's claims can be relayed by anybody, and what can no longer be paid says so.
func TestSignedClaimsAreRelayed(t *testing.T) {
	p, _ := settled(t, 2)
	owner, key := p.as(2)
	s := client.Settlement{Operator: 1, Claims: []contracts.Claim{{Purchase: 1, Delivered: 9}, {Purchase: 2, Delivered: 1_000_000}}, Root: common.Hash{2}, Deadline: 1 << 39}
	digest, err := contracts.SettlementHash(p.ID, p.D.Market, 1, contracts.ClaimsHash(s.Claims), s.Root, s.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	if s.Signature, err = settlement.NewKey(p.Keys[1]).SignHash(digest); err != nil {
		t.Fatal(err)
	}
	paid, err := owner.Settle(s).SendAll(t.Context(), key)
	if err != nil || len(paid) != 2 || paid[0].Paid != 9 || paid[0].Gross.String() != "0.007 DTX" || paid[1].Paid > 70 || paid[1].Skipped {
		t.Errorf("%+v %v", paid, err)
	}
	if again, err := owner.Settle(s).SendAll(t.Context(), key); err != nil || len(again) > 1 { // the second may have grown by a reading
		t.Errorf("sent twice: %+v %v", again, err)
	}
	p.Skip(30 * 24 * time.Hour)
	late, err := owner.Settle(s).SendAll(t.Context(), key)
	if err != nil || len(late) != 2 || !late[0].Skipped || !late[1].Skipped {
		t.Errorf("past the window: %+v %v", late, err)
	}
}

func TestAnOfferIsTheOneAgreedToAndAnExtensionHappensOnce(t *testing.T) {
	p := newPlace(t, 2)
	p.list(2, 1, 1)
	owner, ownerKey := p.as(2)
	c, key := p.as(3)
	agreed := &client.Offer{Price: 1000, Interval: 60, Terms: common.Hash{1}}
	order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour, Agreed: agreed})
	if err != nil {
		t.Fatal(err)
	}
	// The price moves between looking and sending: the market refuses, though the total is the same.
	send(t, owner.SetPrice(1, 500, 30), nil)(ownerKey)
	if _, err := order.Send(t.Context(), key); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "changed") {
		t.Errorf("another price and interval: %v", err)
	}
	if _, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour, Agreed: agreed}); !errors.Is(err, client.ErrOffer) {
		t.Errorf("prepared for another offer: %v", err)
	}
	if order, err = c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour}); err != nil {
		t.Fatal(err)
	}
	b := send(t, order, nil)(key)
	end := b.End.Add(time.Hour)
	longer, err := c.Extend(t.Context(), b.Purchase, end)
	if e := send(t, longer, err)(key); !e.End.Equal(end) || e.Quota != 240 {
		t.Errorf("%+v", e)
	}
	if _, err := longer.Send(t.Context(), key); !errors.Is(err, client.ErrRefused) {
		t.Errorf("sent twice it extends twice: %v", err)
	}
}

// An extension is made under the terms bought, all 32 bytes of them: the contract compares
// the first eight with the purchase, and the whole with the stream's.
func TestAnExtensionNamesTheTermsBought(t *testing.T) {
	p := newPlace(t, 2)
	p.list(2, 1, 1)
	owner, ownerKey := p.as(2)
	c, key := p.as(3)
	order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: time.Hour})
	b := send(t, order, err)(key)
	end := b.End.Add(time.Hour)
	bought := common.Hash{1}
	for _, other := range []common.Hash{{2}, {0: 1, 31: 9}} { // the second begins like those bought
		send(t, owner.SetTerms(1, other), nil)(ownerKey)
		longer, err := c.Extend(t.Context(), b.Purchase, end)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := longer.Send(t.Context(), key); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), other.Hex()) || !strings.Contains(err.Error(), bought.Hex()) {
			t.Errorf("under the terms %s: %v", other, err)
		}
	}
	send(t, owner.SetTerms(1, bought), nil)(ownerKey)
	longer, err := c.Extend(t.Context(), b.Purchase, end)
	if e := send(t, longer, err)(key); !e.End.Equal(end) {
		t.Errorf("%+v", e)
	}
}

func TestAnAdminHandsOverAndAGuardianPauses(t *testing.T) {
	p := newPlace(t, 1)
	admin, key := p.as(p.Admin)
	next, nextKey := p.as(2)
	if _, err := admin.TransferAdmin(t.Context(), 1, p.Addr(1)); !errors.Is(err, client.ErrOneKey) {
		t.Errorf("the signer as next admin: %v", err)
	}
	offer, err := admin.TransferAdmin(t.Context(), 1, p.Addr(2))
	send(t, offer, err)(key)
	send(t, next.AcceptAdmin(1), nil)(nextKey)
	op, err := next.Reader.Operator(t.Context(), 1)
	if err != nil || op.Admin != p.Addr(2) || op.Pending != (common.Address{}) {
		t.Errorf("%+v %v", op, err)
	}
	platform, platformKey := p.as(0)
	if _, err := platform.Verify(1, true, common.Hash{9}).Send(t.Context(), platformKey); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "look again") {
		t.Errorf("verified by other metadata: %v", err)
	}
	send(t, platform.Verify(1, true, op.MetadataHash), nil)(platformKey)
	moved, err := next.SetMetadata(t.Context(), 1, "https://bridge.example")
	send(t, moved, err)(nextKey)
	if op, err := next.Reader.Operator(t.Context(), 1); err != nil || op.Verified || op.MetadataURI != "https://bridge.example" {
		t.Errorf("after a change of metadata: %+v %v", op, err)
	}
	guardian, guarding := p.as(p.Guardian)
	if w := send(t, guardian.Pause(), nil)(guarding); time.Until(w.Until) < 6*24*time.Hour {
		t.Errorf("%+v", w)
	}
	if _, err := guardian.Pause().Send(t.Context(), guarding); !errors.Is(err, client.ErrRefused) || !strings.Contains(err.Error(), "paused too lately") {
		t.Errorf("paused twice: %v", err)
	}
}
