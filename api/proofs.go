package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
)

// States of a proof.
const (
	ProofAttested = "attested" // the operator vouches: Attestation is what the owner lists with
	ProofWaiting  = "waiting"  // nothing came yet that names who asks
	ProofRefused  = "refused"  // Reason says why
)

// ProofsMax is how many devices are looked at in one request.
const ProofsMax = 200

// How long a request for proofs waits.
const (
	proofWait   = 20 * time.Second
	proofAtOnce = 64 // accounts that wait
	proofFrom   = 4  // of them, behind one address or /64
)

// ProofsRequest asks the operator to vouch for devices that show by themselves whose they are:
// the device tag dbdao_owner of their uplinks is the address of who asks.
type ProofsRequest struct {
	Devices []lorawan.DevEUI `json:"devices" minItems:"1" maxItems:"200"`
	Seconds int              `json:"seconds,omitempty" minimum:"0" maximum:"20" doc:"How long to wait for uplinks at most, in seconds; ask again for those that still wait."`
}

// Proof is what became of a device.
type Proof struct {
	DevEUI      lorawan.DevEUI `json:"dev_eui"`
	State       string         `json:"state" enum:"attested,waiting,refused"`
	Attestation *Attestation   `json:"attestation,omitempty"`
	Reason      string         `json:"reason,omitempty"`
}

// Prover vouches for devices that show whose they are.
type Prover interface {
	// Prove waits for live uplinks of devices that name their owner, and answers in the order of
	// devices. An error that wraps ErrRefused is the caller's fault.
	Prove(ctx context.Context, owner common.Address, devices []lorawan.DevEUI, wait time.Duration) ([]Proof, error)
}

// proving is whose requests for proofs are under way: one of an account.
type proving struct {
	mu   sync.Mutex
	who  map[common.Address]bool
	from map[string]int
}

func (p *proving) begin(who common.Address, from string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.who[who] || len(p.who) >= proofAtOnce || p.from[from] >= proofFrom {
		return false
	}
	if p.who == nil {
		p.who, p.from = map[common.Address]bool{}, map[string]int{}
	}
	p.who[who] = true
	p.from[from]++
	return true
}

func (p *proving) end(who common.Address, from string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.who, who)
	if p.from[from]--; p.from[from] == 0 {
		delete(p.from, from)
	}
}

func (s *Server) proofs(ctx context.Context, in *struct {
	From
	Authorization string `header:"Authorization"`
	Body          ProofsRequest
}) (*out[[]Proof], error) {
	who, err := s.caller(in.Authorization)
	if err != nil {
		return nil, err
	}
	from := s.Proxies.callerOf(in.From)
	if !s.proving.begin(who, from) {
		return nil, hurried("a request of yours for proofs is under way, or too many are: ask again when one has been answered")
	}
	defer s.proving.end(who, from)
	all, err := s.b.Prover.Prove(ctx, who, in.Body.Devices, time.Duration(in.Body.Seconds)*time.Second)
	if all == nil && ctx.Err() != nil {
		return nil, huma.Error503ServiceUnavailable("you went away")
	}
	return answer(s, all, err)
}

// Prove asks the operator to vouch for devices of the account that has signed in; it waits up to 20 seconds.
func (c *Client) Prove(ctx context.Context, devices []lorawan.DevEUI) (all []Proof, err error) {
	return all, c.do(ctx, http.MethodPost, "/v1/proofs", ProofsRequest{devices, int(proofWait / time.Second)}, &all)
}
