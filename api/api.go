// Package api is what people and programs talk to: buyers sign in with their
// wallet and set destinations; the operator asks for status, attests devices and settles.
//
// It defines what it needs of the bridge as small interfaces and refuses to know
// how they are met.
package api

import (
	"context"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
)

// Condition is something an operator should know: raised when it begins, cleared
// when it ends.
type Condition struct {
	Code    string    `json:"code"`              // stable, documented in docs/errors.md
	Subject string    `json:"subject,omitempty"` // which source, node or destination
	Text    string    `json:"text"`              // one sentence that says what to do
	Since   time.Time `json:"since"`
}

// Entitlements is the size of the entitlement cache.
type Entitlements struct {
	Devices   int `json:"devices"`   // with at least one purchase
	Purchases int `json:"purchases"` // not closed
	Serving   int `json:"serving"`   // whose readings are delivered now
}

// SourceStatus is the standing of one source of uplinks.
type SourceStatus struct {
	Name      string          `json:"name"`
	Kind      string          `json:"kind"`                     // mqtt, http or gateway
	Connected bool            `json:"connected"`                // of kind http: it listens
	Since     time.Time       `json:"connected_since,omitzero"` // to the broker
	Session   string          `json:"broker_session,omitempty"` // kept: the broker had it from before; new: it had none
	QoS       string          `json:"granted_qos,omitempty"`    // by the broker: 1, or 0, by which what comes while the bridge is away is lost
	LastEvent time.Time       `json:"last_event,omitzero"`      // of any kind
	LastSold  time.Time       `json:"last_sold,omitzero"`       // an uplink that made a parcel
	Usually   float64         `json:"usual_seconds,omitempty"`  // between two events, as learned
	Pending   int             `json:"pending"`                  // uplinks not acknowledged yet
	QoS0      uint64          `json:"qos0"`                     // uplinks published with QoS 0
	Refused   int64           `json:"refused_posts,omitempty"`  // of kind http: without the right token
	Events    []EventCount    `json:"events"`                   // since the start, of any kind
	Fates     []FateCount     `json:"fates"`                    // what became of them
	Gateways  int             `json:"gateways,omitempty"`       // of kind gateway: heard since the start
	Backfill  *BackfillReport `json:"backfill,omitempty"`       // the round under way, or the last one
}

// EventCount counts a source's events of one kind.
type EventCount struct {
	Event string `json:"event"`
	Count uint64 `json:"count"`
}

// FateCount counts what became of a source's events.
type FateCount struct {
	Fate  string `json:"fate"`
	Count uint64 `json:"count"`
	Means string `json:"means"`
}

// Status is everything `status` shows.
type Status struct {
	Version      string                `json:"version"`
	Operator     market.OperatorID     `json:"operator"`
	Started      time.Time             `json:"started"`
	Conditions   []Condition           `json:"conditions"`
	Sources      []SourceStatus        `json:"sources"`
	Chain        market.FollowerStatus `json:"chain"`
	Entitlements Entitlements          `json:"entitlements"`
	Ledger       ledger.Stats          `json:"ledger"`
	Destinations []delivery.Standing   `json:"destinations"` // used since the start
	Unrouted     int                   `json:"unrouted"`     // purchases with readings and no destination
	Readers      Readers               `json:"readers"`
	Settlement   *settlement.Status    `json:"settlement,omitempty"`
	Challenged   []ChallengedStream    `json:"challenged"`
}

// Readers are buyers who take their readings themselves.
type Readers struct {
	Feeds  int `json:"live_feeds"`       // open now
	Pulled int `json:"pulled_purchases"` // whose readings were fetched within the last five minutes
}

// ChallengedStream is a stream whose round of challenges is not over.
type ChallengedStream struct {
	Stream market.StreamID    `json:"stream"`
	State  market.StreamState `json:"state"`
	Quorum uint32             `json:"quorum,omitempty"` // 0 while no node has told the rules
	Over   bool               `json:"over"`             // its time is over: anyone may end it (challenge expire)
	Round  market.Round       `json:"round"`
}

// OperatorInfo is what anybody may know of the operator.
type OperatorInfo struct {
	Operator market.OperatorID `json:"operator"`
	Name     string            `json:"name,omitempty"`
	ChainID  uint64            `json:"chain_id"`
	Market   common.Address    `json:"market"`
	Key      string            `json:"webhook_key"` // whpk_ and base64 of the ed25519 key that signs deliveries
	Version  string            `json:"version"`
	Run      string            `json:"run" doc:"Drawn at random at each start: it tells two bridges behind one URL apart."`
}

// AttestRequest asks the operator to vouch for a device.
type AttestRequest struct {
	DevEUI    lorawan.DevEUI `json:"dev_eui"`
	Owner     common.Address `json:"owner"`
	ProofKind uint8          `json:"proof_kind"`          // 0: the operator's word; 1: a live uplink's device tag dbdao_owner names the owner
	Wait      string         `json:"wait,omitempty"`      // how long to wait for that uplink, e.g. "2m", which is usual; at most WaitMax
	ValidFor  string         `json:"valid_for,omitempty"` // how long the owner may list with it, e.g. "24h"
	Force     bool           `json:"force,omitempty"`     // vouch even for a DevEUI that was not heard within a day, or is all zeros or ones

	TermsText string `json:"terms_document,omitempty" maxLength:"65536"` // the owner's offer document; empty: values and data, nothing promised
	Script    string `json:"script,omitempty"`                           // of its codec js; its keccak256 stands in the document
}

// How long an attestation waits for an uplink that shows the device's owner.
const (
	WaitUsual = 2 * time.Minute
	WaitMax   = 30 * time.Minute
)

// Attestation is what the owner lists with. It names the DevEUI: owner and
// operator keep it to themselves.
type Attestation struct {
	contracts.DeviceClaim
	Signature string         `json:"signature"` // 0x…, by the operator's signer
	DevEUI    lorawan.DevEUI `json:"dev_eui"`
	Salt      common.Hash    `json:"salt"`
	Terms     common.Hash    `json:"terms"`
	TermsText string         `json:"terms_document"` // canonical JSON whose keccak256 is terms
}

// Purchases knows the operator's purchases.
type Purchases interface {
	Purchase(p market.PurchaseID) (market.Purchase, bool, error)
}

// Devices vouches for devices.
type Devices interface {
	Attest(ctx context.Context, r AttestRequest) (Attestation, error)
	// Release frees a device of its owner; an error that wraps ErrRefused says why it cannot be.
	Release(dev lorawan.DevEUI) error
	Devices() ([]market.Device, error)
	Bought() []lorawan.DevEUI // now
	Terms(hash common.Hash) ([]byte, bool, error)
	// PutTerms remembers a terms document that an account gives; zero is the operator. An
	// error that wraps ErrRefused is the giver's fault.
	PutTerms(doc []byte, by common.Address) (common.Hash, error)
}

// Treasury knows the money.
type Treasury interface {
	Earnings(ctx context.Context) ([]settlement.Earning, error)
	SettleNow(ctx context.Context) ([]settlement.Tx, error)
}

// Archivist keeps what was delivered.
type Archivist interface {
	// Evidence makes the evidence file of a purchase: its receipts from ordinal first on,
	// at most limit of them. ok is false if there is no such purchase.
	Evidence(p market.PurchaseID, first uint32, limit int) (d *evidence.Document, ok bool, err error)
}

// Reporter tells how things stand.
type Reporter interface {
	Status() (Status, error)
	Conditions() []Condition
	Operator() OperatorInfo
	Clock() time.Time // checked against the chain's
}

// Backend is the bridge as the API sees it.
type Backend struct {
	Purchases Purchases
	Devices   Devices
	Prover    Prover
	Treasury  Treasury
	Reporter  Reporter
	Sessions  Sessions
	Archivist Archivist
	Claimant  Claimant
	Copier    Copier
	Market    Market
	Wallets   Wallets // nil: accounts with a key alone can sign in
	Chain     Chain   // nil: the operator lends no node

	Backfiller   Backfiller
	Destinations Destinations
	Puller       Puller
}
