package attest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

func TestAnAttestationsTermsAreChecked(t *testing.T) {
	script := "function decodeUplink() {}"
	names := func(script string) string {
		return `{"codec":{"kind":"js","script":"` + crypto.Keccak256Hash([]byte(script)).Hex() + `"},"sell":["values"],"version":2}`
	}
	long := string(make([]byte, js.MaxScript+1))
	for want, r := range map[string]api.AttestRequest{
		"cannot be sold":       {TermsText: `{"sell":["gateways"],"version":2}`},
		"no JSON object":       {TermsText: `sell`},
		"not the one":          {TermsText: names(script)},
		"no codec js":          {TermsText: `{"sell":["values"],"version":2}`, Script: script},
		"in the offer":         {Script: script},
		js.ErrSize.Error():     {TermsText: names(long), Script: long},
		"whose hash stands in": {TermsText: names(script), Script: script + " "},
	} {
		if _, err := TermsOf(r); !errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if doc, err := TermsOf(api.AttestRequest{TermsText: names(script), Script: script}); err != nil || string(doc) != names(script) {
		t.Errorf("%s %v", doc, err)
	}
	if doc, err := TermsOf(api.AttestRequest{}); err != nil || string(doc) != `{"sell":["data","values"],"version":2}` {
		t.Errorf("without an offer: %s %v", doc, err)
	}
}

// nonces is a chain on which no device was listed yet.
type nonces struct{}

func (nonces) DeviceNonces(_ context.Context, _ market.OperatorID, devices ...common.Hash) ([]uint32, error) {
	return make([]uint32, len(devices)), nil
}

// desk vouches for the devices of a hall.
func desk(t *testing.T, h *bridgetest.Hall) *Attester {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &Attester{Operator: 1, ChainID: 1, Key: settlement.NewKey(key), Ledger: h.Ledger, Index: h.Index, Reader: nonces{}, Live: &h.Tags, Lately: &h.Lately,
		Started: time.Now(), Sources: asked{}, Health: h.Health, Log: slog.New(slog.DiscardHandler)}
}

func TestNobodyIsVouchedForUnheardUnlessSaidSo(t *testing.T) {
	event := []byte(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="))
	for why, c := range map[string]struct {
		dev   lorawan.DevEUI
		force bool
		bring func(h *bridgetest.Hall)
		says  string // "": vouched for
	}{
		"heard":              {bridgetest.Device, false, func(h *bridgetest.Hall) { h.Handle(mqtt.Message{Topic: "events/1", QoS: 1, Payload: event}) }, ""},
		"unheard":            {bridgetest.Device, false, func(*bridgetest.Hall) {}, "nothing of 70b3d57ed8005343 came within the last"},
		"unheard, said so":   {bridgetest.Device, true, func(*bridgetest.Hall) {}, ""},
		"kept by the broker": {bridgetest.Device, false, func(h *bridgetest.Hall) { h.Handle(mqtt.Message{Topic: "events/1", Retained: true, Payload: event}) }, "--force"},
		"another one heard":  {lorawan.DevEUI{7: 9}, false, func(h *bridgetest.Hall) { h.Handle(mqtt.Message{Topic: "events/1", QoS: 1, Payload: event}) }, "--force"},
		"brought by back-fill": {bridgetest.Device, false, func(h *bridgetest.Hall) {
			h.Take(h.In, intake.Arrival{Payload: event, Missed: time.Hour, Done: intake.Then(func(intake.End) {})})
		}, "--force"},
		"a day ago":          {bridgetest.Device, false, func(h *bridgetest.Hall) { h.Lately.Note(bridgetest.Device, time.Now().Add(-24*time.Hour-time.Second)) }, "--force"},
		"hours ago":          {bridgetest.Device, false, func(h *bridgetest.Hall) { h.Lately.Note(bridgetest.Device, time.Now().Add(-23*time.Hour)) }, ""},
		"nobody":             {lorawan.DevEUI{}, false, func(h *bridgetest.Hall) { h.Sent(lorawan.DevEUI{}) }, "is no device's own DevEUI"},
		"everybody":          {everybody, false, func(h *bridgetest.Hall) { h.Sent(everybody) }, "is no device's own DevEUI"},
		"everybody, said so": {everybody, true, func(*bridgetest.Hall) {}, ""},
	} {
		t.Run(why, func(t *testing.T) {
			h := bridgetest.New(t, 0, "events/{any}")
			c.bring(h)
			_, err := desk(t, h).Attest(t.Context(), api.AttestRequest{DevEUI: c.dev, Owner: common.Address{1}, Force: c.force})
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if all, err := h.Ledger.Devices(); err != nil || len(all) > 0 != (c.says == "") {
				t.Errorf("%+v %v", all, err)
			}
		})
	}
}

func TestTwoAttestationsAtOnceHaveOneSaltAndASecondOwnerIsRefusedWithAWayOut(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	a := desk(t, h)
	h.Sent(bridgetest.Device)
	owner, other := common.Address{1}, common.Address{2}
	salts := make([]common.Hash, 16)
	var all sync.WaitGroup
	for i := range salts {
		all.Go(func() {
			made, err := a.Attest(t.Context(), api.AttestRequest{DevEUI: bridgetest.Device, Owner: owner})
			if salts[i] = made.Salt; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range salts {
		if s != salts[0] {
			t.Fatalf("a device has the salts %s and %s", salts[0], s)
		}
	}
	_, err := a.Attest(t.Context(), api.AttestRequest{DevEUI: bridgetest.Device, Owner: other, Force: true})
	if !errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), owner.Hex()) || !strings.Contains(err.Error(), "device release --dev-eui 70b3d57ed8005343") {
		t.Errorf("a second owner: %v", err)
	}
	if err := a.Release(bridgetest.Device); err != nil {
		t.Fatal(err)
	}
	made, err := a.Attest(t.Context(), api.AttestRequest{DevEUI: bridgetest.Device, Owner: other})
	if err != nil || made.Salt != salts[0] || made.Owner != other {
		t.Errorf("after the release: %+v %v", made, err)
	}
	if err := a.Release(lorawan.DevEUI{7: 9}); !errors.Is(err, api.ErrRefused) {
		t.Errorf("a device nobody knows: %v", err)
	}
}
