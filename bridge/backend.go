package bridge

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// backend is the bridge as the API sees it.
type backend struct{ *parts }

func (p *parts) backend() api.Backend {
	b := backend{p}
	return api.Backend{Destinations: b, Puller: b, Purchases: p.ledger, Devices: b, Treasury: b, Reporter: b, Sessions: b, Backfiller: b, Archivist: b, Claimant: b, Copier: b}
}

func (b backend) Devices() ([]market.Device, error) { return b.ledger.Devices() }

// Bought lists the devices with a purchase whose window holds now.
func (b backend) Bought() []lorawan.DevEUI {
	all, now := []lorawan.DevEUI{}, b.index.Now()
	for _, dev := range b.index.Devices() {
		if slices.ContainsFunc(b.index.Lookup(dev), func(e *market.Entitlement) bool { return e.State == market.PurchaseActive && e.Covers(now) }) {
			all = append(all, dev)
		}
	}
	return all
}

func (b backend) Terms(hash common.Hash) ([]byte, bool, error) { return b.ledger.Terms(hash) }

// claimAgeMax is how far ahead the market lets a device claim be dated (CONTRACTS, list).
const claimAgeMax = 24 * time.Hour

// claimFrom is the time a device claim counts from, unix seconds: the newest block's where it
// is near, because the market compares with its next block and a wall clock may be ahead of
// that. A chain that makes blocks on demand may be hours behind: there it is the wall clock,
// less ten minutes.
func (b backend) claimFrom() uint64 {
	head, _ := b.index.Head()
	wall := uint64(time.Now().Unix())
	return max(min(head.Time, wall), wall-600)
}

// Attest vouches for a device: it remembers DevEUI and salt, and signs what the
// owner lists with.
func (b backend) Attest(ctx context.Context, r api.AttestRequest) (api.Attestation, error) {
	refuse := func(format string, args ...any) (api.Attestation, error) {
		return api.Attestation{}, fmt.Errorf("%w: "+format, append([]any{api.ErrRefused}, args...)...)
	}
	if r.Owner == (common.Address{}) {
		return refuse("owner is missing: give the address that will list the device")
	}
	valid := claimAgeMax
	if r.ValidFor != "" {
		d, err := time.ParseDuration(r.ValidFor)
		if err != nil || d <= 0 || d > claimAgeMax {
			return refuse("valid_for must be a duration of at most %s, such as 12h: the market takes no older word", claimAgeMax)
		}
		valid = d
	}
	terms, script, err := termsOf(r)
	if err != nil {
		return api.Attestation{}, err
	}
	if script != "" {
		if err := b.scripts.Check(ctx, script); err != nil {
			return refuse("the codec cannot be used: %v (try it with `dbdao-bridge codec run`)", err)
		}
	}
	if err := b.proven(ctx, r); err != nil {
		return api.Attestation{}, err
	}
	device, err := b.device(r)
	if err != nil {
		return api.Attestation{}, err
	}
	nonce, err := b.reader.DeviceNonce(ctx, market.OperatorID(b.cfg.Operator.ID), device.Commitment)
	if err != nil {
		return api.Attestation{}, err
	}
	text, err := terms.Document()
	if err != nil {
		return api.Attestation{}, err
	}
	a := api.Attestation{
		DeviceClaim: contracts.DeviceClaim{Operator: b.cfg.Operator.ID, Owner: r.Owner, Device: device.Commitment,
			ProofKind: r.ProofKind, Nonce: nonce, Deadline: b.claimFrom() + uint64(valid/time.Second)},
		DevEUI: r.DevEUI, Salt: device.Salt, Terms: crypto.Keccak256Hash(text), TermsText: string(text),
	}
	digest, err := contracts.DeviceClaimHash(new(big.Int).SetUint64(b.chainID), b.market(), a.DeviceClaim)
	if err != nil {
		return api.Attestation{}, err
	}
	sig, err := b.key.SignHash(digest)
	if err != nil {
		return api.Attestation{}, err
	}
	a.Signature = fmt.Sprintf("0x%x", sig)
	if script != "" { // before the terms that name it
		if _, err := b.ledger.PutScript([]byte(script)); err != nil {
			return api.Attestation{}, err
		}
		b.health.Clear("codec_missing", a.Terms.Hex())
	}
	if _, err := b.ledger.PutTerms(text); err != nil {
		return api.Attestation{}, err
	}
	if err := b.ledger.PutDevice(device); err != nil {
		return api.Attestation{}, err
	}
	if err := b.ledger.ForgetApplication(r.DevEUI); err != nil { // the next uplink shows where it is now
		return api.Attestation{}, err
	}
	b.health.Clear("device_moved", device.Commitment.Hex())
	b.log.Info("device attested", "proof_kind", r.ProofKind, "owner", r.Owner.Hex(), "device", device.Commitment.Hex())
	return a, nil
}

// termsOf makes the terms a request asks for, and gives the script they name.
func termsOf(r api.AttestRequest) (t market.Terms, script string, err error) {
	t = market.Terms{Sell: r.Sell, Quantities: r.Quantities, GeoDecimals: r.GeoDecimals}
	if len(t.Sell) == 0 {
		t.Sell = []string{"data", "values"}
		if len(t.Quantities) > 0 || t.GeoDecimals != nil { // bytes would tell what these hide
			t.Sell = []string{"values"}
		}
	}
	if c := r.Codec; c != nil {
		t.Codec = &market.TermsCodec{Kind: c.Kind, Variables: c.Variables}
		if c.Script != "" {
			script = c.Script
			t.Codec.Script = new(crypto.Keccak256Hash([]byte(script)))
		}
		if len(script) > js.MaxScript {
			return t, "", fmt.Errorf("%w: %w", api.ErrRefused, js.ErrSize)
		}
	}
	if err := t.Check(); err != nil {
		return t, "", fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return t, script, nil
}

// device finds the device's salt, or draws one: a DevEUI has one commitment, so that
// the market sees a second listing of it.
func (b backend) device(r api.AttestRequest) (market.Device, error) {
	known, err := b.ledger.Devices()
	if err != nil {
		return market.Device{}, err
	}
	for _, d := range known {
		if d.DevEUI == r.DevEUI {
			d.Owner, d.Attested = r.Owner, time.Now().UTC()
			return d, nil
		}
	}
	d := market.Device{DevEUI: r.DevEUI, Owner: r.Owner, Attested: time.Now().UTC()}
	if _, err := rand.Read(d.Salt[:]); err != nil {
		return d, fmt.Errorf("draw a salt: %w", err)
	}
	d.Commitment = contracts.DeviceCommitment(r.DevEUI, d.Salt)
	return d, nil
}

// Evidence makes the evidence file of a purchase, with both of the operator's keys.
func (b backend) Evidence(p market.PurchaseID, first uint32, limit int) (*evidence.Document, bool, error) {
	r, ok, err := b.ledger.Proof(p, first, min(limit, evidence.MaxReadings))
	if err != nil || !ok {
		return nil, ok, err
	}
	d, err := evidence.Build(evidence.Place{ChainID: b.chainID, Market: b.market(), Operator: market.OperatorID(b.cfg.Operator.ID)},
		r, b.signing, b.key, time.Now())
	return d, true, err
}

func (b backend) Earnings(ctx context.Context) ([]settlement.Earning, error) {
	rules, err := b.rules(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := b.ledger.Accounts()
	if err != nil {
		return nil, err
	}
	return settlement.Earnings(accounts, rules.Decimals, b.settler.Load()), nil
}

func (b backend) SettleNow(ctx context.Context) ([]settlement.Tx, error) {
	s := b.settler.Load()
	if s == nil {
		return nil, errors.New("settlement is not running: settlement.enabled is false, or no node has answered yet")
	}
	return s.SettleNow(ctx)
}

// copyOf is a copy of the ledger on its way out.
type copyOf struct{ *ledger.Snapshot }

func (c copyOf) Length() int64    { return c.Size }
func (c copyOf) Digest() [32]byte { return c.SHA256 }

func (b backend) Copy() (api.Copy, error) {
	s, err := b.ledger.Snapshot()
	if err != nil {
		return nil, err
	}
	return copyOf{s}, nil
}

func (b backend) Conditions() []api.Condition { return b.health.Conditions() }

func (b backend) Operator() api.OperatorInfo {
	return api.OperatorInfo{
		Operator: market.OperatorID(b.cfg.Operator.ID), Name: b.cfg.Operator.Name, ChainID: b.chainID, Market: b.market(), Version: Version,
		Key: "whpk_" + base64.StdEncoding.EncodeToString(b.signing.Public().(ed25519.PublicKey)),
	}
}

func (b backend) Status() (api.Status, error) {
	stats, err := b.ledger.Stats()
	if err != nil {
		return api.Status{}, err
	}
	s := api.Status{
		Version: Version, Operator: market.OperatorID(b.cfg.Operator.ID), Started: b.started, Conditions: b.health.Conditions(),
		Chain: b.follower.Status(), Ledger: stats, Destinations: b.courier.Standings(), Unrouted: b.courier.Unrouted(),
	}
	s.Challenged = b.accused.list(b.index.Now())
	s.Entitlements.Devices, s.Entitlements.Purchases = b.index.Len()
	s.Entitlements.Serving = b.index.Serving()
	for _, src := range b.sources {
		s.Sources = append(s.Sources, src.status())
	}
	if t := b.settler.Load(); t != nil {
		st := t.Status()
		s.Settlement = &st
	}
	return s, nil
}
