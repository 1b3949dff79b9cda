package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// fake is a bridge with one purchase of ann's.
type fake struct {
	ann     common.Address
	owner   common.Address // of stream 1; zero: ann
	dests   map[common.Address]map[string]DestinationInput
	asked   []string
	terms   []string
	copy    copied
	late    time.Duration // by which this machine's clock is behind the checked one
	wallets func(wallet common.Address, digest common.Hash, signature []byte) (bool, error)

	next   func(context.Context) (Page, error) // of feeds
	closed atomic.Int32
}

func (f *fake) SetDestination(buyer common.Address, _, name string, in DestinationInput) (v DestinationView, err error) {
	if len(in.Config) < 3 {
		return v, fmt.Errorf("%w: url is missing", ErrRefused)
	}
	if f.dests[buyer] == nil {
		f.dests[buyer] = map[string]DestinationInput{}
	}
	f.dests[buyer][name] = in
	return DestinationView{Name: name, Kind: in.Kind, Config: json.RawMessage(`{"shown":true}`)}, nil
}

func (f *fake) Destination(buyer common.Address, name string) (v DestinationView, err error) {
	in, ok := f.dests[buyer][name]
	if !ok {
		return v, fmt.Errorf("%w: no such destination", ErrAbsent)
	}
	return DestinationView{Name: name, Kind: in.Kind, Config: json.RawMessage(`{"shown":true}`)}, nil
}

func (f *fake) Destinations(buyer common.Address) ([]DestinationView, error) {
	return make([]DestinationView, len(f.dests[buyer])), nil
}

func (f *fake) RemoveDestination(buyer common.Address, name string) error {
	if _, err := f.Destination(buyer, name); err != nil {
		return err
	}
	delete(f.dests[buyer], name)
	return nil
}

func (f *fake) TestDestination(_ context.Context, buyer common.Address, name string) (TestReport, error) {
	_, err := f.Destination(buyer, name)
	return TestReport{Taken: true}, err
}

func (f *fake) RetryDestination(buyer common.Address, name string) error {
	_, err := f.Destination(buyer, name)
	return err
}

func (f *fake) RotateDestination(buyer common.Address, name, secret string, until time.Time) (DestinationView, error) {
	f.asked = append(f.asked, fmt.Sprint(secret, " ", time.Until(until).Round(time.Hour)))
	return f.Destination(buyer, name)
}

func (f *fake) RoutePurchase(p market.PurchaseID, name string) error {
	f.asked = append(f.asked, fmt.Sprint(p, " to ", name))
	return nil
}
func (f *fake) Delivery(p market.PurchaseID) (DeliveryView, error) {
	return DeliveryView{Purchase: p, Queue: "idle"}, nil
}
func (f *fake) Parked(market.PurchaseID, uint32, int) ([]ParkedView, error) {
	return []ParkedView{{Seq: 7}}, nil
}
func (f *fake) Replay(_ context.Context, _ market.PurchaseID, r Range) (Replay, error) {
	return Replay{Unparked: int(*r.From)}, nil
}
func (f *fake) Kinds() delivery.Kinds { return nil }
func (f *fake) Purchase(p market.PurchaseID) (market.Purchase, bool, error) {
	return market.Purchase{ID: p, Buyer: f.ann}, p == 1, nil
}
func (f *fake) Attest(_ context.Context, r AttestRequest) (Attestation, error) {
	if r.Owner == (common.Address{}) {
		return Attestation{}, fmt.Errorf("%w: owner is missing", ErrRefused)
	}
	return Attestation{DevEUI: r.DevEUI}, nil
}
func (f *fake) Prove(_ context.Context, _ common.Address, devices []lorawan.DevEUI, _ time.Duration) (all []Proof, err error) {
	for _, dev := range devices {
		all = append(all, Proof{DevEUI: dev, State: ProofWaiting})
	}
	return all, nil
}
func (f *fake) Release(dev lorawan.DevEUI) error {
	if dev == (lorawan.DevEUI{7: 1}) {
		return nil
	}
	return fmt.Errorf("%w: the device is listed", ErrRefused)
}
func (f *fake) Devices() ([]market.Device, error) { return []market.Device{{}}, nil }
func (f *fake) Bought() []lorawan.DevEUI          { return []lorawan.DevEUI{{7: 1}} }

// fakeTerms has what an encoder of JSON would write in another way.
const fakeTerms = `{"sell":["values"],"title":"<a & b>, 21 °C","version":2}`

func (f *fake) Terms(h common.Hash) ([]byte, bool, error) {
	return []byte(fakeTerms), h == common.Hash{1}, nil
}
func (f *fake) PutTerms(doc []byte, by common.Address) (common.Hash, error) {
	if by != (common.Address{}) && by != f.ownerIs() {
		return common.Hash{}, fmt.Errorf("%w: no stream of yours", ErrRefused)
	}
	f.terms = append(f.terms, string(doc))
	return crypto.Keccak256Hash(doc), nil
}
func (f *fake) Earnings(context.Context) ([]settlement.Earning, error) {
	return nil, errors.New("disk /secret/path")
}
func (f *fake) SettleNow(context.Context) ([]settlement.Tx, error) { return []settlement.Tx{}, nil }
func (f *fake) Evidence(p market.PurchaseID, first uint32, _ int) (*evidence.Document, bool, error) {
	return &evidence.Document{Identity: evidence.Identity{Purchase: p}, Receipts: evidence.Range{First: first}}, p == 1, nil
}
func (f *fake) Status() (Status, error) { return Status{Version: "v"}, nil }
func (f *fake) Conditions() []Condition {
	return []Condition{{Code: "rpc_down", Text: "host 10.0.0.7"}}
}
func (f *fake) Operator() OperatorInfo { return OperatorInfo{ChainID: 1337, Operator: 1} }

func (f *fake) Clock() time.Time { return time.Now().Add(f.late) }

const (
	domain     = "bridge.example"
	adminToken = "0123456789abcdef"
)

// asAdmin asks an admin API as the operator.
func asAdmin(t *testing.T, method, url, kind string, body io.Reader) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return http.DefaultClient.Do(r)
}

func serve(t *testing.T) (*fake, *Server, *httptest.Server) {
	t.Helper()
	f := &fake{dests: map[common.Address]map[string]DestinationInput{}}
	s := New(Backend{Purchases: f, Devices: f, Prover: f, Treasury: f, Reporter: f, Archivist: f, Destinations: f, Claimant: f, Copier: f, Puller: f, Market: fakeMarket{}, Wallets: f}, "https://"+domain, slog.New(slog.DiscardHandler))
	h := httptest.NewServer(s.Public())
	t.Cleanup(h.Close)
	return f, s, h
}

// wallet signs as wallets do.
type wallet struct {
	sign func(common.Hash) ([]byte, error)
}

func newWallet(t *testing.T) (common.Address, func(string) string, walletKey) {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(h common.Hash) ([]byte, error) {
		sig, err := crypto.Sign(h[:], key)
		if err == nil {
			sig[64] += 27
		}
		return sig, err
	}
	a := crypto.PubkeyToAddress(key.PublicKey)
	return a, func(message string) string {
		sig, err := sign(common.BytesToHash(accounts.TextHash([]byte(message))))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("0x%x", sig)
	}, walletKey{a, wallet{sign}}
}

type walletKey struct {
	address common.Address
	wallet
}

func (w walletKey) Address() common.Address                     { return w.address }
func (w walletKey) SignHash(digest common.Hash) ([]byte, error) { return w.sign(digest) }

func TestABuyerSetsAndSeesHisDestinationsAndNobodyElsesDo(t *testing.T) {
	f, _, h := serve(t)
	ann, _, key := newWallet(t)
	f.ann = ann
	c := NewClient(h.URL, "")
	in := DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"https://x/y?token=t","secret":"whsec_s"}`)}
	if _, err := c.SetDestination(t.Context(), "store", in); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("without a session: %v", err)
	}
	if err := c.SignIn(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Destination(t.Context(), "store"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before it is set: %v", err)
	}
	if _, err := c.SetDestination(t.Context(), "store", DestinationInput{Kind: "http", Config: json.RawMessage(`{}`)}); err == nil || !strings.Contains(err.Error(), "url is missing") {
		t.Errorf("a refusal: %v", err)
	}
	set, err := c.SetDestination(t.Context(), "store", in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Destination(t.Context(), "store")
	if err != nil || got.Name != set.Name || string(got.Config) != `{"shown":true}` {
		t.Errorf("%+v %+v %v", got, set, err)
	}
	if kept := f.dests[ann]["store"]; string(kept.Config) != string(in.Config) {
		t.Errorf("kept %s", kept.Config)
	}
	_, _, other := newWallet(t)
	o := NewClient(h.URL, "")
	if err := o.SignIn(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"show": second(o.Destination(t.Context(), "store")), "rm": o.RemoveDestination(t.Context(), "store"),
		"test": second(o.TestDestination(t.Context(), "store")), "retry": o.RetryDestination(t.Context(), "store"),
		"rotate": second(o.RotateDestination(t.Context(), "store", "s", time.Hour)), "use": second(o.RoutePurchase(t.Context(), 1, "store")),
		"delivery": second(o.Delivery(t.Context(), 1)), "parked": second(o.Parked(t.Context(), 1, 0)), "replay": second(o.Replay(t.Context(), 1, Range{})),
		"a purchase there is not": second(c.Delivery(t.Context(), 2)),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s, of another's: %v", what, err)
		}
	}
	if all, err := o.Destinations(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("another sees %v %v", all, err)
	}
	for what, err := range map[string]error{
		"test": second(c.TestDestination(t.Context(), "store")), "retry": c.RetryDestination(t.Context(), "store"),
		"rotate": second(c.RotateDestination(t.Context(), "store", "s", 2*time.Hour)), "use": second(c.RoutePurchase(t.Context(), 1, "store")),
		"parked": second(c.Parked(t.Context(), 1, 0)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.RotateDestination(t.Context(), "store", "s", 9000*time.Hour); err == nil || !strings.Contains(err.Error(), "at most 30d") {
		t.Errorf("a rotation of a year: %v", err)
	}
	if r, err := c.Replay(t.Context(), 1, Range{From: new(uint32(3))}); err != nil || r.Unparked != 3 {
		t.Errorf("%+v %v", r, err)
	}
	if !slices.Contains(f.asked, "s 2h0m0s") || !slices.Contains(f.asked, "1 to store") {
		t.Errorf("the bridge was asked %v", f.asked)
	}
	if err := c.RemoveDestination(t.Context(), "store"); err != nil || len(f.dests[ann]) != 0 {
		t.Errorf("%v, left %v", err, f.dests[ann])
	}
}

func second[T any](_ T, err error) error { return err }

func TestASignInIsOneUseAndBoundToDomainChainTimeAndSigner(t *testing.T) {
	_, s, _ := serve(t)
	ann, sign, _ := newWallet(t)
	_, signOther, _ := newWallet(t)
	now := time.Now()
	good := func() string { return SignInMessage(domain, "https://"+domain, ann, 1337, s.sessions.nonce(), now) }
	for name, m := range map[string]string{
		"another domain":   SignInMessage("evil.example", "https://evil.example", ann, 1337, s.sessions.nonce(), now),
		"another chain":    SignInMessage(domain, "https://"+domain, ann, 1, s.sessions.nonce(), now),
		"an unknown nonce": SignInMessage(domain, "https://"+domain, ann, 1337, "0123456789abcdef", now),
		"an old message":   SignInMessage(domain, "https://"+domain, ann, 1337, s.sessions.nonce(), now.Add(-time.Hour)),
		"a doubled field":  good() + "\nNonce: " + s.sessions.nonce(),
		"an expired one":   good() + "\nExpiration Time: " + now.Add(-time.Minute).UTC().Format(time.RFC3339),
		"nothing":          "",
	} {
		if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); !errors.Is(err, ErrSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := good()
	if _, _, err := s.sessions.signIn(t.Context(), m, signOther(m)); !errors.Is(err, ErrSignIn) {
		t.Errorf("another signer: %v", err)
	}
	if _, _, err := s.sessions.signIn(t.Context(), m, "0x12"); !errors.Is(err, ErrSignIn) {
		t.Errorf("no signature: %v", err)
	}
	if _, who, err := s.sessions.signIn(t.Context(), m, sign(m)); err != nil || who != ann {
		t.Errorf("the honest one: %v", err)
	}
	if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); !errors.Is(err, ErrSignIn) {
		t.Errorf("the same again: %v", err)
	}
}

func TestStrangersLearnNothingAndBloatNothing(t *testing.T) {
	_, _, h := serve(t)
	get := func(path string) (int, string) {
		res, err := http.Get(h.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(res.Body)
		return res.StatusCode, b.String()
	}
	if code, body := get("/v1/health"); code != 200 || !strings.Contains(body, "rpc_down") || strings.Contains(body, "10.0.0.7") {
		t.Errorf("health: %d %s", code, body)
	}
	if code, body := get("/v1/terms/0x01" + strings.Repeat("00", 31)); code != 200 || body != fakeTerms {
		t.Errorf("terms: %d %q: their hash is not what stands on chain", code, body)
	}
	for _, path := range []string{"/v1/terms/0x02" + strings.Repeat("00", 31), "/v1/admin/status", "/metrics", "/v1/nothing"} {
		if code, _ := get(path); code != http.StatusNotFound {
			t.Errorf("%s answers %d on the public listener", path, code)
		}
	}
	res, err := http.Post(h.URL+"/v1/session", "application/json", bytes.NewReader(make([]byte, 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode < 400 {
		t.Errorf("a megabyte is answered %d", res.StatusCode)
	}
	limited := false
	for range 200 {
		code, _ := get("/v1/operator")
		limited = limited || code == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("two hundred requests at once are all answered")
	}
}

func (f *fake) Accepts(_ context.Context, wallet common.Address, digest common.Hash, signature []byte) (bool, error) {
	if f.wallets == nil {
		return false, nil
	}
	return f.wallets(wallet, digest, signature)
}

func (f *fake) ownerIs() common.Address { return cmp.Or(f.owner, f.ann) }

func (f *fake) Claim(_ context.Context, stream market.StreamID, owner common.Address) (OwnerClaim, bool, error) {
	return OwnerClaim{Stream: stream}, stream == 1 && owner == f.ownerIs(), nil
}

// copied is a copy of a ledger that is text.
type copied struct {
	*strings.Reader
	length int64
	digest [32]byte
}

func (copied) Close() error         { return nil }
func (c copied) Length() int64      { return c.length }
func (c copied) Digest() [32]byte   { return c.digest }
func (f *fake) Copy() (Copy, error) { return f.copy, nil }

// A body that is too long is the sender's fault, whether he tells its length or not.
func TestABodyThatIsTooLongIsToldSo(t *testing.T) {
	_, s, public := serve(t)
	admin := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	defer admin.Close()
	long := strings.Repeat(" ", 4<<20)
	for _, url := range []string{public.URL + "/v1/session", admin.URL + "/v1/admin/devices"} {
		for _, told := range []bool{true, false} {
			var body io.Reader = strings.NewReader(long)
			if !told {
				body = io.MultiReader(body) // hides the length
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+adminToken)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "longer than") {
				t.Errorf("%s, length told %v: %d %s", url, told, res.StatusCode, text)
			}
		}
	}
}
