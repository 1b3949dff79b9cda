package bridge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Repair is Post for an uplink that was missed when it was live. It passes the same
// window, so that it is sold once however often it is brought, and counts as received
// when its network received it: that decides which purchases it belongs to. What the
// contract would pay by now still bounds what is sold.
//
// settle is also told how many counters right below a new one are missing.
func (b *Bridge) Repair(in *Intake, payload []byte, oldest time.Duration, settle func(f Fate, below uint32)) {
	counted := func(f Fate) {
		in.repairs[f].Inc()
		settle(f, 0)
	}
	var topic lorawan.Topic
	if _, fate := b.bought(&topic, payload); fate != "" {
		counted(fate)
		return
	}
	u := new(lorawan.Uplink)
	if fate := b.read(in, &topic, payload, u); fate != "" {
		counted(fate)
		return
	}
	now := time.Unix(int64(b.entitlements.Now()), 0)
	at, fate := receivedAt(u, now, oldest)
	if fate != "" {
		counted(fate)
		return
	}
	r := u.Reading(at)
	r.Counted, r.Repaired = now, true
	b.sell(in, &r, func(f Fate, o *ledger.Outcome) {
		in.repairs[f].Inc()
		below := uint32(0)
		if o.Verdict == ledger.Posted {
			below = o.Below
		}
		settle(f, below)
	})
}

// receivedAt says when a network received an uplink: by the server's clock, or by a
// gateway's if the server tells none. Nothing was received in the future.
func receivedAt(u *lorawan.Uplink, now time.Time, oldest time.Duration) (time.Time, Fate) {
	at := u.Received
	if at.IsZero() {
		at = u.Gateway
	}
	switch {
	case at.IsZero():
		return at, FateUndated
	case now.Sub(at) > oldest:
		return at, FateTooOld
	case at.After(now):
		return now, ""
	}
	return at, ""
}

// repairsInFlight is how many repaired uplinks wait for their commit at once.
const repairsInFlight = 256

// RepairAll reads events, one a line, and repairs each: The Things Stack's Storage
// Integration, or any event a source may publish. It returns what became of them, by
// fate; with an error, of those before it.
func (b *Bridge) RepairAll(ctx context.Context, in *Intake, lines io.Reader, longest int, oldest time.Duration) (map[string]int, error) {
	var mu sync.Mutex
	sum := map[string]int{}
	slots := make(chan struct{}, repairsInFlight)
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(make([]byte, 0, 64<<10), longest)
	var err error
	for err == nil && scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) == 0 {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			err = ctx.Err()
			continue
		}
		b.Repair(in, bytes.Clone(line), oldest, func(f Fate, _ uint32) {
			mu.Lock()
			sum[string(f)]++
			mu.Unlock()
			<-slots
		})
	}
	for range repairsInFlight { // all have settled when every slot is free
		slots <- struct{}{}
	}
	if scanner.Err() != nil {
		if _, long := errors.AsType[*http.MaxBytesError](scanner.Err()); long {
			return sum, scanner.Err()
		}
		err = fmt.Errorf("%w: a line is longer than %d bytes (the source's max_packet), or the file broke off", api.ErrRefused, longest)
	}
	return sum, err
}

// Backfill makes parts the api.Backfiller.
func (b backend) Backfill(ctx context.Context, source string, lines io.Reader) (map[string]int, error) {
	for i, s := range b.sources {
		if s.intake.Name != source {
			continue
		}
		c := b.cfg.Sources[i]
		if s.frames != nil {
			return nil, fmt.Errorf("%w: back-fill brings a network server's events; source %s reads raw frames", api.ErrRefused, source)
		}
		sum, err := b.bridge.RepairAll(ctx, s.intake, lines, c.MaxPacket, c.Backfill.MaxAge)
		if err == nil && sum[string(FateUncommitted)] > 0 {
			err = errors.New("the ledger failed during the back-fill: run it again, what was stored is known")
		}
		return sum, err
	}
	return nil, fmt.Errorf("%w: there is no source %q", api.ErrRefused, source)
}
