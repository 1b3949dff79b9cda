package source

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
	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
)

// repairsInFlight is how many repaired uplinks wait for their commit at once.
const repairsInFlight = 256

// bring reads events, one a line, and takes each in as one that was missed: The Things Stack's
// Storage Integration, or any event a source may publish. It returns what became of them, by
// fate; with an error, of those before it.
func bring(ctx context.Context, b *bridge.Bridge, in *intake.Entrance, lines io.Reader, longest int, oldest time.Duration) (map[string]int, error) {
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
		b.Take(in, intake.Arrival{Payload: bytes.Clone(line), Missed: oldest, Done: intake.Then(func(e intake.End) {
			mu.Lock()
			sum[string(e.Fate)]++
			mu.Unlock()
			<-slots
		})})
	}
	for range repairsInFlight { // all have ended when every slot is free
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

// Backfill takes events in that a source missed, one a line; it makes Sources the api.Backfiller.
func (s *Sources) Backfill(ctx context.Context, name string, lines io.Reader) (map[string]int, error) {
	for _, one := range s.all {
		if one.in.Name != name {
			continue
		}
		if one.frames != nil {
			return nil, fmt.Errorf("%w: back-fill brings a network server's events; source %s reads raw frames", api.ErrRefused, name)
		}
		sum, err := bring(ctx, s.Bridge, one.in, lines, one.config.MaxPacket, one.config.Backfill.MaxAge)
		if err == nil && sum[string(intake.FateUncommitted)] > 0 {
			err = errors.New("the ledger has no room, or failed, during the back-fill: run it again when `dbdao-bridge status` names no ledger_full, what was stored is known")
		}
		return sum, err
	}
	return nil, fmt.Errorf("%w: there is no source %q", api.ErrRefused, name)
}
