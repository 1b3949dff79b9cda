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

// rootOf is the root a settlement of claims emits: it commits to every claim's count and
// receipts head.
func rootOf(claims []Claim) common.Hash {
	leaves := make([]common.Hash, len(claims))
	for i, c := range claims {
		leaves[i] = contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head)
	}
	return contracts.SettlementRoot(leaves)
}

// packSettle is the call that makes claims.
func packSettle(dm *contracts.DataMarket, operator market.OperatorID, claims []Claim) []byte {
	packed := make([]contracts.Claim, len(claims))
	for i, c := range claims {
		packed[i] = contracts.Claim{Purchase: uint64(c.Purchase), Delivered: c.Delivered, Last: c.Last}
	}
	return dm.PackSettle(new(big.Int).SetUint64(uint64(operator)), packed, rootOf(claims))
}
