package chirpstacktest

import (
	"iter"

	"google.golang.org/protobuf/encoding/protowire"
)

// laterValue is the later field as Poke sets it.
var laterValue = protowire.AppendString(protowire.AppendTag(nil, laterField, protowire.BytesType), "set by hand in a later version")

type field struct {
	number protowire.Number
	raw    []byte
}

// fields walks the fields of a message's bytes.
func fields(b []byte) iter.Seq[field] {
	return func(yield func(field) bool) {
		for len(b) > 0 {
			number, _, n := protowire.ConsumeField(b)
			if n < 0 || !yield(field{number, b[:n]}) {
				return
			}
			b = b[n:]
		}
	}
}
