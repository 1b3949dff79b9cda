package catalogue

import (
	"math"
	"math/big"
)

// Rank is where a stream stands in the catalogue, with the parts it is made of. All of them
// are on chain, so anybody can compute it. Nothing a seller can buy from himself counts:
// purchases, readings and prices do not; the stake he can lose does.
type Rank struct {
	Stake          float64 `json:"stake"`           // log₂(1 + stake in DTX) of an open stream, otherwise 0
	SellerFaults   int     `json:"seller_faults"`   // streams of its owner, or of its device, whose stake was taken
	OperatorFaults int     `json:"operator_faults"` // rulings against its operator
	Record         float64 `json:"record"`          // 1 / ((1 + seller faults) · √(1 + operator faults)), above 0, at most 1
	Score          uint32  `json:"score"`           // stake · record in millionths, rounded down
}

// Ranked computes a rank. stake is in units of 10^-decimals DTX; nil is none.
func Ranked(stake *big.Int, decimals int, open bool, sellerFaults, operatorFaults int) Rank {
	r := Rank{SellerFaults: sellerFaults, OperatorFaults: operatorFaults}
	if open && stake != nil && stake.Sign() > 0 {
		dtx, _ := new(big.Rat).SetFrac(stake, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)).Float64()
		r.Stake = math.Log2(1 + dtx)
	}
	r.Record = 1 / (float64(1+sellerFaults) * math.Sqrt(float64(1+operatorFaults)))
	r.Score = uint32(min(r.Stake*r.Record*1e6, math.MaxUint32))
	return r
}
