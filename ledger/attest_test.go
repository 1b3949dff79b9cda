package ledger_test

import (
	"path/filepath"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/crypto"
)

// H2: device, terms and script of an attestation were remembered one after the other: an end of the
// program between two of them left terms whose script nobody had, or a device without terms.
func TestAnAttestationIsRememberedWholeOrNotAtAll(t *testing.T) {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledgertest.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer ledgertest.Close(t, l)
	script := []byte("function decodeUplink() {}")
	offer := offer.Offer{Sell: []string{"values"}, Codec: &offer.Codec{Kind: "js", Script: new(crypto.Keccak256Hash(script))}}
	if err := offer.Check(); err != nil {
		t.Fatal(err)
	}
	terms, err := offer.Document()
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want bool) {
		t.Helper()
		devices, err := l.Devices()
		_, doc, terr := l.Terms(crypto.Keccak256Hash(terms))
		_, code, serr := l.Script(crypto.Keccak256Hash(script))
		if err != nil || terr != nil || serr != nil || (len(devices) == 1) != want || doc != want || code != want {
			t.Errorf("devices %d, terms %t, script %t, want %t of each (%v %v %v)", len(devices), doc, code, want, err, terr, serr)
		}
	}
	if err := l.Attest(ledgertest.Device(1), []byte(`{"sell":["everything"]}`), script); err == nil {
		t.Error("terms that tell nothing were taken")
	}
	holds(false)
	if err := l.Attest(ledgertest.Device(1), terms, script); err != nil {
		t.Fatal(err)
	}
	holds(true)
}
