package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Copy is a copy of the ledger under way to whoever asked for it.
type Copy interface {
	io.ReadCloser
	Length() int64
	Digest() [32]byte // SHA-256 of all of it
}

// Copier copies the ledger while it is in use.
type Copier interface {
	Copy() (Copy, error)
}

const digestHeader = "X-Content-Sha256"

// backup sends a copy of the ledger as it is at one moment.
func (s *Server) backup(w http.ResponseWriter, _ *http.Request) {
	select {
	case s.copying <- struct{}{}:
		defer func() { <-s.copying }()
	default:
		http.Error(w, "another copy is under way: try again when it is done", http.StatusServiceUnavailable)
		return
	}
	c, err := s.b.Copier.Copy()
	if err != nil {
		s.log.Error("a request failed", "err", err)
		http.Error(w, "the ledger cannot be copied: the bridge's log says why (is there room in data_dir for a second one?)", http.StatusInternalServerError)
		return
	}
	defer c.Close()
	digest := c.Digest()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(c.Length(), 10))
	w.Header().Set(digestHeader, hex.EncodeToString(digest[:]))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(6 * time.Hour))
	if _, err := io.Copy(w, c); err != nil {
		s.log.Warn("a copy of the ledger was not taken to its end", "err", err)
	}
}

// ErrCopy says that what arrived is not what was sent.
var ErrCopy = errors.New("the copy of the ledger arrived damaged or cut short: try again")

// Backup writes a copy of the running bridge's ledger and gives its SHA-256. The client must
// be of the admin API.
func (c *Client) Backup(ctx context.Context, into io.Writer) (digest [32]byte, err error) {
	req, err := c.request(ctx, http.MethodGet, "/v1/admin/backup", nil)
	if err != nil {
		return digest, err
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	patient := *c.HTTP
	patient.Timeout = 0 // a large ledger takes its time; ctx ends it
	res, err := patient.Do(req)
	if err != nil {
		return digest, c.unreachable(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		return digest, c.refusal(res, text)
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(into, h), res.Body); err != nil {
		return digest, fmt.Errorf("%w (%w)", ErrCopy, err)
	}
	digest = [32]byte(h.Sum(nil))
	if hex.EncodeToString(digest[:]) != res.Header.Get(digestHeader) {
		return digest, ErrCopy
	}
	return digest, nil
}
