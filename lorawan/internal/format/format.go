// Package format says what a network server's way of writing events has to tell of itself, so
// that one subscriber can serve mixed servers: a folder registers one, package detect lists it.
package format

import (
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
)

// Sign is how much a member of a JSON object tells.
type Sign uint8

// The signs.
const (
	None Sign = iota // other formats may have it too
	Hint             // it is this format if nothing better follows
	Sure             // no other format has it
)

// Format is one way of writing events.
type Format struct {
	Name   string   // in configuration, logs and what commands print, e.g. "chirpstack-v4"
	About  string   // whose it is and in which encodings, for documents
	Topics []string // templates of the topics it is published under unless told otherwise

	// Member judges a member at the front of a document. The reader is a copy that stands before
	// the value, of which it may read what it likes.
	Member func(key []byte, value scan.Reader) Sign
	// Protobuf judges a document in protobuf; nil if there are none.
	Protobuf func(payload []byte) bool

	// Decode reads an event. Only Network of u is kept, and its slices may alias the payload. An
	// error wraps lorawan.ErrMalformed and never quotes the payload; u is then empty.
	Decode func(payload []byte, u *lorawan.Uplink) error
}
