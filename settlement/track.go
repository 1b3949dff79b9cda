package settlement

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// input is the call that makes claims.
func (s *Settler) input(claims []Claim) []byte { return packSettle(s.dm, s.cfg.Operator, claims) }

// seal makes a transaction of a plan and stores its signed bytes before anybody sees
// them.
func (s *Settler) seal(ctx context.Context, p *plan) (Tx, error) {
	nonce, err := s.nonce(ctx)
	if err != nil {
		return Tx{}, err
	}
	t := Tx{Nonce: nonce, From: s.signer.Address(), State: TxSigned, Forced: p.forced, Sealed: time.Now().UTC()}
	if err := s.sign(&t, p); err != nil {
		return Tx{}, err
	}
	return t, s.record(&t)
}

// nonce is the next one: what the chain has counted, or what is stored, whichever is
// further.
func (s *Settler) nonce(ctx context.Context) (uint64, error) {
	n, err := s.node.NonceAt(ctx, s.signer.Address(), nil)
	if err != nil {
		return 0, s.trouble(FaultNode, fmt.Errorf("ask for the nonce: %w", err))
	}
	stored, err := s.book.TransactionsFrom(s.signer.Address(), n)
	if err != nil {
		return 0, s.trouble(FaultLedger, err)
	}
	for i := range stored {
		if !s.stranded[stored[i].Nonce] {
			n = max(n, stored[i].Nonce+1)
		}
	}
	return n, nil
}

// sign adds a form to a transaction.
func (s *Settler) sign(t *Tx, p *plan) error {
	signed, err := s.signer.SignTx(s.transaction(p.bid, t.Nonce, p.gas, s.input(p.claims)), s.cfg.ChainID)
	if err != nil {
		return fmt.Errorf("sign a settlement: %w", err)
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		return fmt.Errorf("sign a settlement: %w", err)
	}
	s.knownSince[signed.Hash()] = time.Now()
	root := RootOf(p.claims)
	t.Forms = append(slices.Clip(t.Forms), Form{Hash: signed.Hash(), Raw: raw, Claims: p.claims, Root: root, Signed: time.Now().UTC()})
	t.Claims, t.Root = p.claims, root
	return nil
}

// record stores a transaction.
func (s *Settler) record(t *Tx) error {
	err := s.book.Record(*t)
	if s.unwritten = err != nil; s.unwritten {
		return s.trouble(FaultLedger, fmt.Errorf("store a settlement: %w", err))
	}
	s.recovered(FaultLedger)
	return nil
}

// send broadcasts the newest form. Whatever the node answers, the receipt decides what
// became of it.
func (s *Settler) send(ctx context.Context, t *Tx) error {
	var tx types.Transaction
	form := &t.Forms[len(t.Forms)-1]
	if err := tx.UnmarshalBinary(form.Raw); err != nil {
		return s.trouble(FaultLedger, fmt.Errorf("a stored settlement is damaged: %w", err))
	}
	t.Sent = time.Now().UTC()
	err := s.node.SendTransaction(ctx, &tx)
	switch {
	case err == nil, nodeHas(err):
		s.recovered(FaultSend)
		if t.State == TxSent {
			return nil
		}
		s.log.Info("settlement sent", "nonce", t.Nonce, "claims", len(t.Claims), "tx", tx.Hash().Hex())
		if err := t.happens(TxTaken); err != nil {
			return err
		}
		return s.record(t)
	case noFunds(err):
		return s.poor(nil, tx.Gas(), tx.GasFeeCap())
	}
	return s.trouble(FaultSend, fmt.Errorf("send a settlement: %w", err))
}

// tend looks what became of a transaction and does what its state asks for.
func (s *Settler) tend(ctx context.Context, v *view, open []Tx, t *Tx) error {
	receipt, err := s.receipt(ctx, t)
	if err != nil {
		return s.trouble(FaultNode, fmt.Errorf("ask for a receipt: %w", err))
	}
	if receipt != nil {
		return s.included(v, t, receipt)
	}
	if t.State == TxMined {
		if err := s.unwound(t); err != nil {
			return err
		}
	}
	if t.From != s.signer.Address() {
		s.log.Warn("a settlement was signed with another key than the bridge signs with now: it is left, and what it claims is claimed again", "nonce", t.Nonce, "from", t.From.Hex())
		return s.move(t, TxRotated)
	}
	count, err := s.node.NonceAt(ctx, t.From, nil)
	if err != nil {
		return s.trouble(FaultNode, fmt.Errorf("ask for the nonce: %w", err))
	}
	if count > t.Nonce {
		return s.beaten(ctx, v, t)
	}
	if s.knownFor(&t.Forms[len(t.Forms)-1]) >= s.cfg.BumpAfter {
		if err := s.replace(ctx, v, open, t); err != nil && !errors.Is(err, errNothing) && !errors.Is(err, errExpensive) {
			return err
		}
	}
	newest := t.Forms[len(t.Forms)-1].Hash
	if t.State == TxSent && v.head.Hash() == s.sentAt[newest] {
		return nil // once a block is enough
	}
	if len(s.sentAt) > 1_000 {
		clear(s.sentAt)
	}
	s.sentAt[newest] = v.head.Hash()
	return s.send(ctx, t)
}

// knownFor is for how long this process has known a form: the wall clock may be set while it
// runs. Of one it did not sign itself the clock's word counts, up to BumpAfter.
func (s *Settler) knownFor(f *Form) time.Duration {
	now := time.Now()
	since, known := s.knownSince[f.Hash]
	if !known {
		if len(s.knownSince) > 1_000 {
			clear(s.knownSince)
		}
		since = now.Add(-min(max(now.Sub(f.Signed), 0), s.cfg.BumpAfter))
		s.knownSince[f.Hash] = since
	}
	return now.Sub(since)
}

// move is what happens to a transaction, made durable.
func (s *Settler) move(t *Tx, e TxEvent) error {
	if err := t.happens(e); err != nil {
		return err
	}
	return s.record(t)
}

// unwound: no node gives the receipt any more.
func (s *Settler) unwound(t *Tx) error {
	s.log.Warn("a settlement was taken off the chain: it is sent again", "nonce", t.Nonce, "state", t.State)
	t.Mined, t.Block, t.BlockID, t.GasUsed, t.GasPrice, t.Failed, t.Starved = common.Hash{}, 0, common.Hash{}, 0, nil, false, false
	return s.move(t, TxUnwound)
}

// included stores a receipt, and calls the transaction finished once it cannot be
// unwound.
func (s *Settler) included(v *view, t *Tx, r *types.Receipt) error {
	if t.State != TxMined || t.BlockID != r.BlockHash {
		t.Mined, t.Block, t.BlockID, t.GasUsed, t.GasPrice = r.TxHash, r.BlockNumber.Uint64(), r.BlockHash, r.GasUsed, r.EffectiveGasPrice
		t.Failed, t.Starved = r.Status != types.ReceiptStatusSuccessful, false
		s.starve(t, r)
		for i := range t.Forms {
			if f := &t.Forms[i]; f.Hash == r.TxHash && len(f.Claims) > 0 {
				t.Claims, t.Root = f.Claims, f.Root
			}
		}
		if err := s.move(t, TxIncluded); err != nil {
			return err
		}
		s.recovered(FaultFees) // what was offered was enough
		s.recovered(FaultSend)
	}
	if v.final.Cmp(new(big.Int).SetUint64(t.Block)) < 0 || t.Block > v.folded.Number {
		return nil
	}
	event := TxPaid
	if t.Failed {
		event = TxFailed
		_ = s.trouble(FaultReverted, fmt.Errorf("settlement %s reverted and paid nothing: its claims are made again", r.TxHash.Hex()))
	} else {
		s.recovered(FaultReverted)
		s.recovered(FaultShared)
	}
	for i := range t.Forms { // the bytes of the mined form may be needed once more, if the chain goes back
		f := &t.Forms[i]
		if f.Claims = nil; f.Hash != t.Mined {
			f.Raw = nil
		}
	}
	t.Forms = mined(t)
	return s.move(t, event)
}

// starve looks whether a transaction used up its gas limit: then it paid nothing for that
// alone, and the next one gets more.
func (s *Settler) starve(t *Tx, r *types.Receipt) {
	if !t.Failed {
		s.starved = 0
		return
	}
	for i := range t.Forms {
		var form types.Transaction
		if t.Forms[i].Hash != r.TxHash || form.UnmarshalBinary(t.Forms[i].Raw) != nil || r.GasUsed < form.Gas() {
			continue
		}
		t.Starved = true
		s.starved = min(s.starved+1, starvedMax+1)
		s.log.Warn("a settlement used up its gas limit and paid nothing (were credits withdrawn before it?): it is made again with a higher one", "tx", r.TxHash.Hex(), "gas", r.GasUsed)
	}
}

// mined orders the forms so that the first stays the first, which names the
// transaction, and the last is one that can be sent.
func mined(t *Tx) []Form {
	first := t.Forms[0]
	for _, f := range t.Forms {
		if f.Hash == t.Mined && f.Hash != first.Hash {
			return []Form{first, f}
		}
	}
	return []Form{first}
}

// beaten: the nonce was used and none of our forms has a receipt. Either the node has
// not indexed it yet, or somebody else uses the key; which, a final block tells.
func (s *Settler) beaten(ctx context.Context, v *view, t *Tx) error {
	count, err := s.node.NonceAt(ctx, t.From, v.final)
	if err != nil && s.knownFor(&t.Forms[0]) < time.Hour { // a node without that block's state: then time decides
		return nil
	}
	if err == nil && count <= t.Nonce {
		return nil
	}
	if receipt, err := s.receipt(ctx, t); err != nil || receipt != nil {
		return err // it was mined between the two questions
	}
	_ = s.trouble(FaultShared, fmt.Errorf("nonce %d of %s was used by a transaction that is not the bridge's: does another process use the operator's hot key? What was delivered is claimed again", t.Nonce, t.From))
	return s.move(t, TxBeaten)
}

// replace signs another form of an unmined transaction: what can be claimed by now, and
// more per gas. It is stored before it is sent.
func (s *Settler) replace(ctx context.Context, v *view, open []Tx, t *Tx) error {
	var old types.Transaction
	if err := old.UnmarshalBinary(t.Forms[len(t.Forms)-1].Raw); err != nil {
		return s.trouble(FaultLedger, fmt.Errorf("a stored settlement is damaged: %w", err))
	}
	p, err := s.plan(ctx, v, open, t, t.Forced)
	if err != nil {
		return err
	}
	if p.bid, err = s.raise(p.bid, old.GasFeeCap(), old.GasTipCap(), p.gas-p.reserve, s.budget(p.cut, t.Forced)); err != nil {
		return s.expensive(err)
	}
	next := *t
	if err := s.sign(&next, &p); err != nil {
		return err
	}
	if err := next.happens(TxReplaced); err != nil {
		return err
	}
	if err := s.record(&next); err != nil {
		return err
	}
	*t = next
	s.log.Info("settlement replaced", "nonce", t.Nonce, "claims", len(t.Claims), "form", len(t.Forms), "gwei", gwei(p.bid.cap))
	return nil
}

// reopen finds finished transactions that the chain has gone back below: their nonces
// are free again.
func (s *Settler) reopen(ctx context.Context, open []Tx) ([]Tx, error) {
	count, err := s.node.NonceAt(ctx, s.signer.Address(), nil)
	if err != nil {
		return nil, s.trouble(FaultNode, fmt.Errorf("ask for the nonce: %w", err))
	}
	stored, err := s.book.TransactionsFrom(s.signer.Address(), count)
	if err != nil {
		return nil, s.trouble(FaultLedger, err)
	}
	for i := range stored {
		t := &stored[i]
		if !t.State.Finished() {
			continue
		}
		receipt, err := s.receipt(ctx, t)
		if err != nil {
			return nil, s.trouble(FaultNode, fmt.Errorf("ask for a receipt: %w", err))
		}
		if receipt != nil {
			continue // another node is behind
		}
		if err := s.unwound(t); err != nil {
			return nil, err
		}
		open = append(open, *t)
	}
	slices.SortFunc(open, func(a, b Tx) int { return int(a.Nonce) - int(b.Nonce) })
	return s.strand(open, stored, count), nil
}

// strand takes transactions out that will not be mined: a node counted wrong when they were
// signed, and nothing that is stored has the nonce the chain waits for. What they claim is
// claimed again with that one. Should they be mined in the end, they pay nothing twice: claims
// are cumulative.
func (s *Settler) strand(open, stored []Tx, count uint64) []Tx {
	clear(s.stranded)
	if slices.ContainsFunc(stored, func(t Tx) bool { return t.Nonce == count }) {
		return open
	}
	return slices.DeleteFunc(open, func(t Tx) bool {
		if t.From != s.signer.Address() || t.State == TxMined || t.Nonce <= count || s.knownFor(&t.Forms[0]) < s.cfg.BumpAfter {
			return false
		}
		s.stranded[t.Nonce] = true
		if !s.told[t.Nonce] {
			s.told[t.Nonce] = true
			s.log.Warn("a settlement was signed with a nonce the chain does not come to (did a node count wrong?): what it claims is claimed again", "nonce", t.Nonce, "next_nonce", count)
		}
		return true
	})
}
