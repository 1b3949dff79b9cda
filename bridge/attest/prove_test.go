package attest

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// sends lets a device send an uplink, with a tag unless it is empty.
func sends(h *bridgetest.Hall, dev lorawan.DevEUI, tag string) {
	event := strings.Replace(bridgetest.V4Event("a", "x", "01020304", 1, "qg=="), bridgetest.Device.String(), dev.String(), 1)
	if tag != "" {
		event = strings.Replace(event, `{"applicationId"`, fmt.Sprintf(`{"tags":{"dbdao_owner":%q},"applicationId"`, tag), 1)
	}
	h.Handle(mqtt.Message{Topic: "events/1", QoS: 1, Payload: []byte(event)})
}

func TestAnOwnerProvesHisDevicesAndLearnsNothingOfOthers(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	a := desk(t, h)
	me, other := common.HexToAddress("0x52908400098527886E0F7030069857D2E4169EE7"), common.HexToAddress("0xaa")
	mine, his, silent, untagged, taken := lorawan.DevEUI{7: 1}, lorawan.DevEUI{7: 2}, lorawan.DevEUI{7: 3}, lorawan.DevEUI{7: 4}, lorawan.DevEUI{7: 5}
	if _, err := a.Attest(t.Context(), api.AttestRequest{DevEUI: taken, Owner: other, Force: true}); err != nil {
		t.Fatal(err)
	}
	devices := []lorawan.DevEUI{silent, mine, his, untagged, taken}
	var all []api.Proof
	ended := make(chan error, 1)
	go func() {
		var err error
		all, err = a.Prove(t.Context(), me, devices, 300*time.Millisecond)
		ended <- err
	}()
	for h.Tags.Watched() < len(devices) {
		time.Sleep(time.Millisecond)
	}
	sends(h, mine, strings.ToLower(me.Hex()))
	sends(h, mine, me.Hex()) // once more changes nothing
	sends(h, his, other.Hex())
	sends(h, untagged, "")
	sends(h, taken, me.Hex())
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{api.ProofWaiting, api.ProofAttested, api.ProofWaiting, api.ProofWaiting, api.ProofRefused} {
		if all[i].DevEUI != devices[i] || all[i].State != want || (all[i].Attestation != nil) != (want == api.ProofAttested) {
			t.Errorf("%d: %+v, want %s", i, all[i], want)
		}
		if want == api.ProofWaiting && all[i].Reason != "" {
			t.Errorf("he is told of a device that does not name him: %q", all[i].Reason)
		}
	}
	if r := all[4].Reason; !strings.Contains(r, "device release") || strings.Contains(r, other.Hex()) {
		t.Errorf("of a device of another: %q", r)
	}
	// The contract takes the signature of the operator's key over the claim, and of no other.
	made := all[1].Attestation
	digest, err := contracts.DeviceClaimHash(big.NewInt(1), a.Market, made.DeviceClaim)
	if err != nil {
		t.Fatal(err)
	}
	sig := common.FromHex(made.Signature)
	sig[64] -= 27
	pub, err := crypto.SigToPub(digest[:], sig)
	if err != nil || crypto.PubkeyToAddress(*pub) != a.Key.Address() || made.ProofKind != 1 || made.Owner != me {
		t.Errorf("%+v %v", made, err)
	}
	if h.Tags.Watched() != 0 {
		t.Error("devices are still watched")
	}
	known, err := h.Ledger.Devices()
	if err != nil || len(known) != 2 {
		t.Errorf("vouched for %+v %v", known, err)
	}
}

func TestProofsAreRefusedAndEnd(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	a, me, one := desk(t, h), common.Address{1}, lorawan.DevEUI{7: 1}
	for why, devices := range map[string][]lorawan.DevEUI{"twice": {one, one}, "no device": {{}}, "everybody": {everybody}} {
		if _, err := a.Prove(t.Context(), me, devices, time.Minute); !errors.Is(err, api.ErrRefused) {
			t.Errorf("%s: %v", why, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if all, err := a.Prove(ctx, me, []lorawan.DevEUI{one}, time.Minute); !errors.Is(err, context.Canceled) || all != nil {
		t.Errorf("%v %v", all, err)
	}
	// Of another's device that sends he is told as late as of one that is silent.
	answered := make(chan []api.Proof, 1)
	patient, enough := context.WithCancel(t.Context())
	go func() {
		all, _ := a.Prove(patient, me, []lorawan.DevEUI{one}, time.Minute)
		answered <- all
	}()
	for h.Tags.Watched() == 0 {
		time.Sleep(time.Millisecond)
	}
	sends(h, one, common.Address{2}.Hex())
	select {
	case all := <-answered:
		t.Fatalf("the answer comes when the device sends: %+v", all)
	case <-time.After(100 * time.Millisecond):
	}
	enough()
	<-answered
	// A registry that denies the device its tag refuses; one that is away does too, for unknown is not proven.
	a.Sources = asked{registry{err: errors.New("it does not answer")}}
	ended := make(chan []api.Proof, 1)
	go func() {
		all, err := a.Prove(t.Context(), me, []lorawan.DevEUI{one}, time.Minute)
		if err != nil {
			t.Error(err)
		}
		ended <- all
	}()
	for h.Tags.Watched() == 0 {
		time.Sleep(time.Millisecond)
	}
	sends(h, one, me.Hex())
	if all := <-ended; all[0].State != api.ProofRefused || all[0].Attestation != nil {
		t.Errorf("%+v", all)
	}
}
