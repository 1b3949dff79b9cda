package intake_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

// Whatever a network server publishes, in whatever format: nothing crashes, every publication is acknowledged and
// counted under one fate, what is sold is the bought device's, and no log names it (the hall's log sees to that).
func FuzzPublications(f *testing.F) {
	seeds := 0
	for _, of := range []string{"../../lorawan/*/testdata/*.json", "../../lorawan/*/testdata/*/*.json", "../../lorawan/chirpstack/testdata/v4-protobuf/*", "../../cmd/dbdao-bridge/testdata/events/*.json"} {
		files, err := filepath.Glob(of)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && len(b) < 16<<10 {
				f.Add(b, byte(1))
				seeds++
			}
		}
	}
	if seeds < 30 {
		f.Fatalf("only %d events to begin with", seeds)
	}
	for n := range 3 {
		f.Add([]byte(bridgetest.V4Event(bridgetest.Bought, "x", "01020304", n, "qg==")), byte(n))
	}
	h := bridgetest.NewPit(f)
	eui, _ := hex.DecodeString(bridgetest.Bought)
	total := func() (n int) {
		for _, fate := range intake.Fates {
			n += h.Count(fate)
		}
		return n
	}
	f.Fuzz(func(t *testing.T, payload []byte, flags byte) {
		names := bytes.Contains(bytes.ToLower(payload), []byte(bridgetest.Bought)) || bytes.Contains(payload, eui)
		before, posted := total(), h.Count(intake.FatePosted)
		h.Handle(mqtt.Message{Topic: "events/1", Payload: payload, QoS: flags & 1, Retained: flags&2 != 0, Dup: flags&4 != 0})
		h.Ended(t)
		for len(h.Posted) > 0 {
			<-h.Posted
		}
		if n := total() - before; n != 1 {
			t.Errorf("a publication has %d fates", n)
		}
		if h.Count(intake.FatePosted) > posted && !names {
			t.Error("what is sold names another device than the one that was bought, or none")
		}
	})
}
