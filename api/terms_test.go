package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
)

// What stands on chain is the hash of the bytes: they must arrive as they were sent.
func TestTermsAreTakenByteForByteFromWhoMayGiveThem(t *testing.T) {
	f, s, h := serve(t)
	ann, _, key := newWallet(t)
	f.ann = ann
	doc := " {\"version\":2,\n \"sell\":[ \"values\"] }\n"
	c := NewClient(h.URL, "")
	if _, err := c.PutTerms(t.Context(), []byte(doc), false); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("without a session: %v", err)
	}
	if err := c.SignIn(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got, err := c.PutTerms(t.Context(), []byte(doc), false); err != nil || got.Terms != crypto.Keccak256Hash([]byte(doc)) {
		t.Errorf("%+v %v", got, err)
	}
	_, _, other := newWallet(t)
	o := NewClient(h.URL, "")
	if err := o.SignIn(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := o.PutTerms(t.Context(), []byte(doc), false); err == nil || !strings.Contains(err.Error(), "no stream of yours") {
		t.Errorf("another's: %v", err)
	}
	if _, err := c.PutTerms(t.Context(), make([]byte, 65<<10), false); err == nil {
		t.Error("more than 64 KiB are taken")
	}
	admin := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	defer admin.Close()
	if _, err := NewClient(admin.URL, adminToken).PutTerms(t.Context(), []byte(doc), true); err != nil {
		t.Errorf("the operator's: %v", err)
	}
	if len(f.terms) != 2 || f.terms[0] != doc || f.terms[1] != doc {
		t.Errorf("it took %q", f.terms)
	}
}
