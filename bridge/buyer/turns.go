package buyer

import (
	"fmt"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/ethereum/go-ethereum/common"
)

// turns bound what buyers have done beside the courier, whose slots it does not use: one of
// each account's at a time, and a few of all. Signing in costs nothing.
type turns struct {
	what string
	most int // of all

	mu  sync.Mutex
	who map[common.Address]struct{}
}

func (r *turns) enter(who common.Address) (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, twice := r.who[who]; twice || len(r.who) >= r.most {
		return nil, fmt.Errorf("%w: a %s of yours is under way, or too many are: try again when it is done", api.ErrRefused, r.what)
	}
	if r.who == nil {
		r.who = map[common.Address]struct{}{}
	}
	r.who[who] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.who, who)
	}, nil
}
