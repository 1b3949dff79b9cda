package chirpstackapi

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"google.golang.org/protobuf/proto"
)

// FuzzStream hands any bytes to what reads a server's answer. Nothing may panic or
// take more than an event's length, and an event the official package reads from the
// same bytes must be the same one.
func FuzzStream(f *testing.F) {
	for _, e := range []*api.LogItem{
		{},
		{Id: "1-0", Description: "up", Body: `{"fCnt":1}`, Properties: map[string]string{"fCnt": "1"}},
		{Description: "join", Body: string(bytes.Repeat([]byte("x"), 300))},
	} {
		b, err := proto.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{0, 0, 0, byte(len(b) >> 8), byte(len(b))}, b...))
	}
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 0, 0, 2, 0x22, 0x05})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			before := r.Len()
			message, err := readMessage(r)
			if err != nil {
				if message != nil || errors.Is(err, io.EOF) && before != 0 {
					t.Fatalf("%d bytes and %v", len(message), err)
				}
				return
			}
			if len(message) > eventMax || before-r.Len() != 5+len(message) {
				t.Fatalf("a message of %d bytes took %d", len(message), before-r.Len())
			}
			got, err := readEvent(message)
			var official api.LogItem
			if proto.Unmarshal(message, &official) != nil {
				continue // it also looks into fields that are not read here
			}
			if err != nil {
				t.Fatalf("%x is refused: %v", message, err)
			}
			if got.ID != official.Id || got.Kind != official.Description || string(got.Body) != official.Body {
				t.Fatalf("%x: %+v, the official package reads %v", message, got, &official)
			}
		}
	})
}
