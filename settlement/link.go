package settlement

import (
	"encoding/binary"

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
