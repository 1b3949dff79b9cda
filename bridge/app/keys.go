package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

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
	tmp := path + ".new"
	if err := os.WriteFile(tmp, fmt.Appendf(nil, "%x\n", key), 0o600); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	return key, nil
}
