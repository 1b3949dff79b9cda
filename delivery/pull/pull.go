// Package pull is the kind of storage that is none: the readings wait until their buyer
// fetches them from the API and acknowledges them.
package pull

import (
	"context"
	"encoding/json"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "pull",
	Summary: "Nothing is sent: the readings wait until you fetch and acknowledge them, for buyers without a server",
	Guide:   guide,
	Example: `{}`,
	Options: options{},
	Parse:   parse,
}

const guide = `` + "`GET /v1/purchases/{id}/readings?after=CURSOR`" + ` (or ` + "`dbdao-bridge receive`" + `, which verifies and stores them) gives the next readings, oldest first, and a
cursor. Asking with that cursor acknowledges what was shown up to it: that is the receipt, and what you pay for. At most 100 readings of all your purchases
are shown without being acknowledged, 50 of one, fewer of a new account, the same ones again until they are. **What makes it idempotent:** each reading's id, and the cursor. Readings nobody fetches until the operator's
` + "`ledger.retention`" + ` is over are dropped and never billed.`

// options are the configuration: there is none.
type options struct{}

func parse(config []byte) (delivery.Target, error) {
	t := target{}
	return t, delivery.Decode(config, &t.options)
}

type target struct{ options }

// Addresses are none.
func (target) Addresses() []delivery.Address { return nil }

// Limits say that nothing is sent.
func (target) Limits() delivery.Limits { return delivery.Limits{Pull: true} }

// Redacted shows that there is nothing to show.
func (target) Redacted() json.RawMessage { return json.RawMessage(`{}`) }

// Open makes a sink that takes nothing.
func (t target) Open(delivery.Env) (delivery.Sink, error) { return t, nil }

// Close does nothing.
func (target) Close() error { return nil }

// Deliver takes nothing: the courier does not ask.
func (target) Deliver(context.Context, delivery.Batch) delivery.Result {
	return delivery.Failed(delivery.CodeAnswer, "nothing is sent to a destination of kind pull")
}
