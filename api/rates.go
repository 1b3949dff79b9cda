package api

import (
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"
)

// rates counts requests by whom they are from. Whoever was idle for longer than a turn has his
// full allowance again, so that forgetting him changes nothing.
type rates struct {
	mu          sync.Mutex
	now, before map[string]*rate.Limiter // counted in this turn, and in the one before only
	turned      time.Time
	rest        *rate.Limiter // of all for whom there is no room
}

// pace is how many requests a second are taken, and how many at once.
type pace struct {
	second rate.Limit
	burst  int
}

// What is taken of whom.
var (
	paceStranger = pace{20, 60}   // who has not signed in, by address or /64
	paceAccount  = pace{20, 60}   // who has, by account, wherever he comes from
	paceBehind   = pace{200, 600} // all accounts behind one address or /64
	paceSignIn   = pace{1, 30}    // sign-ins from one address or /64: each may ask a wallet's contract
	paceChain    = pace{50, 300}  // questions to the operator's nodes from one address or /64
	paceChains   = pace{200, 900} // and from all
)

const (
	turn     = 10 * time.Second // longer than any burst takes to come back, but that of sign-ins
	turnMany = 50_000           // counted apart in one turn
)

func newRates() *rates {
	return &rates{now: map[string]*rate.Limiter{}, turned: time.Now(), rest: rate.NewLimiter(paceBehind.second, paceBehind.burst)}
}

// take counts a request; false says that it is one too many.
func (r *rates) take(who string, p pace) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := time.Since(r.turned); since > time.Minute || since > turn && len(r.now) >= turnMany {
		r.now, r.before, r.turned = map[string]*rate.Limiter{}, r.now, time.Now()
	}
	l := r.now[who]
	if l == nil {
		if l = r.before[who]; l == nil {
			if l = rate.NewLimiter(p.second, p.burst); len(r.now) >= turnMany {
				l = r.rest
			}
		}
		if l != r.rest {
			r.now[who] = l
		}
	}
	return l.Allow()
}

// counted takes requests of who has signed in by his account, and others by address.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, ok := s.Proxies.caller(r), false
		if v, in := s.sessions.find(r.Header.Get("Authorization")); in {
			ok = s.rates.take("behind "+from, paceBehind) && s.rates.take("account "+v.address.Hex(), paceAccount)
		} else {
			ok = s.rates.take("from "+from, paceStranger)
		}
		if !ok {
			tooMany(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limited takes requests by address alone.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.rates.take("admin "+Proxies(nil).caller(r), paceStranger) {
			tooMany(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	deny(w, http.StatusTooManyRequests, "too many requests: ask again in a second")
}

// From is where a request came from. It is a part of an input whose handler must know.
type From struct {
	remote    string
	forwarded []string
}

// Resolve reads it.
func (f *From) Resolve(ctx huma.Context) []error {
	f.remote = ctx.RemoteAddr()
	ctx.EachHeader(func(name, value string) {
		if http.CanonicalHeaderKey(name) == forwardedFor {
			f.forwarded = append(f.forwarded, value)
		}
	})
	return nil
}

// hurried refuses what comes too soon; a second later there is room again.
func hurried(sentence string) error {
	return huma.ErrorWithHeaders(huma.Error429TooManyRequests(sentence), map[string][]string{"Retry-After": {"1"}})
}
