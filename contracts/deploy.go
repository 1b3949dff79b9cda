package contracts

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Deployment says where a market lives.
type Deployment struct {
	ChainID uint64         `json:"chain_id"`
	Token   common.Address `json:"token"`
	Market  common.Address `json:"market"`
	Block   uint64         `json:"block"` // of the market: followers start here
}

// DTXWei is n whole tokens in wei.
func DTXWei(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000_000))
}

// MainnetRules are the rules of CONTRACTS: amounts in DTX, times in seconds. Who
// is who (token, owner, platform, guardian, arbiter) the caller fills in.
func MainnetRules() Config {
	const day = 86_400
	return Config{
		MinStake: DTXWei(100), Deposit: DTXWei(10), Quorum: 3,
		Ttl: big.NewInt(14 * day), ReviewMin: big.NewInt(2 * day), Review: big.NewInt(14 * day), Notice: big.NewInt(7 * day),
		ClaimWindow: big.NewInt(7 * day), ChallengeAfter: big.NewInt(14 * day), MaxTerm: 366 * day,
		PauseMax: big.NewInt(7 * day), PauseGap: big.NewInt(30 * day),
	}
}

// DemoRules are the same with times an onlooker can wait for.
func DemoRules() Config {
	r := MainnetRules()
	r.Ttl, r.ReviewMin, r.Review, r.Notice = big.NewInt(60), big.NewInt(15), big.NewInt(60), big.NewInt(30)
	r.ClaimWindow, r.ChallengeAfter = big.NewInt(60), big.NewInt(120)
	r.PauseMax, r.PauseGap = big.NewInt(60), big.NewInt(120)
	return r
}

// TxGasMax is the most gas one transaction may ask for (EIP-7825).
const TxGasMax = 1 << 24

// GasLimit adds a quarter to an estimate, because what a call writes may depend on
// the time of its block, and stays below what a transaction may ask for.
func GasLimit(estimate uint64) uint64 {
	return max(estimate, min(estimate+estimate/4+20_000, TxGasMax))
}
