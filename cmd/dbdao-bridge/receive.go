package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"
)

// receiver fetches, verifies, stores and only then acknowledges.
type receiver struct {
	client *api.Client
	signIn func(context.Context) error
	key    ed25519.PublicKey
	store  func(ctx context.Context, p market.PurchaseID, bodies []string) error
	state  string // file; "": in memory
	marks  map[market.PurchaseID]*mark
}

// mark is how far a purchase's readings are stored.
type mark struct {
	Cursor string      `json:"cursor"`
	Seq    uint32      `json:"seq"`
	Digest common.Hash `json:"digest"` // of the reading with that seq; zero: none yet
}

func receiveCommand(o *options) *cobra.Command {
	var to, key, state string
	var poll time.Duration
	var once bool
	c := &cobra.Command{
		Use: "receive PURCHASE... --to file:DIR|stdout|URL", Short: "Fetch, verify, store and acknowledge readings: the buyer's own end, for purchases that go nowhere or to a destination of kind pull",
		Long: "Fetch the readings of purchases, verify the operator's signature and the chain of `prev` hashes, store them, and only then acknowledge them. file:DIR appends to DIR/purchase-N.ndjson, " +
			"a JSON reading a line; stdout prints them; an http(s) URL gets one POST each, and any 2xx is stored. What was fetched and not stored is fetched again.",
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
			r, err := o.receiver(c, to, key, state)
			if err != nil {
				return err
			}
			return r.run(c.Context(), purchases, poll, once)
		},
	}
	c.Flags().StringVar(&to, "to", "stdout", "file:DIR, stdout, or a URL of yours")
	c.Flags().StringVar(&key, "key", "", "the operator's key, whpk_…, as you know it (default: what the API tells)")
	c.Flags().StringVar(&state, "state", "", "file that remembers how far it is (default with file:DIR: DIR/receive.json)")
	c.Flags().DurationVar(&poll, "poll", 2*time.Second, "time between looks when nothing is new")
	c.Flags().BoolVar(&once, "once", false, "end when nothing is new")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return c
}

// receiver signs in and opens the store.
func (o *options) receiver(c *cobra.Command, to, key, state string) (*receiver, error) {
	wallet, err := o.wallet()
	if err != nil {
		return nil, err
	}
	client, err := o.buyerClient(c)
	if err != nil {
		return nil, err
	}
	r := &receiver{client: client, marks: map[market.PurchaseID]*mark{}, state: state,
		signIn: func(ctx context.Context) error { return client.SignIn(ctx, wallet) }}
	if key == "" {
		info, err := client.Operator(c.Context())
		if err != nil {
			return nil, err
		}
		key = info.Key
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whpk_"))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: --key must be whpk_ and base64 of 32 bytes", errUsage)
	}
	r.key = b
	dir, isFile := strings.CutPrefix(to, "file:")
	switch {
	case isFile && dir != "":
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder: %w", err)
		}
		if r.state == "" {
			r.state = filepath.Join(dir, "receive.json")
		}
		r.store = func(_ context.Context, p market.PurchaseID, bodies []string) error {
			return appendLines(filepath.Join(dir, fmt.Sprintf("purchase-%d.ndjson", p)), bodies)
		}
	case to == "stdout":
		r.store = func(_ context.Context, _ market.PurchaseID, bodies []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), strings.Join(bodies, "\n"))
			return err
		}
	case strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://"):
		r.store = func(ctx context.Context, _ market.PurchaseID, bodies []string) error { return postAll(ctx, to, bodies) }
	default:
		return nil, fmt.Errorf("%w: --to must be file:DIR, stdout or a URL", errUsage)
	}
	return r, r.load()
}

func (r *receiver) load() error {
	if r.state == "" {
		return nil
	}
	b, err := os.ReadFile(r.state)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, &r.marks)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", r.state, err)
	}
	return nil
}

// save replaces the state file.
func (r *receiver) save() error {
	if r.state == "" {
		return nil
	}
	b, err := json.Marshal(r.marks)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.state), ".receive-*")
	if err != nil {
		return fmt.Errorf("remember how far it is: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close(), os.Rename(f.Name(), r.state)); err != nil {
		return fmt.Errorf("remember how far it is: %w", err)
	}
	return nil
}

// run goes round the purchases. A bridge that is away, or a session that is over, is
// waited for; a reading that does not verify ends it.
func (r *receiver) run(ctx context.Context, purchases []market.PurchaseID, poll time.Duration, once bool) error {
	for {
		fresh := false
		for _, p := range purchases {
			more, err := r.page(ctx, p)
			fresh = fresh || more
			switch {
			case err == nil:
			case once || errors.Is(err, errForged) || errors.Is(err, errStore):
				return err
			case errors.Is(err, api.ErrUnreachable):
			default:
				_ = r.signIn(ctx) // the session may be over; if it was something else, that is told again
			}
		}
		switch {
		case fresh:
			continue
		case once:
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(poll):
		}
	}
}

var (
	errForged = errors.New("a reading is not what the operator signed: nothing of it was stored or acknowledged")
	errStore  = errors.New("it could not be stored")
)

// page fetches, verifies and stores a page. What it stores is acknowledged by the next.
func (r *receiver) page(ctx context.Context, p market.PurchaseID) (more bool, err error) {
	m := r.marks[p]
	if m == nil {
		m = &mark{}
		r.marks[p] = m
	}
	page, err := r.client.Readings(ctx, p, m.Cursor)
	if err != nil || len(page.Readings) == 0 {
		return false, err
	}
	if !r.signed(page) {
		return false, errForged
	}
	var bodies []string
	next := *m
	next.Cursor = page.Cursor
	for _, one := range page.Readings {
		if one.Body == "" {
			continue // its time with the operator is over
		}
		digest := crypto.Keccak256Hash([]byte(one.Body))
		if next.Digest != (common.Hash{}) && one.Seq == next.Seq && digest == next.Digest {
			continue // stored, and shown again
		}
		var body struct {
			Purchase market.PurchaseID `json:"purchase"`
			Seq      uint32            `json:"seq"`
			Prev     common.Hash       `json:"prev"`
		}
		if json.Unmarshal([]byte(one.Body), &body) != nil || body.Purchase != p || body.Seq != one.Seq {
			return false, fmt.Errorf("%w (purchase %d, seq %d)", errForged, p, one.Seq)
		}
		if next.Digest != (common.Hash{}) && one.Seq == next.Seq+1 && body.Prev != next.Digest {
			return false, fmt.Errorf("%w (purchase %d: seq %d does not follow seq %d)", errForged, p, one.Seq, next.Seq)
		}
		bodies = append(bodies, one.Body)
		next.Seq, next.Digest = one.Seq, digest
	}
	if len(bodies) > 0 {
		if err := r.store(ctx, p, bodies); err != nil {
			return false, fmt.Errorf("%w: %w", errStore, err)
		}
	}
	more = next.Cursor != m.Cursor || page.Acknowledged > 0
	*m = next
	return more, r.save()
}

// signed verifies the operator's signature over a page.
func (r *receiver) signed(page api.Page) bool {
	content := []byte(page.ID + "." + page.Timestamp + ".")
	for _, one := range page.Readings {
		content = append(append(content, one.Body...), '\n')
	}
	text, ok := strings.CutPrefix(page.Signature, "v1a,")
	sig, err := base64.StdEncoding.DecodeString(text)
	return ok && err == nil && ed25519.Verify(r.key, content, sig)
}

// appendLines appends what the file does not have yet, durably: after a crash its last
// line may be torn, and its last lines may be of a page that is fetched again.
func appendLines(path string, bodies []string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	have, end, err := tail(f)
	if err != nil {
		return err
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	w := bufio.NewWriter(io.NewOffsetWriter(f, end))
	for _, b := range bodies {
		if !have[b] {
			_, _ = w.WriteString(b + "\n")
		}
	}
	return errors.Join(w.Flush(), f.Sync())
}

// tail reads the whole lines at the end of a file, as many as a page may have, and tells
// where they end.
func tail(f *os.File) (have map[string]bool, end int64, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	from := max(0, size-(8<<20))
	b := make([]byte, size-from)
	if _, err := f.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	have = map[string]bool{}
	for line := range bytes.Lines(b) {
		have[string(bytes.TrimSuffix(line, []byte("\n")))] = true
	}
	return have, from + int64(len(b)), nil
}

// postAll posts readings one after the other.
func postAll(ctx context.Context, url string, bodies []string) error {
	client := &http.Client{Timeout: 30 * time.Second}
	for _, b := range bodies {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(b))
		if err != nil {
			return err
		}
		var body struct{ ID string }
		_ = json.Unmarshal([]byte(b), &body) // it was read before
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("webhook-id", body.ID)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode >= 300 {
			return errors.New("HTTP " + strconv.Itoa(res.StatusCode))
		}
	}
	return nil
}
