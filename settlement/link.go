package settlement

import (
	"encoding/binary"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Link is one step of a purchase's hash chain of receipts, which starts at the zero
// hash: keccak256(head, seq as 4 bytes big-endian, digest).
func Link(head common.Hash, seq uint32, digest common.Hash) common.Hash {
	var b [68]byte
	copy(b[:], head[:])
	binary.BigEndian.PutUint32(b[32:], seq)
	copy(b[36:], digest[:])
	return crypto.Keccak256Hash(b[:])
}

// Lost is a break in a purchase's receipts: the chain, or a copy of the ledger that was
// restored, showed that another ledger of the operator's has sold readings of the purchase
// which this one knows nothing of. It is a step of the hash chain like a receipt, so that
// what is claimed later commits to it.
type Lost struct {
	First   uint32 `json:"first"`    // ordinal of the first receipt that is not here
	Count   uint32 `json:"count"`    // how many: paid on chain beyond what this ledger can prove; 0: none that is known
	Paid    uint32 `json:"paid"`     // readings of the purchase that were paid on chain when it was noticed
	SeqFrom uint32 `json:"seq_from"` // the other ledger may have given out these numbers
	SeqTo   uint32 `json:"seq_to"`   // exclusive: the next reading's
	At      uint64 `json:"at"`       // unix seconds, chain time: when it was noticed
}

// LinkLost is the step of the hash chain that stands for a break: keccak256("lost", head,
// first, count, paid, seq_from, seq_to as 4 bytes big-endian each, at as 8).
func LinkLost(head common.Hash, l Lost) common.Hash {
	b := append([]byte("lost"), head[:]...)
	for _, n := range []uint32{l.First, l.Count, l.Paid, l.SeqFrom, l.SeqTo} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return crypto.Keccak256Hash(binary.BigEndian.AppendUint64(b, l.At))
}

// RootOf is the root a settlement of claims emits: it commits to every claim's count and
// receipts head.
func RootOf(claims []Claim) common.Hash {
	leaves := make([]common.Hash, len(claims))
	for i, c := range claims {
		leaves[i] = contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head)
	}
	return contracts.SettlementRoot(leaves)
}

// packSettle is the call that makes claims.
func packSettle(dm *contracts.DataMarket, operator market.OperatorID, claims []Claim) []byte {
	return dm.PackSettle(new(big.Int).SetUint64(uint64(operator)), packed(claims), RootOf(claims))
}

func packed(claims []Claim) []contracts.Claim {
	all := make([]contracts.Claim, len(claims))
	for i, c := range claims {
		all[i] = contracts.Claim{Purchase: uint64(c.Purchase), Delivered: c.Delivered, Last: c.Last}
	}
	return all
}
