package js_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
)

// A codec of TS013 runs in a process of its own; one that does not end is ended.
func ExamplePool_Decode() {
	pool := js.NewPool(1, js.Limits{Time: 2 * time.Second})
	defer pool.Close()
	ctx := context.Background()

	const script = `function decodeUplink(input) {
		return {data: {temperature: (input.bytes[0] << 8 | input.bytes[1]) / 10}, warnings: ['battery low']};
	}`
	r, err := pool.Decode(ctx, script, js.Input{Bytes: []byte{0, 215}, FPort: 2, Received: time.Now()})
	fmt.Println(string(r.Data), r.Warnings, err)

	_, err = pool.Decode(ctx, `function decodeUplink() { for (;;); }`, js.Input{})
	fmt.Println(errors.Is(err, js.ErrTime))
	_, err = pool.Decode(ctx, `function decodeUplink() { return {data: {all: 'x'.repeat(1 << 28)}}; }`, js.Input{})
	fmt.Println(errors.Is(err, js.ErrMemory))
	// Output:
	// {"temperature":21.5} [battery low] <nil>
	// true
	// true
}
