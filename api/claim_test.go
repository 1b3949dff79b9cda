package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAClaimIsForTheStreamsOwnerAlone(t *testing.T) {
	f, _, h := serve(t)
	ann, _, key := newWallet(t)
	f.ann = ann
	c := NewClient(h.URL, "")
	if _, err := c.Claim(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("without a session: %v", err)
	}
	if err := c.SignIn(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Claim(t.Context(), 1); err != nil || got.Stream != 1 {
		t.Errorf("%+v %v", got, err)
	}
	_, _, other := newWallet(t)
	o := NewClient(h.URL, "")
	if err := o.SignIn(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []int{1, 2} {
		if _, err := o.Claim(t.Context(), 1); !errors.Is(err, ErrNotFound) {
			t.Errorf("stream %d of another: %v", stream, err)
		}
	}
}

func TestACopyOfTheLedgerArrivesWholeOrNotAtAll(t *testing.T) {
	f, s, h := serve(t)
	text := strings.Repeat("page", 10_000)
	good := copied{strings.NewReader(text), int64(len(text)), sha256.Sum256([]byte(text))}
	admin := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	defer admin.Close()
	c := NewClient(admin.URL, adminToken)
	var b bytes.Buffer
	f.copy = good
	if digest, err := c.Backup(t.Context(), &b); err != nil || digest != good.digest || b.String() != text {
		t.Errorf("%x %v, %d bytes", digest, err, b.Len())
	}
	f.copy = copied{strings.NewReader(text[:20_000]), int64(len(text)), good.digest}
	if _, err := c.Backup(t.Context(), &b); !errors.Is(err, ErrCopy) {
		t.Errorf("cut short: %v", err)
	}
	f.copy = copied{strings.NewReader("PAGE" + text[4:]), int64(len(text)), good.digest}
	if _, err := c.Backup(t.Context(), &b); !errors.Is(err, ErrCopy) {
		t.Errorf("damaged: %v", err)
	}
	if _, err := NewClient(h.URL, "").Backup(t.Context(), &b); err == nil {
		t.Error("the public listener gives the ledger away")
	}
}
