package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// SigningKey is the file in data_dir with the ed25519 seed that signs deliveries.
const SigningKey = "signing.key"

// MakeSigningKey reads the key that signs deliveries, or makes it if there is none.
func MakeSigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := ownKey(path, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ReadSigningKey reads the key that signs deliveries; it makes none.
func ReadSigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := readKey(path, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func readKey(path string, size int) ([]byte, error) {
	text, err := settlement.ReadSecret(path)
	if err != nil {
		return nil, err
	}
	key := common.FromHex(text)
	if len(key) != size {
		return nil, fmt.Errorf("%s is damaged: restore it from a backup", path)
	}
	return key, nil
}

// ownKey reads a secret the bridge made, or makes it.
func ownKey(path string, size int) ([]byte, error) {
	key, err := readKey(path, size)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, size)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	if _, err := durably(path, func(w io.Writer) error { _, err := fmt.Fprintf(w, "%x\n", key); return err }); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	return key, nil
}

// MakeKeys makes the keys of a first start in a data_dir: for who puts a ledger there that no bridge
// has made.
func MakeKeys(dir string) error {
	_, err := MakeSigningKey(filepath.Join(dir, SigningKey))
	if err == nil {
		_, err = ownKey(filepath.Join(dir, routeKey), 32)
	}
	return err
}

// AdminToken is the file in data_dir with the token of the admin API.
const AdminToken = "admin.token"

// MakeAdminToken reads the token of the admin API, or makes it if there is none. Deleted, it is
// made again: whoever knew the old one is out.
func MakeAdminToken(path string) (string, error) {
	token, err := source.ReadToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	if _, err := ownKey(path, 32); err != nil {
		return "", err
	}
	return source.ReadToken(path)
}
