package evidence

import (
	"crypto/ed25519"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// KeysHash is what an operator publishes on chain as his keys: keccak256 of the 32
// bytes of the ed25519 key that signs his deliveries.
func KeysHash(key ed25519.PublicKey) common.Hash { return crypto.Keccak256Hash(key) }
