package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

const (
	nonceLife   = 5 * time.Minute
	sessionLife = 15 * time.Minute
	usedMax     = 200_000 // nonces used within their life; beyond it all that are out are void
)

// Why there is no session.
var (
	ErrSignIn  = errors.New("the sign-in is not accepted")
	ErrUnknown = errors.New("nobody could be asked whether the wallet's contract takes the signature")
)

// Wallets asks accounts that are contracts.
type Wallets interface {
	// Accepts tells whether the contract at an address takes a signature of a digest for its own
	// (ERC-1271). An error says that nobody knows.
	Accepts(ctx context.Context, wallet common.Address, digest common.Hash, signature []byte) (bool, error)
}

// sessions gives out nonces and sessions that it can tell again by what they carry, sealed with
// keys of this process: who asks for many fills nothing, and pushes nobody out. Only nonces that
// are used are remembered, until they are over. A restart signs everybody out.
//
// Spans go by the monotonic clock, which nobody sets; dates in messages by the checked one.
type sessions struct {
	place   place
	wallets Wallets
	clock   func() time.Time
	began   time.Time
	asking  chan struct{} // of contracts, under way
	tokens  [32]byte      // key of sessions

	mu      sync.Mutex
	nonces  [32]byte // key of nonces
	used    map[string]struct{}
	usedOld map[string]struct{} // of the turn before
	turned  time.Time
}

// place is what a message must be for.
type place struct {
	scheme  string
	domain  string
	chainID uint64
}

type session struct {
	address common.Address
	until   time.Time
}

func newSessions(p place, w Wallets, clock func() time.Time) *sessions {
	s := &sessions{place: p, wallets: w, clock: clock, began: time.Now(), turned: time.Now(), asking: make(chan struct{}, 8), used: map[string]struct{}{}}
	_, _ = rand.Read(s.tokens[:]) // never fails (crypto/rand)
	_, _ = rand.Read(s.nonces[:])
	return s
}

const (
	markRandom = 16
	markSize   = 8 + markRandom
	macSize    = 16
)

// mark is a text of hexadecimal digits that carries an account, if any, and when it ends.
func (s *sessions) mark(key *[32]byte, who []byte, life time.Duration) string {
	body := binary.BigEndian.AppendUint64(make([]byte, 0, markSize+len(who)+macSize), uint64(time.Since(s.began)+life))
	var random [markRandom]byte
	_, _ = rand.Read(random[:])
	body = append(append(body, random[:]...), who...)
	return hex.EncodeToString(append(body, seal(key, body)...))
}

func seal(key *[32]byte, body []byte) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return mac.Sum(nil)[:macSize]
}

// read tells whether a mark is ours and not over, whom it names, and how long it lasts.
func (s *sessions) read(key *[32]byte, text string, size int) (who []byte, left time.Duration, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != markSize+size+macSize || strings.ToLower(text) != text {
		return nil, 0, false
	}
	body := b[:markSize+size]
	if !hmac.Equal(seal(key, body), b[len(body):]) {
		return nil, 0, false
	}
	left = time.Duration(binary.BigEndian.Uint64(body)) - time.Since(s.began)
	return body[markSize:], left, left > 0
}

// nonce issues a nonce good for one sign-in.
func (s *sessions) nonce() string {
	s.mu.Lock()
	key := s.nonces
	s.mu.Unlock()
	return s.mark(&key, nil, nonceLife)
}

// fresh tells whether a nonce is ours, not over and not used.
func (s *sessions) fresh(nonce string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isFresh(nonce)
}

func (s *sessions) isFresh(nonce string) bool {
	_, _, ok := s.read(&s.nonces, nonce, 0)
	_, used := s.used[nonce]
	_, usedOld := s.usedOld[nonce]
	return ok && !used && !usedOld
}

// use uses a nonce up; only one can.
func (s *sessions) use(nonce string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isFresh(nonce) {
		return false
	}
	switch {
	case len(s.used) >= usedMax: // none may be forgotten that could come again
		_, _ = rand.Read(s.nonces[:])
		s.used, s.usedOld, s.turned = map[string]struct{}{}, nil, time.Now()
	case time.Since(s.turned) > nonceLife:
		s.used, s.usedOld, s.turned = map[string]struct{}{}, s.used, time.Now()
	}
	s.used[nonce] = struct{}{}
	return true
}

// SignInMessage is the EIP-4361 message a wallet signs.
func SignInMessage(domain, uri string, address common.Address, chainID uint64, nonce string, at time.Time) string {
	return fmt.Sprintf("%s wants you to sign in with your Ethereum account:\n%s\n\nSign in to dbdao-bridge.\n\nURI: %s\nVersion: 1\nChain ID: %d\nNonce: %s\nIssued At: %s",
		domain, address.Hex(), uri, chainID, nonce, at.UTC().Format(time.RFC3339))
}

// signIn checks a signed EIP-4361 message and opens a session.
func (s *sessions) signIn(ctx context.Context, message, signature string) (token string, address common.Address, err error) {
	refuse := func(why string) (string, common.Address, error) {
		return "", common.Address{}, fmt.Errorf("%w: %s", ErrSignIn, why)
	}
	m, err := parseSIWE(message)
	if err != nil {
		return refuse(err.Error())
	}
	if why := m.refused(s.place, s.clock()); why != "" {
		return refuse(why)
	}
	if !s.fresh(m.nonce) {
		return refuse("the nonce is used up or unknown: ask for a new one")
	}
	sig, err := hex.DecodeString(strings.TrimPrefix(signature, "0x"))
	if err != nil {
		return refuse("the signature is not written in hexadecimal digits behind 0x")
	}
	digest := common.BytesToHash(accounts.TextHash([]byte(message)))
	if !signedBy(digest, sig, m.address) {
		switch ok, err := s.ask(ctx, m.address, digest, sig); {
		case err != nil:
			return "", common.Address{}, fmt.Errorf("%w: try again in a minute", ErrUnknown)
		case !ok:
			return refuse("the signature is not of the account the message names")
		}
	}
	if !s.use(m.nonce) {
		return refuse("the nonce is used up: ask for a new one")
	}
	return s.mark(&s.tokens, m.address[:], sessionLife), m.address, nil
}

// walletTime is how long a wallet's contract is waited for.
const walletTime = 10 * time.Second

// ask asks the account's contract, a few at a time.
func (s *sessions) ask(ctx context.Context, wallet common.Address, digest common.Hash, signature []byte) (bool, error) {
	if s.wallets == nil {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, walletTime)
	defer cancel()
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return s.wallets.Accepts(ctx, wallet, digest, signature)
}

// signedBy tells whether an account that has a key signed a digest.
func signedBy(digest common.Hash, signature []byte, address common.Address) bool {
	if len(signature) != 65 {
		return false
	}
	sig := append([]byte(nil), signature...)
	if sig[64] >= 27 {
		sig[64] -= 27
	}
	pub, err := crypto.SigToPub(digest[:], sig)
	return err == nil && crypto.PubkeyToAddress(*pub) == address
}

// who finds the account of a bearer token.
func (s *sessions) who(authorization string) (common.Address, bool) {
	v, ok := s.find(authorization)
	return v.address, ok
}

// find finds the session of a bearer token.
func (s *sessions) find(authorization string) (session, bool) {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return session{}, false
	}
	who, left, ok := s.read(&s.tokens, token, common.AddressLength)
	if !ok {
		return session{}, false
	}
	return session{common.Address(who), time.Now().Add(left)}, true
}
