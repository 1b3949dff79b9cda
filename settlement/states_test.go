package settlement

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/core/types"
)

var update = flag.Bool("update", false, "rewrite the generated document")

var errBusy = errors.New("txpool is full")

// states is a scene whose one transaction is looked at from round to round.
type states struct {
	*scene
	st *Settler
}

func newStates(t *testing.T, confirm uint64) *states {
	s := newScene(t)
	s.cfg.Confirm, s.cfg.BumpAfter = confirm, time.Hour
	s.delivers(2, 1)
	return &states{s, s.settler()}
}

// is makes a round and checks what became of the transaction. What the node refuses is
// the scene's business.
func (s *states) is(want TxState) {
	s.t.Helper()
	_, _ = s.st.round(context.Background(), false)
	if got := s.book.list(func(Tx) bool { return true })[0]; got.State != want {
		s.t.Fatalf("the transaction is %s, want %s (%s, %+v)", got.State, want, s.st.Status().Waits, s.faults(s.st))
	}
}

// unwind takes the chain back to the block before the one that has the transaction.
func (s *states) unwind() {
	s.t.Helper()
	s.unwindTo(new(big.Int).SetUint64(s.only().Block - 1))
}

func (s *states) unwindTo(number *big.Int) {
	s.t.Helper()
	h, err := s.Client.HeaderByNumber(context.Background(), number)
	if err != nil {
		s.t.Fatal(err)
	}
	for range 100 { // refused while the pool still holds what was just mined
		if err = s.Backend.Fork(h.Hash()); err == nil {
			s.fold()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal(err)
}

// raw sends the newest form past the settler; the pool may have it back already.
func (s *states) raw() {
	s.t.Helper()
	tx := s.only()
	var one types.Transaction
	if err := one.UnmarshalBinary(tx.Forms[len(tx.Forms)-1].Raw); err != nil {
		s.t.Fatal(err)
	}
	_ = s.Client.SendTransaction(context.Background(), &one)
}

// mineIt makes blocks until the transaction has a receipt.
func (s *states) mineIt() {
	s.t.Helper()
	for range 50 {
		s.mine()
		for _, f := range s.only().Forms {
			if _, err := s.Client.TransactionReceipt(context.Background(), f.Hash); err == nil {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("the transaction is not mined")
}

// usedUp lets another transaction of the key use the nonce.
func (s *states) usedUp() {
	s.t.Helper()
	s.Replace(1, s.only().Nonce)
	for range 50 {
		s.mine()
		if n, err := s.Client.NonceAt(context.Background(), s.Addr(1), nil); err == nil && n > s.only().Nonce {
			s.mine()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("the nonce is not used")
}

// dry gives a transaction too little gas.
type dry struct{ Node }

func (d dry) EstimateGas(ctx context.Context, c ethereum.CallMsg) (uint64, error) {
	if _, err := d.Node.EstimateGas(ctx, c); err != nil {
		return 0, err
	}
	return 5_000, nil
}

// lives are stories of one transaction each; after each, everything delivered is paid,
// once.
var lives = map[string]func(*states){
	"sent, mined, final, unwound below finality, paid again": func(s *states) {
		s.is(TxSent)
		s.mineIt()
		s.mine()
		s.is(TxFinal)
		s.unwind()
		s.is(TxSent)
	},
	"no node takes it, a broadcast gets through unheard": func(s *states) {
		s.node.refuse = errBusy
		s.is(TxSigned)
		s.raw()
		s.mineIt()
		s.mine()
		s.is(TxFinal)
	},
	"no node takes it, it is replaced, a node takes it, it is replaced again": func(s *states) {
		s.node.refuse, s.st.cfg.BumpAfter = errBusy, time.Nanosecond
		s.is(TxSigned)
		s.is(TxSigned)
		s.node.refuse, s.node.lost = nil, true
		s.is(TxSent)
		s.is(TxSent)
		if n := len(s.only().Forms); n < 3 {
			s.t.Errorf("%d forms", n)
		}
		s.node.lost = false
	},
	"a reorg mines it in another block": func(s *states) {
		s.st.cfg.Confirm = 20
		s.mine()
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		before := s.only().BlockID
		s.unwindTo(new(big.Int).SetUint64(s.only().Block - 2))
		s.mineIt()
		s.is(TxMined)
		if s.only().BlockID == before {
			s.t.Error("it is still in the block that was unwound")
		}
	},
	"a reorg takes it away, and it is sent again": func(s *states) {
		s.st.cfg.Confirm = 20
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		s.unwind()
		s.node.refuse = errBusy
		s.is(TxOrphaned)
		s.node.refuse = nil
		s.is(TxSent)
	},
	"a reorg takes it away, and it is mined before anybody sends it": func(s *states) {
		s.st.cfg.Confirm = 20
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		s.unwind()
		s.node.refuse = errBusy
		s.is(TxOrphaned)
		s.raw()
		s.mineIt()
		s.is(TxMined)
	},
	"a reorg takes it away, and it is replaced": func(s *states) {
		s.st.cfg.Confirm = 20
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		s.unwind()
		s.node.refuse = errBusy
		s.is(TxOrphaned)
		s.st.cfg.BumpAfter = time.Nanosecond
		s.is(TxSigned)
	},
	"a reorg takes it away, and another transaction uses its nonce": func(s *states) {
		s.st.cfg.Confirm = 20
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		s.unwind()
		s.node.refuse = errBusy
		s.is(TxOrphaned)
		s.st.cfg.Confirm = 1
		s.usedUp()
		s.is(TxOvertaken)
		if s.faults(s.st)[FaultShared] == "" {
			s.t.Error("nobody is told that the key is used elsewhere")
		}
	},
	"a reorg takes it away, and the bridge has another key": func(s *states) {
		s.st.cfg.Confirm = 20
		s.is(TxSent)
		s.mineIt()
		s.is(TxMined)
		s.unwind()
		other := s.settlerWith(3)
		_, _ = other.round(context.Background(), false)
		if got := s.only().State; got != TxAbandoned {
			s.t.Errorf("it is %s", got)
		}
		s.is(TxSent) // and with the first key again it is taken up
	},
	"never taken, and another transaction uses its nonce": func(s *states) {
		s.node.refuse = errBusy
		s.is(TxSigned)
		s.usedUp()
		s.is(TxOvertaken)
	},
	"taken and lost, another uses its nonce, and a reorg frees it": func(s *states) {
		s.node.lost = true
		s.is(TxSent)
		head := s.book.head.Number
		s.usedUp()
		s.is(TxOvertaken)
		s.unwindTo(new(big.Int).SetUint64(head))
		s.is(TxSent)
	},
	"never taken, and the bridge has another key": func(s *states) {
		s.node.refuse = errBusy
		s.is(TxSigned)
		_, _ = s.settlerWith(3).round(context.Background(), false)
		if got := s.only().State; got != TxAbandoned {
			s.t.Errorf("it is %s", got)
		}
	},
	"taken and lost, and the bridge has another key": func(s *states) {
		s.node.lost = true
		s.is(TxSent)
		_, _ = s.settlerWith(3).round(context.Background(), false)
		if got := s.only().State; got != TxAbandoned {
			s.t.Errorf("it is %s", got)
		}
	},
	"it fails on chain, and the block is unwound": func(s *states) {
		s.st.node = dry{s.node}
		s.is(TxSent)
		s.st.starved = starvedMax // it is the last of many: the next is not made at once
		s.mineIt()
		s.mine()
		s.is(TxReverted)
		if s.faults(s.st)[FaultReverted] == "" {
			s.t.Error("nobody is told")
		}
		s.st.node = s.node
		s.unwind()
		s.is(TxSent)
	},
	"it fails on chain, and its claims are made again": func(s *states) {
		s.st.node = dry{s.node}
		s.is(TxSent)
		s.mineIt()
		s.mine()
		s.is(TxReverted)
		s.st.node = s.node
		for id := range s.st.exclusions { // a minute later
			s.st.exclusions[id] = exclusion{}
		}
	},
}

// M10: every move of the table is made on a chain, and whatever becomes of a
// transaction, everything delivered is paid once and nothing is stuck.
func TestWhateverBecomesOfATransactionEverythingIsPaidOnce(t *testing.T) {
	t.Run("lives", func(t *testing.T) {
		for name, live := range lives {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newStates(t, 1)
				live(s)
				s.node.refuse, s.node.lost = nil, false
				st := s.settler() // a restart
				for range 60 {
					_, _ = st.SettleNow(context.Background())
					for id := range st.exclusions { // as if their time had come
						st.exclusions[id] = exclusion{}
					}
					s.mine()
					time.Sleep(time.Millisecond)
				}
				if open, err := s.book.Transactions(); err != nil || slices.ContainsFunc(open, func(t Tx) bool { return t.From == s.Addr(1) }) {
					t.Errorf("%d not finished, the first %s: %v, %s, %+v", len(open), open[0].State, err, st.Status().Waits, s.faults(st))
				}
				s.exact(3)
			})
		}
	})
	if t.Failed() {
		return
	}
	for event, row := range txMoves {
		for from, to := range row {
			if _, made := moves.Load([2]TxState{from, to}); !made {
				t.Errorf("no test made a transaction that is %s %s (%s)", from, to, event)
			}
		}
	}
}

// What the table does not have cannot happen.
func TestAMoveThatIsNotInTheTableIsRefused(t *testing.T) {
	for _, e := range txEvents {
		for _, one := range TxStates {
			tx := Tx{State: one.State}
			err := tx.happens(e.Event)
			to, ok := txMoves[e.Event][one.State]
			if (err == nil) != ok || ok && tx.State != to || !ok && tx.State != one.State {
				t.Errorf("%s + %s: %v, %s", one.State, e.Event, err, tx.State)
			}
			if one.Finished != one.State.Finished() {
				t.Errorf("%s: finished is %t in the document and %t in the code", one.State, one.Finished, one.State.Finished())
			}
		}
	}
	if len(txEvents) != len(txMoves) {
		t.Errorf("%d events are explained, %d move something", len(txEvents), len(txMoves))
	}
}

func TestTheDocumentOfSettlementHasTheTables(t *testing.T) {
	var b strings.Builder
	b.WriteString(document)
	b.WriteString("\n## States of a settlement transaction\n\n| state | means | finished |\n|---|---|---|\n")
	for _, s := range TxStates {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.State, s.Means, map[bool]string{true: "yes, unless the chain goes back", false: ""}[s.Finished])
	}
	b.WriteString("\n| event |")
	for _, s := range TxStates {
		fmt.Fprintf(&b, " %s → |", s.State)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(TxStates)) + "\n")
	for _, e := range txEvents {
		fmt.Fprintf(&b, "| **%s**: %s |", e.Event, e.Means)
		for _, s := range TxStates {
			fmt.Fprintf(&b, " %s |", txMoves[e.Event][s.State])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## States of what is unclaimed\n\n`earnings` shows one for each purchase.\n\n| state | means | passes |\n|---|---|---|\n")
	for _, s := range Standings {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Standing, s.Means, s.Passes)
	}
	b.WriteString("\n## What does not work\n\nThe condition `settlement_failing` names one of these as its subject (`low_gas` for `ether`), and `status` lists them. Each stays until what it names\nhas been seen to work, however many rounds have nothing to do meanwhile.\n\n| fault | means | until |\n|---|---|---|\n")
	for _, f := range Faults {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Code, f.Means, f.Until)
	}
	const path = "../docs/settlement.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): run go test ./settlement -run Document -update", path, err)
	}
}

const document = `# Settlement

The settler turns receipts into cumulative claims and sends them in batches. Nothing is sent twice for more money: a claim says how many
readings of a purchase were delivered in all, and the contract pays the difference.

**Time.** What is claimed is bounded by the newest block, the older one of the node's and the ledger's: one reading per interval begun since the start of the
purchase, one per interval of its whole time once it is over. The machine's clock has no say. A reading is sent to its buyer only when the newest block's time pays
it (a device that sends exactly as often as the interval allows may wait for the next block), so that whatever ends a purchase, what was sent is paid.

**When.** At most every ` + "`settlement.interval`" + `, when the operator's tenth is worth ` + "`settle_when_cut_covers`" + ` times the gas it takes now, at ` + "`dtx_price_in_ether`" + `. A claim that is not worth its
own share of the gas waits until it is. When its window closes within ` + "`deadline_margin`" + ` it waits for neither, as long as it earns its gas. What earns less is not claimed
by the bridge (the stream's owner may), and ` + "`earnings`" + ` says so. ` + "`dbdao-bridge settle`" + ` claims everything payable, whatever it costs up to ` + "`max_fee_gwei`" + `.

**How much.** For the gas it is expected to take (the estimate, a quarter, and 20,000), a transaction never offers more than its claims earn, nor more than ` + "`max_fee_gwei`" + ` per gas. One that is not mined within ` + "`bump_after`" + ` is replaced under
its nonce by one that offers an eighth more and claims what can be claimed by then. On a chain without EIP-1559 it offers the node's gas price. A batch asks for at
most 2²⁴ gas (EIP-7825) and a quarter of the block.

**Gas limit.** Anybody may withdraw an owner's credit just before a settlement, which then takes 17,100 gas more for each word it finds emptied. The limit has room for
all of its payees (owners, buyers who get the rest back, payout and platform); whoever makes the bridge pay for that room pays more himself. A settlement that uses up its
limit all the same is made again at once with twice the room.

**What was paid** is what the chain says (` + "`Settled`" + ` events, as folded). A claim that a mined transaction did not get paid is not made again before its next try, which
comes 15 s later at first and later each time, and never after the claim window; ` + "`dbdao-bridge settle`" + ` does not wait for it. A refusal is found by halving the batch; the
others are settled in the same round.

**An end.** When the claim window of a purchase is over the operator is told once, in the log, and the account is left: no transaction is made for it any more.
`

// A payment that fell short because its block was an earlier one than the claim was made for
// rests for seconds, is called what it is, and `settle` does not wait for it. Once its window
// is over nothing is said to be tried again.
func TestAClaimThatWasPaidShortRestsBrieflyAndIsNoExcuse(t *testing.T) {
	s := newScene(t)
	s.skip(5 * time.Minute)
	s.delivers(3)
	st := s.settler()
	s.round(st)
	s.mine()
	s.until(st, 3)
	s.book.accounts[0].Receipts = 4
	st.exclude(1, "4 readings were claimed, the contract has paid 3", rateRetry, 24*time.Hour)
	if x := st.exclusions[1]; x.Tries != 1 || time.Until(x.next) > 16*time.Second {
		t.Errorf("it rests until %s", x.next)
	}
	before := s.node.estimates
	s.round(st)
	if w := st.Status().Waits; !strings.Contains(w, "1 refused claims rest until") || s.node.estimates != before {
		t.Errorf("it waits: %q", w)
	}
	if told := s.faults(st)[FaultRefused]; strings.Contains(told, "are settled") || !strings.Contains(told, "purchase 1: 4 readings were claimed") {
		t.Errorf("%q", told)
	}
	s.until(st, 4) // settles now
	s.exact(4)
	s.round(st)
	if told := s.faults(st)[FaultRefused]; told != "" {
		t.Errorf("%q after it was paid", told)
	}

	s.book.accounts[0].Receipts = 5
	st.exclude(1, "refused", time.Hour, 24*time.Hour)
	s.skip(60 * 24 * time.Hour)
	s.round(st)
	s.round(st)
	if told := s.faults(st)[FaultRefused]; told != "" || len(st.Status().Refused) != 0 {
		t.Errorf("%q when the window is over", told)
	}
}
