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
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/secrets"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
)

// backupFormat names the form of a backup's manifest.
const backupFormat = "dbdao-backup/1"

const (
	ledgerFile   = "ledger.db"
	routeKey     = "route.key"
	keystoreFile = "keystore.json" // whatever it is called where it is used
	manifestFile = "manifest.json"
)

// Manifest says what a backup holds, and what it needs besides.
type Manifest struct {
	Format   string            `json:"format"`
	Made     time.Time         `json:"made"`
	Version  string            `json:"version"` // of the program
	ChainID  uint64            `json:"chain_id"`
	Market   common.Address    `json:"market"`
	Operator market.OperatorID `json:"operator"`
	Block    uint64            `json:"block"` // newest the ledger had folded
	Key      string            `json:"webhook_key,omitempty"`
	Files    []BackupFile      `json:"files"`
	Needs    []string          `json:"needs"` // files that are no part of the backup: keep them elsewhere
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Why a backup is not made, or not restored.
var (
	ErrBackupThere = errors.New("the folder exists already: a backup goes into a new one")
	ErrBackup      = errors.New("the backup cannot be used")
	ErrLedgerThere = errors.New("data_dir holds a ledger, which is not overwritten: move ledger.db away first, if you are sure that the copy is what you want")
)

// Backup copies the ledger of a running bridge into a new folder. With keys it copies the
// keys the bridge made for itself and the operator's keystore file, too; the keystore's
// password it never copies.
func Backup(ctx context.Context, cfg config.Config, c *api.Client, dir string, keys bool) (m Manifest, err error) {
	if _, err := os.Stat(dir); err == nil {
		return m, fmt.Errorf("%w (%s)", ErrBackupThere, dir)
	}
	tmp := filepath.Clean(dir) + ".partial"
	if err := os.RemoveAll(tmp); err != nil {
		return m, fmt.Errorf("make the backup: %w", err)
	}
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return m, fmt.Errorf("make the backup: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	m = Manifest{Format: backupFormat, Made: time.Now().UTC().Truncate(time.Second), Version: version.String(), Files: []BackupFile{}, Needs: []string{}}
	one, err := save(filepath.Join(tmp, ledgerFile), func(w io.Writer) error {
		_, err := c.Backup(ctx, w)
		return err
	})
	if err != nil {
		return m, err
	}
	m.Files = append(m.Files, one)
	look, err := ledger.LookAt(filepath.Join(tmp, ledgerFile))
	if err != nil {
		return m, fmt.Errorf("the copy does not read back: %w", err)
	}
	m.ChainID, m.Market, m.Operator, m.Block = look.Place.ChainID, look.Place.Market, look.Operator, look.Head.Number
	if key, err := ReadSigningKey(cfg.Path(SigningKey)); err == nil {
		m.Key = evidence.KeyText(key.Public().(ed25519.PublicKey))
	}
	for _, k := range []struct{ name, path string }{{SigningKey, cfg.Path(SigningKey)}, {routeKey, cfg.Path(routeKey)}, {keystoreFile, cfg.Operator.Keystore}} {
		if !keys {
			m.Needs = append(m.Needs, k.path)
			continue
		}
		one, err := copyFile(k.path, filepath.Join(tmp, k.name))
		if err != nil {
			return m, fmt.Errorf("copy a key (is this account allowed to read it? without --keys none is copied): %w", err)
		}
		m.Files = append(m.Files, one)
	}
	m.Needs = append(m.Needs, cfg.Operator.PasswordFile)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if _, err := save(filepath.Join(tmp, manifestFile), func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return m, err
	}
	if err := os.Rename(tmp, dir); err != nil {
		return m, fmt.Errorf("make the backup: %w", err)
	}
	return m, secrets.Named(filepath.Clean(dir))
}

// durably writes a file that only its owner can read, whole or not at all, and insists that it and
// its name are on disk.
func durably(path string, write func(io.Writer) error) (one BackupFile, err error) {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return one, err
	}
	if one, err = save(tmp, write); err != nil {
		return one, err
	}
	one.Name = filepath.Base(path)
	return one, errors.Join(os.Rename(tmp, path), secrets.Named(path))
}

// save writes a new file that only its owner can read, and insists that it is on disk.
func save(path string, write func(io.Writer) error) (one BackupFile, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return one, fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	h := sha256.New()
	count := &counter{}
	err = write(io.MultiWriter(f, h, count))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return one, fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return BackupFile{filepath.Base(path), count.n, hex.EncodeToString(h.Sum(nil))}, nil
}

type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) { c.n += int64(len(b)); return len(b), nil }

func copyFile(from, to string) (one BackupFile, err error) {
	f, err := os.Open(from)
	if err != nil {
		return one, err
	}
	defer f.Close()
	return save(to, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
}

// Restoration says what was restored, and what the chain knows beyond it.
type Restoration struct {
	Manifest
	Restored []string `json:"restored"` // files put into data_dir
	Kept     []string `json:"kept"`     // key files that were there already, and fit
	Missing  []string `json:"missing"`  // files the configuration names that are not there: the bridge does not start without them
	Beyond   []Beyond `json:"beyond"`   // purchases the chain paid more readings of than the copy has receipts for
	Chain    string   `json:"chain"`    // what was asked of the chain, and what that means
	Undone   string   `json:"undone"`   // what is as it was when the copy was made
}

// Beyond is a purchase of which the chain knows more than the copy.
type Beyond struct {
	Purchase market.PurchaseID `json:"purchase"`
	Receipts uint32            `json:"receipts"` // that may be claimed, in the copy
	Paid     uint32            `json:"paid"`     // readings, on chain
}

// Restore puts a backup into data_dir, which must hold no ledger, and marks it as a copy: the
// bridge that opens it leaves out the numbers that may have been given out since. It asks a
// node what the chain knows beyond the copy; without one it restores all the same.
func Restore(ctx context.Context, cfg config.Config, dir string) (r Restoration, err error) {
	r = Restoration{Restored: []string{}, Kept: []string{}, Missing: []string{}, Beyond: []Beyond{}}
	if r.Manifest, err = readManifest(dir); err != nil {
		return r, err
	}
	if _, err := os.Stat(cfg.Path(ledgerFile)); !errors.Is(err, fs.ErrNotExist) {
		if _, _, _, locked := ledger.Pinned(cfg.Path(ledgerFile)); errors.Is(locked, ledger.ErrLocked) {
			return r, fmt.Errorf("a bridge runs with this data_dir, %s: stop it first, and restore only if its ledger is to be given up", cfg.DataDir)
		}
		return r, errors.Join(ErrLedgerThere, err)
	}
	if m := common.HexToAddress(cfg.Chain.Market); m != r.Market || market.OperatorID(cfg.Operator.ID) != r.Operator || cfg.Chain.ChainID != 0 && cfg.Chain.ChainID != r.ChainID {
		return r, fmt.Errorf("%w: it is of chain %d, market %s, operator %d; configured are chain %d, market %s, operator %d",
			ErrBackup, r.ChainID, r.Market, r.Operator, cfg.Chain.ChainID, m, cfg.Operator.ID)
	}
	look, err := ledger.LookAt(filepath.Join(dir, ledgerFile))
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return r, fmt.Errorf("make data_dir: %w", err)
	}
	if err := r.putKeys(cfg, dir); err != nil {
		return r, err
	}
	// What is restored is what counts from now on: the next start marks it again.
	if err := os.Remove(cfg.Path(begunFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("restore: %w", err)
	}
	// Last, and under its name only when it is whole and marked: a bridge cannot start before.
	tmp := cfg.Path(ledgerFile) + ".restored"
	_ = os.Remove(tmp)
	if _, err := copyFile(filepath.Join(dir, ledgerFile), tmp); err != nil {
		return r, err
	}
	if err := ledger.MarkRestored(tmp, r.Made); err != nil {
		return r, err
	}
	if err := errors.Join(os.Rename(tmp, cfg.Path(ledgerFile)), secrets.Named(cfg.Path(ledgerFile))); err != nil {
		return r, fmt.Errorf("restore the ledger: %w", err)
	}
	r.Restored = append(r.Restored, cfg.Path(ledgerFile))
	for _, path := range []string{cfg.Operator.Keystore, cfg.Operator.PasswordFile} {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			r.Missing = append(r.Missing, path)
		}
	}
	r.Undone = fmt.Sprintf("destinations, their secrets, which purchase goes to which (`destination use`), terms that were put and devices that were vouched for are as they were at %s: what buyers and owners changed since they have to change again",
		r.Made.UTC().Format(time.RFC3339))
	r.askChain(ctx, cfg, look)
	return r, nil
}

// readManifest reads a backup's manifest and checks every file of it.
func readManifest(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return m, fmt.Errorf("%w: %w (a folder that `backup` made has a %s)", ErrBackup, err, manifestFile)
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Format != backupFormat {
		return m, fmt.Errorf("%w: its manifest is of the form %.40q, known is %q", ErrBackup, m.Format, backupFormat)
	}
	hasLedger := false
	for _, one := range m.Files {
		if one.Name != filepath.Base(one.Name) {
			return m, fmt.Errorf("%w: its manifest names a file outside of it", ErrBackup)
		}
		hasLedger = hasLedger || one.Name == ledgerFile
		f, err := os.Open(filepath.Join(dir, one.Name))
		if err != nil {
			return m, fmt.Errorf("%w: %w", ErrBackup, err)
		}
		h := sha256.New()
		n, err := io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return m, fmt.Errorf("%w: %w", ErrBackup, err)
		}
		if n != one.Size || hex.EncodeToString(h.Sum(nil)) != one.SHA256 {
			return m, fmt.Errorf("%w: %s is damaged (it has another checksum than the manifest says)", ErrBackup, one.Name)
		}
	}
	if !hasLedger {
		return m, fmt.Errorf("%w: it holds no %s", ErrBackup, ledgerFile)
	}
	return m, nil
}

// putKeys puts the copied keys where they belong, unless the same are there. Without them
// buyers could not check signatures, and destinations could not be opened.
func (r *Restoration) putKeys(cfg config.Config, dir string) error {
	for _, name := range []string{SigningKey, routeKey} {
		path, from := cfg.Path(name), filepath.Join(dir, name)
		there, err := os.ReadFile(path)
		copied, cerr := os.ReadFile(from)
		switch {
		case err == nil && (cerr != nil || string(there) == string(copied)):
			r.Kept = append(r.Kept, path)
		case err == nil:
			return fmt.Errorf("%w: %s is another key than the backup's: move it away to take the backup's", ErrBackup, path)
		case cerr != nil:
			return fmt.Errorf("%w: it holds no %s and neither does data_dir: put the one that was there to %s first (the manifest says where it was), or the bridge would make a new one that opens nothing", ErrBackup, name, path)
		default:
			if _, err := copyFile(from, path); err != nil {
				return err
			}
			r.Restored = append(r.Restored, path)
		}
	}
	key, err := ReadSigningKey(cfg.Path(SigningKey))
	if err != nil {
		return err
	}
	if text := evidence.KeyText(key.Public().(ed25519.PublicKey)); r.Key != "" && text != r.Key {
		return fmt.Errorf("%w: %s is another key (%s) than the one that signed when it was made (%s)", ErrBackup, cfg.Path(SigningKey), text, r.Key)
	}
	return r.putKeystore(cfg, filepath.Join(dir, keystoreFile))
}

// putKeystore puts the operator's copied keystore where the configuration has it, if none is
// there: one that is may be a newer key.
func (r *Restoration) putKeystore(cfg config.Config, from string) error {
	path := cfg.Operator.Keystore
	_, copied := os.Stat(from)
	switch _, err := os.Stat(path); {
	case err == nil:
		r.Kept = append(r.Kept, path)
	case copied != nil || path == "": // the backup has none; what is not there is told
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look for operator.keystore: %w", err)
	default:
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("make the folder of operator.keystore: %w", err)
		}
		if _, err := copyFile(from, path); err != nil {
			return err
		}
		r.Restored = append(r.Restored, path)
	}
	return nil
}

// askChain says what the chain knows beyond the copy.
func (r *Restoration) askChain(ctx context.Context, cfg config.Config, look ledger.Look) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	q := &parts{cfg: cfg, meter: meter.New(), log: slog.New(slog.DiscardHandler)}
	err := q.dial(ctx)
	if err == nil {
		defer q.nodes.Close()
		err = r.compare(ctx, q, look)
	}
	if err != nil {
		r.Chain = fmt.Sprintf("no node could be asked what the chain knows beyond the copy (%v): the bridge finds out when it runs", err)
	}
}

func (r *Restoration) compare(ctx context.Context, q *parts, look ledger.Look) error {
	head, err := q.nodes.HeaderByNumber(ctx, nil)
	if err != nil {
		return err
	}
	lost := uint64(0)
	known := map[market.PurchaseID]bool{}
	for _, a := range look.Accounts {
		known[a.Purchase] = true
		if a.State != market.PurchaseActive {
			continue
		}
		p, err := q.reader.Purchase(ctx, a.Purchase)
		if err != nil {
			return err
		}
		if p.Delivered > a.Receipts {
			r.Beyond = append(r.Beyond, Beyond{a.Purchase, a.Receipts, p.Delivered})
			lost += uint64(p.Delivered - a.Receipts)
		}
	}
	since, err := q.reader.Purchases(ctx, func(p market.Purchase) bool { return p.Delivered > 0 && !known[p.ID] && p.Start >= look.Head.Time })
	if err != nil {
		return err
	}
	for _, p := range since { // bought since the copy was made
		s, err := q.reader.Stream(ctx, p.Stream)
		if err != nil {
			return err
		}
		if s.Operator == look.Operator {
			r.Beyond = append(r.Beyond, Beyond{p.ID, 0, p.Delivered})
			lost += uint64(p.Delivered)
		}
	}
	r.Chain = fmt.Sprintf("the copy knows the chain up to block %d (%s), the chain is at block %d (%s): it paid %d readings that the copy has no receipts for. The bridge folds the rest, numbers on past it, and names the gap in evidence; what was delivered after the copy and not claimed is not paid",
		look.Head.Number, stamp(look.Head.Time), head.Number, stamp(head.Time), lost)
	op, err := q.reader.Operator(ctx, look.Operator)
	if err != nil {
		return err
	}
	mined, err := q.nodes.NonceAt(ctx, op.Signer, nil)
	if err != nil {
		return err
	}
	if sent, err := q.nodes.PendingNonceAt(ctx, op.Signer); err == nil && sent > mined {
		r.Chain += fmt.Sprintf(". %d transactions of the hot key %s are under way, perhaps settlements of the lost ledger: start the bridge when they are mined, or what is delivered until then may be taken for theirs", sent-mined, op.Signer)
	}
	return nil
}

func stamp(unix uint64) string { return time.Unix(int64(unix), 0).UTC().Format(time.RFC3339) }
