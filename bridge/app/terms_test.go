package app

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/attest"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// A buyer of a stream whose terms the bridge lacks gets nothing and pays nothing; the
// operator is told which document is wanted, and its owner cures it.
func TestTermsNobodyHasWithholdAndAreNamed(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	p := &parts{log: slog.New(slog.DiscardHandler), health: h.Health, meter: h.Meter, index: h.Index, ledger: h.Ledger, bridge: h.Bridge}
	doc := []byte(`{"sell":["values"],"version":2}`)
	hash := crypto.Keccak256Hash(doc)
	listed, sold := ledgertest.Listed(3, 1), ledgertest.Purchased(5, 3, 1, 0, 4_000_000_000)
	listed.Terms, sold.Terms = hash, hash
	device := ledgertest.Device(1)
	if err := h.Ledger.PutDevice(device); err != nil {
		t.Fatal(err)
	}
	c := &ledgertest.Chain{}
	fold := func(events ...any) {
		t.Helper()
		if err := h.Ledger.Advance([]market.Block{c.Mine(events...)}, 0); err != nil {
			t.Fatal(err)
		}
		h.Index.SetHead(c.Head(), c.Now())
		p.lookAtTerms()
	}
	told := func() string {
		t.Helper()
		all := h.Health.List()
		if len(all) != 1 || all[0].Code != "terms_missing" || all[0].Subject != hash.Hex() {
			t.Fatalf("conditions %+v", all)
		}
		return all[0].Text
	}
	fold(listed)
	if text := told(); !strings.Contains(text, "stream 3 ") || !strings.Contains(text, "not bought yet") {
		t.Error(text)
	}
	fold(sold)
	if text := told(); !strings.Contains(text, "purchases 5 get nothing") || !strings.Contains(text, "offer publish FILE") {
		t.Error(text)
	}
	uplink := func(f int) {
		t.Helper()
		body := strings.NewReplacer(bridgetest.Bought, device.DevEUI.String(), `"fCnt": 174`, fmt.Sprintf(`"fCnt": %d`, f)).Replace(string(bridgetest.Capture(t, "v4-up-01-as923.json")))
		h.Handle(mqtt.Message{Topic: bridgetest.Address + device.DevEUI.String() + "/event/up", Payload: []byte(body), QoS: 1})
		h.Ended(t)
	}
	uplink(1)
	uplink(2)
	if n := h.Count(intake.FateWithheld); n != 2 {
		t.Errorf("%d uplinks are counted as withheld, want 2", n)
	}
	if left, err := h.Ledger.Waiting(5, 0, 10); len(left) != 0 || err != nil {
		t.Errorf("parcels %v %v", left, err)
	}
	b := &attest.Attester{Ledger: h.Ledger}
	for why, err := range map[string]error{
		"a stranger": second(b.PutTerms(doc, common.Address{1})),
		"its buyer":  second(b.PutTerms(doc, common.Address{0xbb, 1})),
		"other text": second(b.PutTerms([]byte(`{"sell":["data"],"version":2}`), listed.Owner)),
		"no terms":   second(b.PutTerms([]byte(`{"sell":["data"]}`), common.Address{})),
	} {
		if !errors.Is(err, api.ErrRefused) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if got, err := b.PutTerms(doc, listed.Owner); got != hash || err != nil {
		t.Fatalf("%s %v", got, err)
	}
	p.lookAtTerms()
	if all := h.Health.List(); len(all) != 0 {
		t.Errorf("it is still told: %+v", all)
	}
	uplink(3)
	if n := h.Count(intake.FatePosted); n != 1 {
		t.Errorf("%d uplinks are sold with terms, want 1", n)
	}
}

func second[T any](_ T, err error) error { return err }
