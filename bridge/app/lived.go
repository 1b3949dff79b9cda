package app

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
)

// Why a bridge does not start with the state it finds.
var (
	ErrStateMissing   = errors.New("this bridge has run before, and what it kept is not all there")
	ErrNothingMissing = errors.New("nothing is missing in data_dir, so that there is nothing to begin again: start without --begin-again")
	ErrFirstStart     = errors.New("data_dir holds no ledger, and no node tells whether this is the first start: bring a node back and start again, or, if it surely is, run once with --begin-again")
)

// begunFile says, beside the ledger and not in it, that the bridge has begun.
const begunFile = "begun.json"

// begun is what the bridge had when it began.
type begun struct {
	Made     time.Time         `json:"made"`
	ChainID  uint64            `json:"chain_id"`
	Market   common.Address    `json:"market"`
	Operator market.OperatorID `json:"operator"`
	Key      string            `json:"webhook_key"`  // the public half of signing.key
	Route    string            `json:"route_key_id"` // the first bytes of a SHA-256 of route.key, which it does not give away
}

// state is what is in data_dir.
type state struct {
	begun   *begun // nil: there is no such file
	missing []string
}

func (p *parts) readState() (s state, err error) {
	for _, name := range []string{ledgerFile, SigningKey, routeKey} {
		switch _, err := os.Stat(p.cfg.Path(name)); {
		case errors.Is(err, fs.ErrNotExist):
			s.missing = append(s.missing, name)
		case err != nil:
			return s, fmt.Errorf("look for %s: %w", name, err)
		}
	}
	text, err := os.ReadFile(p.cfg.Path(begunFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return s, fmt.Errorf("read %s: %w", begunFile, err)
	}
	s.begun = new(begun)
	if json.Unmarshal(text, s.begun) != nil || s.begun.Key == "" {
		return s, fmt.Errorf("%s is damaged: restore it from a backup of data_dir, or delete it if the rest of data_dir is whole", p.cfg.Path(begunFile))
	}
	return s, nil
}

func (s *state) lacks(name string) bool { return slices.Contains(s.missing, name) }

// findState tells a first start from state that went missing, and makes keys at the former alone.
// What knows that a bridge has lived is the marker, the ledger, and, when all of data_dir is gone,
// the chain: the operator's published key, and the streams that his bridge vouched for.
func (p *parts) findState(ctx context.Context) error {
	s, err := p.readState()
	if err != nil {
		return err
	}
	whole := len(s.missing) == 0
	if p.again && whole {
		return ErrNothingMissing
	}
	lived := ""
	switch {
	case !whole && s.begun != nil:
		lived = fmt.Sprintf("it began on %s", s.begun.Made.Format(time.RFC3339))
	case !whole && !s.lacks(ledgerFile):
		lived = "its ledger is there"
	case !whole && !p.again:
		if lived, err = p.onChain(ctx, s); err != nil {
			return err
		}
	}
	if lived != "" {
		if err := p.mayBeginAgain(s, lived); err != nil {
			return err
		}
	}
	if p.signing, err = MakeSigningKey(p.cfg.Path(SigningKey)); err != nil {
		return err
	}
	return p.sameKeys(s)
}

// mayBeginAgain refuses to take missing state for a first start, unless it was told to.
func (p *parts) mayBeginAgain(s state, lived string) error {
	const way = "put back what is missing (`dbdao-bridge restore`, or the files themselves)"
	what := strings.Join(s.missing, ", ")
	switch {
	case s.lacks(routeKey) && !s.lacks(ledgerFile):
		return fmt.Errorf("%w: %s: %s is missing in %s, without which the ledger's destinations and device sessions do not open: %s; if it is lost for good, move %s away and run with --begin-again",
			ErrStateMissing, lived, what, p.cfg.DataDir, way, ledgerFile)
	case !p.again:
		return fmt.Errorf("%w: %s: %s is missing in %s. Nothing was made instead: with a new ledger readings would be numbered and sold again, devices vouched for would be unknown, and with a new key buyers could not check what they get. "+
			"Is the right disk mounted? Then %s. If it is lost for good, run once with --begin-again: new keys and an empty ledger are made (docs/operations.md)", ErrStateMissing, lived, what, p.cfg.DataDir, way)
	}
	p.log.Warn("the bridge begins again, as it was told to", "missing", what, "data_dir", p.cfg.DataDir)
	return nil
}

// onChain asks the chain whether this operator's bridge has lived: his published key is none of
// ours, or streams are listed that only his bridge can have vouched for. "" is no.
func (p *parts) onChain(ctx context.Context, s state) (lived string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute) // there may be many streams
	defer cancel()
	id := market.OperatorID(p.cfg.Operator.ID)
	op, err := p.reader.Operator(ctx, id)
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrFirstStart, err)
	}
	if op.Keys != [32]byte{} && s.lacks(SigningKey) {
		return fmt.Sprintf("the hash of its signing key stands on chain (operator %d)", id), nil
	}
	if op.Keys != [32]byte{} {
		key, err := ReadSigningKey(p.cfg.Path(SigningKey))
		if err != nil {
			return "", err
		}
		if is := evidence.KeysHash(key.Public().(ed25519.PublicKey)); is != op.Keys {
			return fmt.Sprintf("the hash of another signing key stands on chain (%s; signing.key's is %s)", common.Hash(op.Keys).Hex(), is.Hex()), nil
		}
	}
	listed, err := p.reader.Streams(ctx, func(s market.Stream) bool { return s.Operator == id })
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrFirstStart, err)
	}
	if len(listed) > 0 {
		return fmt.Sprintf("%d streams are listed on chain that it vouched for (the first is stream %d)", len(listed), listed[0].ID), nil
	}
	return "", nil
}

// sameKeys refuses keys that are other than those the bridge began with.
func (p *parts) sameKeys(s state) error {
	if s.begun == nil || p.again {
		return nil
	}
	if have := p.publicKey(); have != s.begun.Key {
		return fmt.Errorf("%w: %s is another key (%s) than the one this bridge has signed with (%s): put that one back", ErrStateMissing, p.cfg.Path(SigningKey), have, s.begun.Key)
	}
	route, err := readKey(p.cfg.Path(routeKey), 32)
	if err != nil {
		return err
	}
	if keyID(route) != s.begun.Route {
		return fmt.Errorf("%w: %s is another key than the one this ledger's destinations are sealed with: put that one back", ErrStateMissing, p.cfg.Path(routeKey))
	}
	return nil
}

func (p *parts) publicKey() string { return evidence.KeyText(p.signing.Public().(ed25519.PublicKey)) }

// keyID tells a key from others and gives nothing of it away.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("dbdao-bridge route.key"), key...))
	return hex.EncodeToString(sum[:8])
}

// markBegun writes the marker, when ledger and keys are on disk.
func (p *parts) markBegun(context.Context) error {
	s, err := p.readState()
	if err != nil || s.begun != nil && !p.again {
		return err
	}
	route, err := readKey(p.cfg.Path(routeKey), 32)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(begun{Made: p.index.Clock().UTC().Truncate(time.Second), ChainID: p.chainID, Market: p.market(), Operator: market.OperatorID(p.cfg.Operator.ID),
		Key: p.publicKey(), Route: keyID(route)}, "", "  ")
	if err != nil {
		return err
	}
	if _, err := durably(p.cfg.Path(begunFile), func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return fmt.Errorf("remember that the bridge has begun: %w", err)
	}
	return nil
}

// lookAtKey raises a condition while another key stands on chain than the one that signs: buyers
// and arbiters take what is signed for forged.
func (p *parts) lookAtKey(keys common.Hash) {
	is := evidence.KeysHash(p.signing.Public().(ed25519.PublicKey))
	p.health.Set(keys != (common.Hash{}) && keys != is, health.Condition{Code: "key_differs", Text: fmt.Sprintf(
		"the key that signs deliveries has the hash %s, and on chain stands %s: put the right signing.key back and restart, or publish this one with `dbdao-bridge operator set-keys`", is.Hex(), keys.Hex())})
}

// watchKey looks what stands on chain, once a minute.
func (p *parts) watchKey(ctx context.Context) {
	for {
		if op, err := p.reader.Operator(ctx, market.OperatorID(p.cfg.Operator.ID)); err == nil {
			p.lookAtKey(op.Keys)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
	}
}
