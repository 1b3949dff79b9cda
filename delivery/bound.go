package delivery

import (
	"context"
	"errors"
	"fmt"
)

// What the bridge writes of readings has bounds of its own: Limits.Bytes counts readings as
// they are stored, and what a configuration makes of them may be many times as long.
const (
	BatchBytes   = 4 << 20  // of a batch as it is sent, at most
	ReadingBytes = 1 << 20  // of a single reading as it is sent, at most
	exampleBytes = 96 << 10 // of Example as it would be sent, at most
	FieldsMax    = 256      // placeholders of a template, or columns, at most
)

// ErrLong says that what would be sent is beyond the bounds.
var ErrLong = fmt.Errorf("written as the destination wants it, a reading has more than %d KiB, or a batch of them more than %d MiB", ReadingBytes>>10, BatchBytes>>20)

// Room says whether an encoder that has written n bytes of a batch may go on. Encoders ask
// at every member they write: an attempt that is over is not written to its end.
func (b *Batch) Room(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n > BatchBytes || n > ReadingBytes && len(b.Parcels) == 1 {
		return ErrLong
	}
	return nil
}

// Unwritten is the result of a batch that could not be encoded. One that is too long is cut
// in halves; a single reading that is, never will be sent.
func (b *Batch) Unwritten(err error) Result {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Result{Reason: Explain(err)}
	}
	res := Result{Reason: Reason{CodeRefused, err.Error()}, Refused: true}
	if errors.Is(err, ErrLong) && len(b.Parcels) == 1 {
		res.Never = []Never{{0, res.Reason}}
	}
	return res
}

// Example is a reading as any may be, with all the members a listing can sell.
const Example = `{"id":"msg_AAAAAAAAAAAAAAAAAAAAAAAAAA","stream":1,"purchase":1,"seq":0,"prev":"0x0000000000000000000000000000000000000000000000000000000000000000","dev":"0x0000000000000000000000000000000000000000000000000000000000000000","f_cnt":1,"f_port":1,"received":"2026-01-01T00:00:00Z","time":"2026-01-01T00:00:00Z","values":{"temperature":21.5,"humidity":40,"battery":3.6},"senml":[{"n":"temperature","u":"Cel","v":21.5}],"link":{"rssi":-110,"snr":5.5,"sf":7},"data":"AQIDBAUGBwg="}`

// Fit tries a configuration's encoder with Example, and gives how many bytes of readings a
// batch may have so that what is made of them stays within BatchBytes, as a rule.
func Fit(encode func(Batch) (n int, err error)) (limit int, err error) {
	n, err := encode(NewBatch(0, []Parcel{{Body: []byte(Example)}}))
	if err != nil {
		return 0, err
	}
	if n > exampleBytes {
		return 0, fmt.Errorf("a reading of %d bytes would be sent as %d: at most %d are", len(Example), n, exampleBytes)
	}
	most := BatchBytes / 2
	return min(most, most*len(Example)/max(1, n)), nil
}
