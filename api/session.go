package api

import (
	"crypto/rand"
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
	sessionsMax = 10_000 // of each kind: beyond it the oldest of a random few goes
)

// ErrSignIn says why a sign-in is refused; the wrapping error says more.
var ErrSignIn = errors.New("the sign-in is not accepted")

// sessions holds one-use nonces and short sessions, in memory: a restart signs
// everybody out.
type sessions struct {
	domain  string
	chainID uint64

	mu     sync.Mutex
	nonces map[string]time.Time
	tokens map[string]session
}

type session struct {
	address common.Address
	until   time.Time
}

func newSessions(domain string, chainID uint64) *sessions {
	return &sessions{domain: domain, chainID: chainID, nonces: map[string]time.Time{}, tokens: map[string]session{}}
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// nonce issues a nonce good for one sign-in.
func (s *sessions) nonce() string {
	n := randomHex(16)
	s.mu.Lock()
	defer s.mu.Unlock()
	trim(s.nonces, func(t time.Time) time.Time { return t })
	s.nonces[n] = time.Now().Add(nonceLife)
	return n
}

// trim drops what is over, and something else if there is too much.
func trim[V any](m map[string]V, until func(V) time.Time) {
	now, seen := time.Now(), 0
	for k, v := range m {
		if until(v).Before(now) || len(m) >= sessionsMax {
			delete(m, k)
		}
		if seen++; seen > 16 {
			return
		}
	}
}

// SignInMessage is the EIP-4361 message a wallet signs.
func SignInMessage(domain, uri string, address common.Address, chainID uint64, nonce string, at time.Time) string {
	return fmt.Sprintf("%s wants you to sign in with your Ethereum account:\n%s\n\nSign in to dbdao-bridge.\n\nURI: %s\nVersion: 1\nChain ID: %d\nNonce: %s\nIssued At: %s",
		domain, address.Hex(), uri, chainID, nonce, at.UTC().Format(time.RFC3339))
}

// signIn checks a signed EIP-4361 message and opens a session.
func (s *sessions) signIn(message, signature string) (token string, address common.Address, err error) {
	refuse := func(why string) (string, common.Address, error) {
		return "", common.Address{}, fmt.Errorf("%w: %s", ErrSignIn, why)
	}
	first, rest, _ := strings.Cut(message, "\n")
	who, rest, _ := strings.Cut(rest, "\n")
	if first != s.domain+" wants you to sign in with your Ethereum account:" {
		return refuse("the message is for another domain than " + s.domain)
	}
	if !common.IsHexAddress(who) {
		return refuse("the message names no account")
	}
	fields := map[string]string{}
	for line := range strings.Lines(rest) {
		if k, v, ok := strings.Cut(strings.TrimRight(line, "\n"), ": "); ok {
			if _, twice := fields[k]; twice {
				return refuse("the message says " + k + " twice")
			}
			fields[k] = v
		}
	}
	if fields["Version"] != "1" || fields["Chain ID"] != fmt.Sprint(s.chainID) {
		return refuse(fmt.Sprintf("the message must say Version: 1 and Chain ID: %d", s.chainID))
	}
	issued, err := time.Parse(time.RFC3339, fields["Issued At"])
	if err != nil || time.Since(issued).Abs() > nonceLife {
		return refuse("Issued At is not within five minutes of now: check the clock")
	}
	if until, err := time.Parse(time.RFC3339, fields["Expiration Time"]); fields["Expiration Time"] != "" && (err != nil || time.Now().After(until)) {
		return refuse("the message has expired")
	}
	address = common.HexToAddress(who)
	if !signedBy(message, signature, address) {
		return refuse("the signature is not of the account the message names")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.nonces[fields["Nonce"]]
	if !ok || time.Now().After(until) {
		return refuse("the nonce is used up or unknown: ask for a new one")
	}
	delete(s.nonces, fields["Nonce"])
	trim(s.tokens, func(v session) time.Time { return v.until })
	token = randomHex(32)
	s.tokens[token] = session{address: address, until: time.Now().Add(sessionLife)}
	return token, address, nil
}

func signedBy(message, signature string, address common.Address) bool {
	sig := common.FromHex(signature)
	if len(sig) != 65 {
		return false
	}
	sig = append([]byte(nil), sig...)
	if sig[64] >= 27 {
		sig[64] -= 27
	}
	pub, err := crypto.SigToPub(accounts.TextHash([]byte(message)), sig)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.tokens[token]
	if !ok || time.Now().After(v.until) {
		return session{}, false
	}
	return v, true
}
