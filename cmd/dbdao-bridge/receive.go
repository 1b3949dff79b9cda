package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery/file"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/spf13/cobra"
	"golang.org/x/time/rate"
)

// receiver fetches or follows, verifies, stores and only then acknowledges.
type receiver struct {
	client *api.Client
	signIn func(context.Context, *api.Client) error
	key    ed25519.PublicKey
	store  func(ctx context.Context, p market.PurchaseID, bodies []string) error
	files  *file.Store   // if that is where it stores
	state  string        // file; "": in memory
	look   time.Duration // between two looks at how a purchase stands, when nothing is new
	poll   time.Duration
	live   bool
	once   bool
	pace   *rate.Limiter // of requests, whatever the number of purchases
	say    func(error)

	guard    *guard   // nil: nothing is cancelled
	pulled   sync.Map // digests of readings that a pull of everything has stored
	caughtUp sync.Map // purchases of which everything was fetched, once in this run

	mu     sync.Mutex
	token  string
	marks  map[market.PurchaseID]*mark
	taking map[market.PurchaseID]*sync.Mutex
}

func receiveCommand(o *options) *cobra.Command {
	var to, key, state string
	var cancels bool
	r := &receiver{}
	c := &cobra.Command{
		Use: "receive PURCHASE... --to file:DIR|stdout|URL", Short: "Fetch, verify, store and acknowledge readings: the buyer's own end, for purchases that go nowhere or to a destination of kind pull",
		Long: "Fetch the readings of purchases, verify the operator's signature and the chain of `prev` hashes, store them, and only then acknowledge them. file:DIR appends to DIR/purchase-N.ndjson, " +
			"a JSON reading a line; file:DIR?format=csv or parquet makes DIR/purchase-N-FIRST-LAST.parquet (their seq), which appears when it is whole: with rows=100000 readings, when it is every=1h old, " +
			"or when receive ends; until then its readings stand in DIR/purchase-N.open.ndjson. rows and every cut NDJSON files too. stdout prints them; an http(s) URL gets one POST each, and any 2xx is stored. What was fetched and not stored is fetched again. " +
			"The live feed is followed where the bridge has room for one (eight of a buyer); else it is asked again and again. " +
			"What is held back is said, and why; receive ends by itself when all its purchases are over and everything of them is stored.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%w: %s", errUsage, c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			purchases, err := list(args, id[market.PurchaseID])
			if err != nil {
				return err
			}
			r.state = state
			if err := o.equip(c, r, to, key); err != nil {
				return err
			}
			if cancels {
				if err := o.equipGuard(c, r); err != nil {
					return err
				}
				defer r.guard.m.node.Close()
			}
			return r.run(c.Context(), purchases)
		},
	}
	c.Flags().StringVar(&to, "to", "stdout", "file:DIR?format=ndjson|csv|parquet&rows=N&every=DURATION, stdout, or a URL of yours")
	c.Flags().StringVar(&key, "key", "", "the operator's webhook key, whpk_…, as you know it: another that the bridge signs with is refused (default: what the API tells)")
	c.Flags().StringVar(&state, "state", "", "file that remembers how far it is (default with file:DIR: DIR/receive.json)")
	spans.Var(c.Flags(), &r.poll, "poll", 2*time.Second, "time between looks when nothing is new and no feed is followed")
	c.Flags().BoolVar(&r.live, "live", true, "follow the live feed")
	c.Flags().BoolVar(&r.once, "once", false, "end when nothing is new")
	c.Flags().BoolVar(&cancels, "cancel-overclaimed", false, "cancel a purchase when the chain has paid more readings than were received, for 10 blocks, and fetching everything once more does not close the gap; wants a node (--rpc), the key's ether, and a state file")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return c
}

// equip signs in and opens the store.
func (o *options) equip(c *cobra.Command, r *receiver, to, key string) error {
	wallet, err := o.wallet(c.Context())
	if err != nil {
		return err
	}
	r.say = func(err error) { fmt.Fprintln(c.ErrOrStderr(), terminal.Error(err)) }
	r.signIn = func(ctx context.Context, c *api.Client) error { return c.SignIn(ctx, wallet) }
	client := o.publicClient()
	if err := r.meet(c.Context(), client, &key); err != nil {
		return err
	}
	r.look = min(max(30*r.poll, time.Second), time.Minute)
	r.client, r.token, r.marks, r.pace = client, client.Token, map[market.PurchaseID]*mark{}, rate.NewLimiter(10, 10)
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whpk_"))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: --key must be whpk_ and base64 of 32 bytes: the operator's webhook key, which his /v1/operator shows", errUsage)
	}
	r.key = b
	if err := r.openStore(terminal.Verbatim(c.OutOrStdout()), to); err != nil {
		return err
	}
	return r.load()
}

// meet signs in for the first time, and learns the operator's key if the buyer has not given
// it. A bridge that is away is waited for: it may have been killed a moment ago, as this end was.
func (r *receiver) meet(ctx context.Context, client *api.Client, key *string) error {
	for said := false; ; said = true {
		err := r.signIn(ctx, client)
		if err == nil {
			var info api.OperatorInfo
			info, err = client.Operator(ctx)
			if err == nil && *key != "" && strings.TrimPrefix(*key, "whpk_") != strings.TrimPrefix(info.Key, "whpk_") {
				return fmt.Errorf("%w: --key %s is not what this bridge signs with: that is %s. Nothing was fetched. Ask the operator which is his, or compare: the key whose keccak256 `operator show %d` prints as keys is",
					errUsage, *key, info.Key, info.Operator)
			}
			*key = cmp.Or(*key, info.Key)
		}
		if !errors.Is(err, api.ErrUnreachable) || r.once || ctx.Err() != nil {
			return err
		}
		if !said {
			r.say(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(r.poll, 10*time.Second)):
		}
	}
}

// openStore reads --to.
func (r *receiver) openStore(stdout io.Writer, to string) error {
	place, isFile := strings.CutPrefix(to, "file:")
	switch {
	case isFile:
		files, err := file.Open(place)
		if err != nil {
			if errors.Is(err, file.ErrPlace) {
				err = fmt.Errorf("%w: --to %w", errUsage, err)
			}
			return err
		}
		r.files, r.state = files, cmp.Or(r.state, filepath.Join(files.Dir, "receive.json"))
		r.store = func(_ context.Context, p market.PurchaseID, bodies []string) error { return files.Append(p, bodies) }
	case to == "stdout":
		var mu sync.Mutex
		r.store = func(_ context.Context, _ market.PurchaseID, bodies []string) error {
			mu.Lock()
			defer mu.Unlock()
			_, err := fmt.Fprintln(stdout, strings.Join(bodies, "\n"))
			return err
		}
	case strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://"):
		r.store = func(ctx context.Context, _ market.PurchaseID, bodies []string) error { return postAll(ctx, to, bodies) }
	default:
		return fmt.Errorf("%w: --to must be file:DIR, stdout, or a URL that begins with http:// or https://", errUsage)
	}
	return nil
}

var (
	errForged = errors.New("a reading is not what the operator signed: nothing of it was stored or acknowledged")
	errStore  = errors.New("it could not be stored")
)

// run receives until ctx ends; a reading that does not verify, or cannot be stored, ends it.
func (r *receiver) run(ctx context.Context, purchases []market.PurchaseID) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var wg, closer sync.WaitGroup
	for _, p := range purchases {
		wg.Go(func() {
			if err := r.receive(ctx, p); err != nil {
				end(err)
			}
		})
	}
	if r.guard != nil {
		closer.Go(func() { r.guard.run(ctx, r, purchases) })
	}
	if r.files != nil {
		closer.Go(func() {
			if err := r.files.Run(ctx); err != nil {
				end(fmt.Errorf("%w: %w", errStore, err))
			}
		})
	}
	wg.Wait()
	end(nil)
	closer.Wait()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if r.files != nil {
		err = errors.Join(err, r.files.Close())
	}
	return err
}

// receive fetches a purchase's readings until nothing is new, then follows them, and so on,
// until the purchase is over. A bridge that is away, or a session that is over, is waited for.
func (r *receiver) receive(ctx context.Context, p market.PurchaseID) error {
	said, stands := "", standing{}
	for ctx.Err() == nil {
		token := r.session()
		more, err := r.page(ctx, p)
		stands.fetched = stands.fetched || more
		if err == nil && !more {
			r.caughtUp.Store(p, true)
		}
		if err == nil && !more && (!r.once || !stands.fetched) {
			err = r.consider(ctx, p, &stands)
			if err == nil && !stands.over && r.live && !r.once {
				err = r.follow(ctx, p)
				more = err == nil // it ended: fetch what came meanwhile
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && stands.over:
			return nil
		case errors.Is(err, errForged) || errors.Is(err, errStore):
			return err
		case err == nil && more:
			said = ""
			continue
		case r.once:
			return err
		case errors.Is(err, api.ErrSignedOut):
			if err = r.signInAgain(ctx, token); err == nil {
				continue
			}
		}
		if err != nil && err.Error() != said {
			said = err.Error()
			r.say(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.poll):
		}
	}
	return nil
}

// standing is what was last found, and said, of a purchase of which nothing is new.
type standing struct {
	fetched bool // something was, in this run
	over    bool
	said    string
	at      time.Time
}

// consider looks, once in a while, whether a purchase of which nothing is new is over, or
// why it waits, and says so when it changes.
func (r *receiver) consider(ctx context.Context, p market.PurchaseID, s *standing) error {
	if time.Since(s.at) < r.look {
		return nil
	}
	v, err := r.delivery(ctx, p)
	if err != nil {
		return err
	}
	s.at, s.over = time.Now(), v.Over
	text := idle(p, &v, s.fetched)
	if text != "" && text != s.said {
		r.say(errors.New(text))
	}
	s.said = text
	return nil
}

// idle says why nothing of a purchase is new, and what to do about it; "": something was fetched, and
// more comes by itself.
func idle(p market.PurchaseID, v *api.DeliveryView, fetched bool) string {
	switch {
	case v.Over:
		return fmt.Sprintf("purchase %d is over, %s: %d readings were delivered, %d are parked", p, v.Why, v.Receipts, v.Parked)
	case v.Why != "" && v.Waiting > 0:
		return fmt.Sprintf("purchase %d: %d readings wait: %s", p, v.Waiting, v.Why)
	case v.Destination != "" && v.Kind != "pull":
		return fmt.Sprintf("purchase %d is delivered to the destination %s (%s): a reading is shown here when that has taken it. To fetch its readings instead: `destination set box --kind pull`, then `destination use box %[1]d`",
			p, v.Destination, v.Kind)
	case !fetched:
		return fmt.Sprintf("purchase %d: nothing is new (%d readings taken in so far, %d delivered): what its sensor sends next is shown when it comes", p, v.Posted, v.Receipts)
	}
	return ""
}

// session is the token that signs requests now.
func (r *receiver) session() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token
}

// as is a client with the token of now, when it is its turn.
func (r *receiver) as(ctx context.Context) (*api.Client, error) {
	if err := r.pace.Wait(ctx); err != nil {
		return nil, err
	}
	c := *r.client
	c.Token = r.session()
	return &c, nil
}

// signInAgain opens a session, unless another purchase has done so meanwhile.
func (r *receiver) signInAgain(ctx context.Context, former string) error {
	c, err := r.as(ctx)
	if err != nil || c.Token != former {
		return err
	}
	if err := r.signIn(ctx, c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token = c.Token
	return nil
}

// page fetches, verifies and stores a page. What it stores is acknowledged by the next.
func (r *receiver) page(ctx context.Context, p market.PurchaseID) (more bool, err error) {
	page, err := r.asked(ctx, p, r.mark(p).Cursor)
	if err != nil {
		return false, err
	}
	fresh, err := r.take(ctx, p, page)
	return fresh || page.Acknowledged > 0, err
}

// follow takes what comes, and acknowledges it at most once a second, until the bridge ends
// the feed or the next look is due.
func (r *receiver) follow(whole context.Context, p market.PurchaseID) error {
	c, err := r.as(whole)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(whole, r.look)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	from := r.mark(p).Cursor
	wg.Go(func() {
		for at := from; ; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
			if now := r.mark(p).Cursor; now != at && r.pace.Wait(ctx) == nil && c.Acknowledge(ctx, p, now) == nil { // else the next time
				at = now
			}
		}
	})
	err = c.Follow(ctx, p, cmp.Or(from, "-"), func(page api.Page) error {
		_, err := r.take(whole, p, page) // to its end, though the look is due
		return err
	})
	if ctx.Err() != nil && !errors.Is(err, errForged) && !errors.Is(err, errStore) {
		return nil // the look is due
	}
	return err
}
