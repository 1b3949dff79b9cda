package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// permitFor is how long a permit is valid.
const permitFor = time.Hour

// PermitSignature is a permit (ERC-2612) that was signed elsewhere, over the typed data
// of [Unsigned].
type PermitSignature struct {
	Deadline  uint64 // unix seconds, as in the typed data
	Signature []byte // 65 bytes
}

// ErrPermit says why a signature of a permit is not taken.
var ErrPermit = errors.New("the permit's signature does not hold: sign the typed data as it was printed, with the key of --from, and give the same --permit-deadline")

// permit is a message that lets the market take tokens, to be signed.
type permit struct {
	typed    apitypes.TypedData
	digest   common.Hash
	value    *big.Int
	deadline uint64
}

// funding says how the market gets at what calls pay.
type funding struct {
	missing bool    // the allowance is too small
	permit  *permit // nil: the token has none, or the account is a contract
	pays    *big.Int
}

// funding looks whether the account has what it pays, and how the market may take it.
func (c *Client) funding(ctx context.Context, pays *big.Int) (funding, error) {
	if pays == nil || pays.Sign() == 0 {
		return funding{}, nil
	}
	balance, err := c.Reader.Balance(ctx, c.Rules.Token, c.From)
	if err != nil {
		return funding{}, err
	}
	if balance.Cmp(pays) < 0 {
		return funding{}, fmt.Errorf("%w: %s has %s and needs %s", ErrFunds, c.From, c.Amount(balance), c.Amount(pays))
	}
	allowed, err := c.Reader.Allowance(ctx, c.Rules.Token, c.From, c.Market)
	if err != nil || allowed.Cmp(pays) >= 0 {
		return funding{}, err
	}
	deadline := uint64(0)
	if c.Permit != nil {
		deadline = c.Permit.Deadline
	} else {
		now, err := c.Now(ctx)
		if err != nil {
			return funding{}, err
		}
		deadline = now + uint64(permitFor/time.Second)
	}
	p, err := c.permit(ctx, pays, deadline)
	return funding{true, p, pays}, err
}

// funded looks to it that the market may take what calls pay, see fund; short says that it
// might not before.
func (c *Client) funded(ctx context.Context, key Signer, pays *big.Int) (first []byte, short bool, err error) {
	f, err := c.funding(ctx, pays)
	if err != nil {
		return nil, false, err
	}
	first, err = c.fund(ctx, key, f)
	return first, f.missing, err
}

// fund signs a permit and gives the call that spends it; or, where the token has no
// permits, sends an approval.
func (c *Client) fund(ctx context.Context, key Signer, f funding) (first []byte, err error) {
	if !f.missing {
		return nil, nil
	}
	if f.permit != nil {
		sig, err := key.SignHash(f.permit.digest)
		if err != nil {
			return nil, fmt.Errorf("sign a permit: %w", err)
		}
		if c.spends(ctx, f.permit, sig) {
			return c.use(f.permit, sig), nil
		}
		again, err := c.permit(ctx, f.pays, f.permit.deadline)
		if err == nil && again != nil && again.digest != f.permit.digest { // another of the account's permits was used meanwhile
			return c.fund(ctx, key, funding{true, again, f.pays})
		}
	}
	b, err := c.fit(ctx, nil, []call{c.approval(c.Market, f.pays)}, 1, 1)
	if err != nil {
		return nil, err
	}
	_, err = c.send(ctx, key, b)
	return nil, err
}

// signed gives the call that spends a permit signed elsewhere; nil if there is none.
func (f funding) signed(c *Client) ([]byte, error) {
	if !f.missing || c.Permit == nil {
		return nil, nil
	}
	if f.permit == nil {
		return nil, errors.New("this token or account has no permits: leave --permit-signature out")
	}
	sig := append([]byte{}, c.Permit.Signature...)
	if len(sig) != 65 {
		return nil, ErrPermit
	}
	if sig[64] < 27 {
		sig[64] += 27
	}
	plain := append([]byte{}, sig...)
	plain[64] -= 27
	key, err := crypto.SigToPub(f.permit.digest[:], plain)
	if err != nil || crypto.PubkeyToAddress(*key) != c.From {
		return nil, ErrPermit
	}
	return c.use(f.permit, sig), nil
}

func (c *Client) use(p *permit, sig []byte) []byte {
	return c.dm.PackUsePermit(contracts.Permit{
		Value: p.value, Deadline: new(big.Int).SetUint64(p.deadline), V: sig[64], R: [32]byte(sig[:32]), S: [32]byte(sig[32:64]),
	})
}

// spends tries a permit on the token: some look like ERC-2612 and are not.
func (c *Client) spends(ctx context.Context, p *permit, sig []byte) bool {
	data := c.token.PackPermit(c.From, c.Market, p.value, new(big.Int).SetUint64(p.deadline), sig[64], [32]byte(sig[:32]), [32]byte(sig[32:64]))
	_, err := c.node.CallContract(ctx, ethereum.CallMsg{From: c.From, To: &c.Rules.Token, Data: data}, nil)
	return err == nil
}

// permit makes the message, or nil if the token has no permits or nobody can sign one:
// an account that is a contract has no key (unless EIP-7702 lent it code).
func (c *Client) permit(ctx context.Context, value *big.Int, deadline uint64) (*permit, error) {
	code, err := c.node.CodeAt(ctx, c.From, nil)
	if err != nil {
		return nil, fmt.Errorf("look for code at %s: %w", c.From, err)
	}
	if _, lent := types.ParseDelegation(code); len(code) > 0 && !lent {
		return nil, nil
	}
	ask := func(data []byte) ([]byte, bool) {
		out, err := c.node.CallContract(ctx, ethereum.CallMsg{From: c.From, To: &c.Rules.Token, Data: data}, nil)
		return out, err == nil && len(out) >= 32
	}
	out, ok := ask(c.token.PackNonces(c.From))
	if !ok {
		return nil, nil
	}
	nonce := new(big.Int).SetBytes(out[:32])
	separator, ok := ask(c.token.PackDOMAINSEPARATOR())
	if !ok {
		return nil, nil
	}
	name, version := "", "1"
	if out, ok := ask(c.token.PackName()); ok {
		name, _ = c.token.UnpackName(out)
	}
	if out, ok := ask(crypto.Keccak256([]byte("version()"))[:4]); ok {
		if v, err := c.token.UnpackName(out); err == nil {
			version = v
		}
	}
	typed := permitData(c.ChainID, c.Rules.Token, name, version, c.From, c.Market, value, nonce, deadline)
	domain, err := typed.HashStruct("EIP712Domain", typed.Domain.Map())
	if err != nil || common.BytesToHash(domain) != common.BytesToHash(separator[:32]) {
		return nil, nil // another domain than ours: the token would not know the signature
	}
	digest, _, err := apitypes.TypedDataAndHash(typed)
	if err != nil {
		return nil, fmt.Errorf("hash a permit: %w", err)
	}
	return &permit{typed, common.BytesToHash(digest), value, deadline}, nil
}

// permitData is ERC-2612's message as eth_signTypedData_v4 takes it.
func permitData(chainID *big.Int, token common.Address, name, version string, owner, spender common.Address, value, nonce *big.Int, deadline uint64) apitypes.TypedData {
	return apitypes.TypedData{
		Types: apitypes.Types{
			"EIP712Domain": {{Name: "name", Type: "string"}, {Name: "version", Type: "string"}, {Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}},
			"Permit": {{Name: "owner", Type: "address"}, {Name: "spender", Type: "address"}, {Name: "value", Type: "uint256"},
				{Name: "nonce", Type: "uint256"}, {Name: "deadline", Type: "uint256"}},
		},
		PrimaryType: "Permit",
		Domain:      apitypes.TypedDataDomain{Name: name, Version: version, ChainId: (*math.HexOrDecimal256)(chainID), VerifyingContract: token.Hex()},
		Message: apitypes.TypedDataMessage{
			"owner": owner.Hex(), "spender": spender.Hex(), "value": value.String(), "nonce": nonce.String(), "deadline": new(big.Int).SetUint64(deadline).String(),
		},
	}
}
