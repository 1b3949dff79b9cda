// Package contracts holds the market's contracts as Go sees them: generated
// bindings with the bytecode inside, deployment, and the off-chain forms both
// sides must agree on (EIP-712 claims, commitments, settlement roots, prices).
//
// It refuses to know networks and keys: callers bring a backend and a signer.
package contracts

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

//go:generate sh -c "cd .. && go run ./internal/tools/bindgen contracts/out contracts contracts/bindings.go DataMarket DTX"

// The decimals a market's token may have: a price unit is 10⁻⁶ of it.
const (
	DecimalsLeast = 6
	DecimalsMost  = 18
)

// Gross is what n readings at a price (10⁻⁶ DTX) cost in a token of so many decimals, 6 to
// 18, in wei (its smallest unit).
func Gross(n, price uint64, decimals int) *big.Int {
	g := new(big.Int).Mul(new(big.Int).SetUint64(n), new(big.Int).SetUint64(price))
	return g.Mul(g, Pow10(decimals-DecimalsLeast))
}

// Split shares a gross amount as the contract does: a tenth each to operator and platform, the
// rest to the owner.
func Split(gross *big.Int) (owner, operator, platform *big.Int) {
	operator = Tenth(gross)
	platform = new(big.Int).Set(operator)
	owner = new(big.Int).Sub(gross, new(big.Int).Lsh(operator, 1))
	return owner, operator, platform
}

// Tenth is the operator's part of a gross amount, rounded down.
func Tenth(gross *big.Int) *big.Int { return new(big.Int).Div(gross, big.NewInt(10)) }

// Pow10 is 10 to the n-th.
func Pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// DeviceCommitment is what stands on chain for a device:
// keccak256(abi.encode(bytes8 DevEUI, bytes32 salt)).
func DeviceCommitment(devEUI [8]byte, salt common.Hash) common.Hash {
	var word common.Hash
	copy(word[:], devEUI[:])
	return crypto.Keccak256Hash(word[:], salt[:])
}

// DeviceClaim is what an operator's signer says of a device and its owner.
type DeviceClaim struct {
	Operator  uint64         `json:"operator"`
	Owner     common.Address `json:"owner"`
	Device    common.Hash    `json:"device"`
	ProofKind uint8          `json:"proof_kind"`
	Nonce     uint32         `json:"nonce"`
	Deadline  uint64         `json:"deadline"` // unix seconds
}

// DeviceClaimHash is the EIP-712 digest the operator's signer signs.
func DeviceClaimHash(chainID *big.Int, market common.Address, c DeviceClaim) (common.Hash, error) {
	return typedHash(chainID, market, "DeviceClaim", []apitypes.Type{
		{Name: "operator", Type: "uint40"}, {Name: "owner", Type: "address"}, {Name: "device", Type: "bytes32"},
		{Name: "proofKind", Type: "uint8"}, {Name: "nonce", Type: "uint32"}, {Name: "deadline", Type: "uint40"},
	}, apitypes.TypedDataMessage{
		"operator": new(big.Int).SetUint64(c.Operator), "owner": c.Owner.Hex(), "device": c.Device.Bytes(),
		"proofKind": big.NewInt(int64(c.ProofKind)), "nonce": big.NewInt(int64(c.Nonce)), "deadline": new(big.Int).SetUint64(c.Deadline),
	})
}

// SettlementHash is the EIP-712 digest of claims that anyone may relay.
// claimsHash is keccak256(abi.encode(Claim[])), see ClaimsHash.
func SettlementHash(chainID *big.Int, market common.Address, operator uint64, claimsHash, root common.Hash, deadline uint64) (common.Hash, error) {
	return typedHash(chainID, market, "Settlement", []apitypes.Type{
		{Name: "operator", Type: "uint40"}, {Name: "claimsHash", Type: "bytes32"}, {Name: "root", Type: "bytes32"}, {Name: "deadline", Type: "uint40"},
	}, apitypes.TypedDataMessage{
		"operator": new(big.Int).SetUint64(operator), "claimsHash": claimsHash.Bytes(), "root": root.Bytes(), "deadline": new(big.Int).SetUint64(deadline),
	})
}

func typedHash(chainID *big.Int, market common.Address, primary string, fields []apitypes.Type, message apitypes.TypedDataMessage) (common.Hash, error) {
	hash, _, err := apitypes.TypedDataAndHash(apitypes.TypedData{
		Types: apitypes.Types{
			"EIP712Domain": {
				{Name: "name", Type: "string"}, {Name: "version", Type: "string"},
				{Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"},
			},
			primary: fields,
		},
		PrimaryType: primary,
		Domain: apitypes.TypedDataDomain{
			Name: "DataMarket", Version: "2", ChainId: (*math.HexOrDecimal256)(chainID), VerifyingContract: market.Hex(),
		},
		Message: message,
	})
	if err != nil {
		return common.Hash{}, fmt.Errorf("hash %s: %w", primary, err)
	}
	return common.BytesToHash(hash), nil
}

// ClaimsHash is keccak256(abi.encode(claims)), as the contract computes it.
func ClaimsHash(claims []Claim) common.Hash {
	b := make([]byte, 0, 64+96*len(claims))
	word := func(v uint64) { b = append(b, common.BigToHash(new(big.Int).SetUint64(v)).Bytes()...) }
	word(32)
	word(uint64(len(claims)))
	for _, c := range claims {
		word(c.Purchase)
		word(uint64(c.Delivered))
		if c.Last {
			word(1)
		} else {
			word(0)
		}
	}
	return crypto.Keccak256Hash(b)
}

// SettlementLeaf is one leaf of a settlement root: keccak256(keccak256(abi.encode(
// uint64 purchase, uint32 delivered, bytes32 receiptsHead))), as in OpenZeppelin's
// standard Merkle tree.
func SettlementLeaf(purchase uint64, delivered uint32, receiptsHead common.Hash) common.Hash {
	var b [96]byte
	new(big.Int).SetUint64(purchase).FillBytes(b[:32])
	new(big.Int).SetUint64(uint64(delivered)).FillBytes(b[32:64])
	copy(b[64:], receiptsHead[:])
	return crypto.Keccak256Hash(crypto.Keccak256(b[:]))
}

// SettlementRoot is the root of OpenZeppelin's standard Merkle tree over leaves;
// the zero hash for none.
func SettlementRoot(leaves []common.Hash) common.Hash {
	tree := merkle(leaves)
	if len(tree) == 0 {
		return common.Hash{}
	}
	return tree[0]
}

// ErrLeaf says that a leaf is not part of a tree.
var ErrLeaf = errors.New("not a leaf of this settlement")

// SettlementProof proves a leaf against SettlementRoot(leaves).
func SettlementProof(leaves []common.Hash, leaf common.Hash) ([]common.Hash, error) {
	tree := merkle(leaves)
	at := -1
	for i := len(tree) - len(leaves); i >= 0 && i < len(tree); i++ {
		if tree[i] == leaf {
			at = i
		}
	}
	if at < 0 {
		return nil, ErrLeaf
	}
	var proof []common.Hash
	for ; at > 0; at = (at - 1) / 2 {
		sibling := at - 1
		if at%2 == 1 {
			sibling = at + 1
		}
		proof = append(proof, tree[sibling])
	}
	return proof, nil
}

// VerifySettlementProof checks what SettlementProof made.
func VerifySettlementProof(root, leaf common.Hash, proof []common.Hash) bool {
	for _, p := range proof {
		leaf = pair(leaf, p)
	}
	return leaf == root
}

// merkle lays the tree out as OpenZeppelin does: node i has children 2i+1 and
// 2i+2, sorted leaves stand last, in reverse.
func merkle(leaves []common.Hash) []common.Hash {
	if len(leaves) == 0 {
		return nil
	}
	sorted := slices.Clone(leaves)
	slices.SortFunc(sorted, func(a, b common.Hash) int { return bytes.Compare(a[:], b[:]) })
	tree := make([]common.Hash, 2*len(sorted)-1)
	for i, l := range sorted {
		tree[len(tree)-1-i] = l
	}
	for i := len(tree) - 1 - len(sorted); i >= 0; i-- {
		tree[i] = pair(tree[2*i+1], tree[2*i+2])
	}
	return tree
}

func pair(a, b common.Hash) common.Hash {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return crypto.Keccak256Hash(a[:], b[:])
}
