// Package attest vouches for devices: it hears the proof that a device is somebody's, remembers
// DevEUI, salt and terms, and signs what the owner lists the device with.
//
// It knows the market's nouns and the tags of live uplinks, and nothing of readings or buyers.
package attest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Sources tells what the tags of a source's devices can be asked of.
type Sources interface {
	Tagged() bool // any source has events with device tags
	TagReaders(source string) []intake.TagReader
}

// Scripts checks codecs.
type Scripts interface {
	Check(ctx context.Context, script string) error
}

// Nonces tells the nonces that devices' next claims carry.
type Nonces interface {
	DeviceNonces(ctx context.Context, operator market.OperatorID, devices ...common.Hash) ([]uint32, error)
}

// Attester vouches for devices: it is the api.Devices.
type Attester struct {
	Operator market.OperatorID
	ChainID  uint64
	Market   common.Address
	Key      *settlement.Key // the operator's
	Ledger   *ledger.Ledger
	Index    *market.Index
	Reader   Nonces
	Scripts  Scripts
	Live     *intake.Tags
	Lately   *intake.Senders
	Started  time.Time // when the bridge began to listen
	Sources  Sources
	Health   *health.Conditions
	Log      *slog.Logger
}

// Devices lists those vouched for.
func (a *Attester) Devices() ([]market.Device, error) { return a.Ledger.Devices() }

// Bought lists the devices with a purchase whose window holds now.
func (a *Attester) Bought() []lorawan.DevEUI {
	all, now := []lorawan.DevEUI{}, a.Index.Now()
	for _, dev := range a.Index.Devices() {
		if slices.ContainsFunc(a.Index.Lookup(dev), func(e *market.Entitlement) bool { return e.State == market.PurchaseActive && e.Covers(now) }) {
			all = append(all, dev)
		}
	}
	return all
}

// Terms gives a terms document by its hash.
func (a *Attester) Terms(hash common.Hash) ([]byte, bool, error) { return a.Ledger.Terms(hash) }

// claimAgeMax is how far ahead the market lets a device claim be dated (CONTRACTS, list).
const claimAgeMax = 24 * time.Hour

// claimFrom is the time a device claim counts from, unix seconds: the newest block's where it
// is near, because the market compares with its next block and a wall clock may be ahead of
// that. A chain that makes blocks on demand may be hours behind: there it is the wall clock,
// less ten minutes.
func (a *Attester) claimFrom() uint64 {
	head, _ := a.Index.Head()
	wall := uint64(a.Index.Clock().Unix())
	return max(min(head.Time, wall), wall-600)
}

// Attest vouches for a device: it remembers DevEUI and salt, and signs what the
// owner lists with.
func (a *Attester) Attest(ctx context.Context, r api.AttestRequest) (made api.Attestation, err error) {
	valid, err := validFor(r)
	if err != nil {
		return made, err
	}
	text, err := TermsOf(r)
	if err != nil {
		return made, err
	}
	if r.Script != "" {
		if err := a.Scripts.Check(ctx, r.Script); err != nil {
			return made, fmt.Errorf("%w: the codec cannot be used: %v (try it with `dbdao-bridge codec run`)", api.ErrRefused, err)
		}
	}
	if err := a.proven(ctx, r); err != nil {
		return made, err
	}
	made, err = a.made(ctx, r, text, valid)
	if errors.Is(err, ledger.ErrOwned) {
		err = fmt.Errorf("%w: %w: when that is over, `dbdao-bridge device release --dev-eui %s` frees the device, and then you may vouch for it for %s", api.ErrRefused, err, r.DevEUI, r.Owner)
	}
	return made, err
}

// made vouches for a device, what was shown for it being enough.
func (a *Attester) made(ctx context.Context, r api.AttestRequest, text []byte, valid time.Duration) (made api.Attestation, err error) {
	for { // until nobody else has drawn a salt for the device meanwhile
		if made, err = a.vouch(ctx, r, text, []byte(r.Script), valid); !errors.Is(err, ledger.ErrSalt) {
			break
		}
	}
	if err != nil {
		return made, err
	}
	if r.Script != "" {
		a.Health.Clear("codec_missing", made.Terms.Hex())
	}
	a.Health.Clear("device_moved", made.Device.Hex())
	a.Log.Info("device attested", "proof_kind", r.ProofKind, "owner", r.Owner.Hex(), "device", made.Device.Hex())
	return made, nil
}

// vouch signs for a device and remembers it, under the salt it has or a new one.
func (a *Attester) vouch(ctx context.Context, r api.AttestRequest, text, script []byte, valid time.Duration) (made api.Attestation, err error) {
	device, err := a.device(r)
	if err != nil {
		return made, err
	}
	made = api.Attestation{DevEUI: r.DevEUI, Salt: device.Salt, Terms: crypto.Keccak256Hash(text), TermsText: string(text)}
	if made.DeviceClaim, made.Signature, err = a.sign(ctx, r, device.Commitment, valid); err != nil {
		return made, err
	}
	return made, a.Ledger.Attest(device, text, script)
}

// Release frees a device of its owner, so that it can be vouched for for another. An error
// that wraps api.ErrRefused says why it is not free yet.
func (a *Attester) Release(dev lorawan.DevEUI) error {
	err := a.Ledger.ReleaseDevice(dev)
	if errors.Is(err, ledger.ErrListed) || errors.Is(err, ledger.ErrNoDevice) {
		return fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return err
}

// validFor checks who asks, and for how long the answer is to hold.
func validFor(r api.AttestRequest) (time.Duration, error) {
	if r.Owner == (common.Address{}) {
		return 0, fmt.Errorf("%w: owner is missing: give the address that will list the device", api.ErrRefused)
	}
	if r.ValidFor == "" {
		return claimAgeMax, nil
	}
	d, err := spans.Parse(r.ValidFor)
	if err != nil || d <= 0 || d > claimAgeMax {
		return 0, fmt.Errorf("%w: valid_for must be a duration of at most %s, such as 12h: the market takes no older word", api.ErrRefused, spans.Text(claimAgeMax))
	}
	return d, nil
}

// sign makes the claim that a device is an owner's.
func (a *Attester) sign(ctx context.Context, r api.AttestRequest, device common.Hash, valid time.Duration) (c contracts.DeviceClaim, signature string, err error) {
	nonces, err := a.Reader.DeviceNonces(ctx, a.Operator, device)
	if err != nil {
		return c, "", err
	}
	c = contracts.DeviceClaim{Operator: uint64(a.Operator), Owner: r.Owner, Device: device, ProofKind: r.ProofKind, Nonce: nonces[0],
		Deadline: a.claimFrom() + uint64(valid/time.Second)}
	digest, err := contracts.DeviceClaimHash(new(big.Int).SetUint64(a.ChainID), a.Market, c)
	if err != nil {
		return c, "", err
	}
	sig, err := a.Key.SignHash(digest)
	return c, fmt.Sprintf("0x%x", sig), err
}

// TermsOf gives the document a request asks for, and checks it and the script it names.
func TermsOf(r api.AttestRequest) (document []byte, err error) {
	o := offer.Offer{Sell: []string{"data", "values"}}
	document = []byte(r.TermsText)
	if r.TermsText == "" {
		if err = o.Check(); err == nil {
			document, err = o.Document()
		}
	} else {
		o, err = offer.Read(document)
	}
	named := o.Codec != nil && o.Codec.Script != nil
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", api.ErrRefused, err)
	case len(r.Script) > js.MaxScript:
		return nil, fmt.Errorf("%w: %w", api.ErrRefused, js.ErrSize)
	case !named && r.Script != "":
		return nil, fmt.Errorf("%w: there is a script, and no codec js in the offer", api.ErrRefused)
	case named && *o.Codec.Script != crypto.Keccak256Hash([]byte(r.Script)):
		return nil, fmt.Errorf("%w: the script is not the one whose hash stands in the offer", api.ErrRefused)
	}
	return document, nil
}

// device finds the device's salt, or draws one: a DevEUI has one commitment, so that
// the market sees a second listing of it.
func (a *Attester) device(r api.AttestRequest) (market.Device, error) {
	known, err := a.Ledger.Devices()
	if err != nil {
		return market.Device{}, err
	}
	for _, d := range known {
		if d.DevEUI == r.DevEUI {
			d.Owner, d.Attested = r.Owner, a.Index.Clock().UTC()
			return d, nil
		}
	}
	d := market.Device{DevEUI: r.DevEUI, Owner: r.Owner, Attested: a.Index.Clock().UTC()}
	if _, err := rand.Read(d.Salt[:]); err != nil {
		return d, fmt.Errorf("draw a salt: %w", err)
	}
	d.Commitment = contracts.DeviceCommitment(r.DevEUI, d.Salt)
	return d, nil
}

// PutTerms remembers a terms document. by is the account that gives it; zero is the operator.
// An owner may give those that a stream of his, or a purchase of one, stands under.
func (a *Attester) PutTerms(doc []byte, by common.Address) (common.Hash, error) {
	if by != (common.Address{}) {
		named, err := a.Ledger.NamesTerms(by, doc)
		if err != nil {
			return common.Hash{}, err
		}
		if !named {
			return common.Hash{}, fmt.Errorf("%w: no stream of yours with this operator, and no purchase of one, stands under these terms: set them on chain first (`stream set-terms`)", api.ErrRefused)
		}
	}
	hash, err := a.Ledger.PutTerms(doc)
	if errors.Is(err, offer.ErrUnreadable) {
		return hash, fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return hash, err
}
