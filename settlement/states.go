package settlement

import "fmt"

// TxState is where a settlement transaction stands.
type TxState string

// The states of a settlement transaction. The last four are finished: the settler
// does not look at them again, unless the chain goes back below them.
const (
	TxSigned    TxState = "signed"    // durable; no node has taken it yet, as far as we know
	TxSent      TxState = "sent"      // a node has taken it
	TxMined     TxState = "mined"     // in a block that can still be unwound
	TxOrphaned  TxState = "orphaned"  // was in a block that was unwound
	TxFinal     TxState = "final"     // in a block that is final
	TxReverted  TxState = "reverted"  // likewise, and failed: it paid nothing
	TxOvertaken TxState = "overtaken" // another transaction has used its nonce, finally
	TxAbandoned TxState = "abandoned" // the bridge signs with another key now
)

// TxEvent is what happens to a transaction.
type TxEvent string

// The events of a settlement transaction.
const (
	TxTaken    TxEvent = "taken"
	TxReplaced TxEvent = "replaced"
	TxIncluded TxEvent = "included"
	TxUnwound  TxEvent = "unwound"
	TxPaid     TxEvent = "paid"
	TxFailed   TxEvent = "failed"
	TxBeaten   TxEvent = "beaten"
	TxRotated  TxEvent = "rotated"
)

// txEvents explains every event.
var txEvents = []struct {
	Event TxEvent
	Means string
}{
	{TxTaken, "a node took it, or had it"},
	{TxReplaced, "another form of it was signed: same nonce, more per gas"},
	{TxIncluded, "a node gives a receipt of one of its forms"},
	{TxUnwound, "no node gives a receipt any more, and its nonce is free"},
	{TxPaid, "its block is final, and it succeeded"},
	{TxFailed, "its block is final, and it failed"},
	{TxBeaten, "its nonce was used in a final block, by none of its forms"},
	{TxRotated, "the bridge signs with another key"},
}

// TxStates explains every state, in the order of a transaction's life.
var TxStates = []struct {
	State    TxState
	Means    string
	Finished bool
}{
	{TxSigned, "durable with its nonce and signed bytes; no node has taken it, as far as the bridge knows", false},
	{TxSent, "a node has taken it; it is sent again with every new block, and replaced after settlement.bump_after", false},
	{TxMined, "in a block that can still be unwound", false},
	{TxOrphaned, "was in a block that a reorg took away; sent again", false},
	{TxFinal, "in a final block: what the chain paid stands", true},
	{TxReverted, "in a final block, and failed: it paid nothing; what was delivered is claimed again", true},
	{TxOvertaken, "another transaction of the key has used its nonce; what was delivered is claimed again", true},
	{TxAbandoned, "signed with a key the bridge no longer uses; what was delivered is claimed again", true},
}

// txMoves is what each event does to each state. What is not here cannot happen.
var txMoves = map[TxEvent]map[TxState]TxState{
	TxTaken:    {TxSigned: TxSent, TxOrphaned: TxSent},
	TxReplaced: {TxSigned: TxSigned, TxSent: TxSigned, TxOrphaned: TxSigned},
	TxIncluded: {TxSigned: TxMined, TxSent: TxMined, TxOrphaned: TxMined, TxMined: TxMined},
	TxUnwound:  {TxMined: TxOrphaned, TxFinal: TxOrphaned, TxReverted: TxOrphaned, TxOvertaken: TxOrphaned, TxAbandoned: TxOrphaned},
	TxPaid:     {TxMined: TxFinal},
	TxFailed:   {TxMined: TxReverted},
	TxBeaten:   {TxSigned: TxOvertaken, TxSent: TxOvertaken, TxOrphaned: TxOvertaken},
	TxRotated:  {TxSigned: TxAbandoned, TxSent: TxAbandoned, TxOrphaned: TxAbandoned},
}

// Finished tells whether nothing more is expected to happen to the transaction.
func (s TxState) Finished() bool {
	return s == TxFinal || s == TxReverted || s == TxOvertaken || s == TxAbandoned
}

// OnChain tells whether the transaction is in a block.
func (s TxState) OnChain() bool { return s == TxMined || s == TxFinal || s == TxReverted }

// happens moves the transaction. A move that is not in the table is a bug.
func (t *Tx) happens(e TxEvent) error {
	to, ok := txMoves[e][t.State]
	if !ok {
		return fmt.Errorf("bug: a settlement transaction that is %s cannot be %s", t.State, e)
	}
	t.State = to
	return nil
}
