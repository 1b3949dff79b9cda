package delivery

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// DestinationID names a destination for ever; it is drawn when the destination is first set.
type DestinationID [16]byte

// String gives it in hexadecimal.
func (d DestinationID) String() string { return hex.EncodeToString(d[:]) }

// MarshalText gives it as String does.
func (d DestinationID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 32 hexadecimal digits.
func (d *DestinationID) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(d) {
		return errors.New("a destination's id has 32 hexadecimal digits")
	}
	_, err := hex.Decode(d[:], b)
	return err
}

// Config is a destination's configuration as its buyer wrote it, secrets included. It
// prints as nothing: what may be shown is Target.Redacted.
type Config []byte

// Format, LogValue and MarshalJSON keep it out of logs, errors and answers.
func (Config) Format(s fmt.State, _ rune)     { _, _ = s.Write([]byte("(configuration)")) }
func (Config) LogValue() slog.Value           { return slog.StringValue("(configuration)") }
func (Config) MarshalJSON() ([]byte, error)   { return nil, errHidden }
func (Config) MarshalText() ([]byte, error)   { return nil, errHidden }
func (Config) MarshalBinary() ([]byte, error) { return nil, errHidden }

var errHidden = errors.New("a destination's configuration is not written out: use Target.Redacted")

// Destination is where a buyer wants parcels: he sets it once and uses it for any
// number of purchases. Only he and the operator know it.
type Destination struct {
	ID      DestinationID
	Buyer   common.Address
	Name    string
	Kind    string
	Config  Config
	Salt    [32]byte // drawn with the ID
	Default bool     // takes the purchases that name no other
	Set     time.Time
}

// RouteHash is what a purchase of this destination may carry on chain: keccak256 of 32
// random bytes and the destination's id. It pins nothing and lets nothing be guessed: the
// destination can be changed, or its secrets rotated, without a transaction.
func (d *Destination) RouteHash() common.Hash { return crypto.Keccak256Hash(d.Salt[:], d.ID[:]) }

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// CheckName says whether a destination may have a name: 1 to 63 of a-z, 0-9, dot,
// underscore and hyphen, the first a letter or digit.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%w: a destination's name is 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit", ErrConfig)
	}
	return nil
}
