package settlement

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/secrets"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/uuid"
)

// Why a key is not taken.
var (
	ErrPassword = errors.New("the password does not open the keystore: check the password file")
	ErrOpenFile = errors.New("the file can be read by others: chmod 600 it")
)

// Key signs with a private key in memory.
type Key struct{ private *ecdsa.PrivateKey }

// NewKey wraps a private key.
func NewKey(private *ecdsa.PrivateKey) *Key { return &Key{private: private} }

// LoadKey opens a keystore v3 file with the password in a file. Both must be
// readable by their owner only.
func LoadKey(keystoreFile, passwordFile string) (*Key, error) {
	password, err := ReadSecret(passwordFile)
	if err != nil {
		return nil, err
	}
	return OpenKey(keystoreFile, password)
}

// OpenKey opens a keystore v3 file with a password.
func OpenKey(keystoreFile, password string) (*Key, error) {
	sealed, err := ReadSecret(keystoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: `dbdao-bridge wallet new` makes a keystore", err)
	}
	if err != nil {
		return nil, err
	}
	k, err := keystore.DecryptKey([]byte(sealed), password)
	switch {
	case errors.Is(err, keystore.ErrDecrypt):
		return nil, fmt.Errorf("%s: %w", keystoreFile, ErrPassword)
	case err != nil:
		return nil, fmt.Errorf("%s is no keystore v3 file: make one with `dbdao-bridge wallet new`", keystoreFile)
	}
	return &Key{private: k.PrivateKey}, nil
}

// ReadSecret reads a file that only its owner may read, without the newline at its end.
func ReadSecret(path string) (string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	if secrets.Open(path, st) {
		return "", fmt.Errorf("%s: %w", path, ErrOpenFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// Derive makes another key from this one: the same for the same role, and of no use to find
// this one.
func (k *Key) Derive(role string) (*Key, error) {
	private, err := crypto.ToECDSA(crypto.Keccak256(crypto.FromECDSA(k.private), []byte(role)))
	if err != nil {
		return nil, fmt.Errorf("derive a key for %s: %w", role, err)
	}
	return &Key{private: private}, nil
}

// Seal says how much work it is to open a keystore.
type Seal struct{ n, p int }

// The work that seals: 256 MB of memory and a second, or 4 MB for tests and labs.
var (
	StandardSeal = Seal{keystore.StandardScryptN, keystore.StandardScryptP}
	LightSeal    = Seal{keystore.LightScryptN, keystore.LightScryptP}
)

// Store seals the key in a keystore v3 file, which must not exist, and insists that it is
// on disk.
func (k *Key) Store(file, password string, seal Seal) error {
	sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: k.Address(), PrivateKey: k.private}, password, seal.n, seal.p)
	if err != nil {
		return fmt.Errorf("seal the key: %w", err)
	}
	return NewSecret(file, sealed)
}

// NewSecret writes a file that only its owner may read, and insists that it is on disk. The
// file must not exist.
func NewSecret(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store a secret (an existing file is never overwritten): %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = secrets.Named(file)
	}
	if err != nil {
		return fmt.Errorf("store a secret in %s: %w", file, err)
	}
	return nil
}

// Address is the account of the key.
func (k *Key) Address() common.Address { return crypto.PubkeyToAddress(k.private.PublicKey) }

// SignTx signs a transaction for a chain.
func (k *Key) SignTx(tx *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	return types.SignTx(tx, types.LatestSignerForChainID(chainID), k.private)
}

// SignHash signs a digest, with v as Ethereum contracts expect it (27 or 28).
func (k *Key) SignHash(digest common.Hash) ([]byte, error) {
	sig, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	sig[64] += 27
	return sig, nil
}
