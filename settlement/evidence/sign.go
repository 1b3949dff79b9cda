package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// KeysHash is what an operator publishes on chain as his keys: keccak256 of the 32
// bytes of the ed25519 key that signs his deliveries.
func KeysHash(key ed25519.PublicKey) common.Hash { return crypto.Keccak256Hash(key) }

const keyPrefix = "whpk_"

// KeyText writes a key as /v1/operator shows it.
func KeyText(key ed25519.PublicKey) string { return keyPrefix + base64.StdEncoding.EncodeToString(key) }

func parseKey(text string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, keyPrefix))
	if err != nil || len(b) != ed25519.PublicKeySize || !strings.HasPrefix(text, keyPrefix) {
		return nil, fmt.Errorf("webhook_key is no whpk_ key")
	}
	return b, nil
}

// SignedText is what the operator's ed25519 key signs of a reading: eight lines.
func SignedText(id *Identity, r *Reading) string {
	return fmt.Sprintf("%s\n%d\n%s\n%d\n%d\n%d\n%s\n%d\n", Format, id.ChainID, strings.ToLower(id.Market.Hex()), id.Purchase,
		r.Ordinal, r.Seq, r.Digest.Hex(), r.Delivered)
}

// ReadingsHash is keccak256 of the signed texts of all readings, one after another.
func ReadingsHash(id *Identity, readings []Reading) common.Hash {
	h := crypto.NewKeccakState()
	for i := range readings {
		h.Write([]byte(SignedText(id, &readings[i])))
	}
	return common.BytesToHash(h.Sum(nil))
}

// attestationHash is the EIP-712 digest the operator's hot key signs.
func attestationHash(d *Document, keys common.Hash) (common.Hash, error) {
	uint := func(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
	data := apitypes.TypedData{
		Types: apitypes.Types{
			"EIP712Domain": {{Name: "name", Type: "string"}, {Name: "version", Type: "string"}, {Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}},
			"Evidence": {{Name: "operator", Type: "uint64"}, {Name: "purchase", Type: "uint64"}, {Name: "first", Type: "uint32"}, {Name: "count", Type: "uint32"},
				{Name: "total", Type: "uint32"}, {Name: "head", Type: "bytes32"}, {Name: "readings", Type: "bytes32"}, {Name: "keys", Type: "bytes32"},
				{Name: "block", Type: "uint64"}, {Name: "made", Type: "uint64"}},
		},
		PrimaryType: "Evidence",
		Domain: apitypes.TypedDataDomain{Name: "DataMarket", Version: "1", ChainId: (*math.HexOrDecimal256)(uint(d.Identity.ChainID)),
			VerifyingContract: d.Identity.Market.Hex()},
		Message: apitypes.TypedDataMessage{
			"operator": uint(uint64(d.Identity.Operator)), "purchase": uint(uint64(d.Identity.Purchase)),
			"first": uint(uint64(d.Receipts.First)), "count": uint(uint64(d.Receipts.Count)), "total": uint(uint64(d.Receipts.Total)),
			"head": d.Receipts.Head.Bytes(), "readings": d.Attestation.Readings.Bytes(), "keys": keys.Bytes(),
			"block": uint(d.Block), "made": uint(uint64(max(d.Made.Unix(), 0))),
		},
	}
	digest, _, err := apitypes.TypedDataAndHash(data)
	if err != nil {
		return common.Hash{}, fmt.Errorf("hash the attestation: %w", err)
	}
	return common.BytesToHash(digest), nil
}

// signedBy recovers who signed a digest; zero if nobody can have.
func signedBy(digest common.Hash, sig []byte) common.Address {
	if len(sig) != crypto.SignatureLength {
		return common.Address{}
	}
	s := append([]byte(nil), sig...)
	if s[64] >= 27 {
		s[64] -= 27
	}
	key, err := crypto.SigToPub(digest[:], s)
	if err != nil {
		return common.Address{}
	}
	return crypto.PubkeyToAddress(*key)
}

// hexBytes are bytes written as 0x….
type hexBytes []byte

// MarshalText writes 0x and hexadecimal digits.
func (b hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode([]byte("0x"), b), nil }

// UnmarshalText reads what MarshalText wrote, at most the length of a signature.
func (b *hexBytes) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "0x")
	v, err := hex.DecodeString(digits)
	if !ok || err != nil || len(v) > crypto.SignatureLength {
		return fmt.Errorf("%.20q is no signature", text)
	}
	*b = v
	return nil
}
