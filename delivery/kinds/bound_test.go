package kinds_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// list is a JSON array of n equal texts; columns a JSON object of n columns.
func list(n int, text string) string {
	return strings.TrimSuffix("["+strings.Repeat(fmt.Sprintf("%q,", text), n), ",") + "]"
}

func columns(n int) string {
	var b strings.Builder
	b.WriteString(`{"id":"id"`)
	for i := range n - 1 {
		b.WriteString(fmt.Sprintf(`,"c%d":"body"`, i))
	}
	return b.String() + "}"
}

const (
	httpURL     = `"url":"http://127.0.0.1:1/"`
	postgresURL = `"url":"postgres://u@127.0.0.1:1/d","tls":false`
)

func httpConfig(rest string) string     { return "{" + httpURL + "," + rest + "}" }
func postgresConfig(rest string) string { return "{" + postgresURL + "," + rest + "}" }

// A configuration that makes very much of each reading is refused when it is set.
func TestWhatMakesTooMuchOfAReadingIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ kind, config, says string }{
		"placeholders":     {"http", httpConfig(`"body":"template","template":"` + strings.Repeat("{{}}", 15_000) + `"`), "15000 placeholders"},
		"whole readings":   {"http", httpConfig(`"body":"template","template":"` + strings.Repeat("{{}}", 250) + `"`), "would be sent as"},
		"empty columns":    {"http", httpConfig(`"body":"csv","columns":` + list(10, "")), "empty name"},
		"columns of csv":   {"http", httpConfig(`"body":"csv","columns":` + list(6_000, "values")), "6000 names"},
		"columns of rows":  {"postgres", postgresConfig(`"columns":` + columns(3600)), "columns has 3600"},
		"rows of readings": {"postgres", postgresConfig(`"columns":` + columns(256)), "would be sent as"},
		"ids in a URL":     {"http", `{"url":"http://127.0.0.1:1/` + strings.Repeat("{id}", 15_000) + `"}`, "8192 bytes"},
		"ids in a topic":   {"mqtt", `{"url":"mqtt://127.0.0.1:1","topic":"` + strings.Repeat("{dev}", 10_000) + `"}`, "topic"},
		"ids in a subject": {"nats", `{"url":"nats://127.0.0.1:1","subject":"` + strings.Repeat("{dev}", 10_000) + `"}`, "subject"},
		"ids in a key":     {"amqp", `{"url":"amqp://127.0.0.1:1","exchange":"e","routing_key":"` + strings.Repeat("{dev}", 10_000) + `"}`, "routing_key"},
	} {
		_, err := kinds.All.Parse(c.kind, []byte(c.config), netguard.Guard{AllowPrivate: true})
		if !errors.Is(err, delivery.ErrConfig) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// hungry are configurations that are as greedy as one may be.
var hungry = map[string]struct{ kind, config string }{
	"template": {"http", httpConfig(`"body":"template","batch":1000,"template":"` + strings.Repeat("{{values}}", 256) + `"`)},
	"csv":      {"http", httpConfig(`"body":"csv","batch":1000,"columns":` + list(256, "values"))},
	"influx":   {"http", httpConfig(`"body":"influx","batch":1000,"measurement":"` + strings.Repeat("m", 200) + `"`)},
	"rows":     {"postgres", postgresConfig(`"batch":5000,"columns":` + columns(100))},
}

// reading has so many bytes, and deep paths, which line protocol writes again and again.
func reading(bytes int) []byte {
	deep := fmt.Sprintf("%q:[%s1]", strings.Repeat("n", bytes/4), strings.Repeat("1,", bytes/4))
	for range 8 {
		deep = fmt.Sprintf("%q:{%s}", strings.Repeat("d", 30), deep)
	}
	return []byte(`{"id":"msg_A","stream":1,"purchase":1,"seq":0,"dev":"0xd","f_cnt":1,"f_port":1,"received":"2026-09-10T07:14:22Z","values":{` + deep + `}}`)
}

// attempt tells what became of parcels that are never to leave, and how much memory it took.
func attempt(ctx context.Context, t *testing.T, kind, config string, parcels []delivery.Parcel) (res delivery.Result, took uint64) {
	t.Helper()
	target, err := kinds.All.Parse(kind, []byte(config), netguard.Guard{AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := target.Open(delivery.Env{Key: sinktest.Key, Now: time.Now, Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("something is sent")
		return nil, net.ErrClosed
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res = s.Deliver(ctx, delivery.NewBatch(0, parcels))
	runtime.ReadMemStats(&after)
	return res, after.TotalAlloc - before.TotalAlloc
}

// However greedy a configuration is, an attempt writes a few MiB and ends: a batch is to be
// cut in halves, and a reading that is too long alone never is sent.
func TestAnAttemptWritesAFewMegabytes(t *testing.T) {
	for name, c := range hungry {
		many := make([]delivery.Parcel, 1000)
		for i := range many {
			many[i] = delivery.Parcel{ID: delivery.ParcelID(fmt.Sprint("msg_", i)), Body: reading(4 << 10)}
		}
		res, took := attempt(t.Context(), t, c.kind, c.config, many)
		if !res.Refused || res.Taken != 0 || len(res.Never) != 0 || res.Reason.Code != delivery.CodeRefused {
			t.Errorf("%s: a batch: %+v", name, res)
		}
		if took > 100<<20 {
			t.Errorf("%s: a batch took %d MiB", name, took>>20)
		}
		res, took = attempt(t.Context(), t, c.kind, c.config, []delivery.Parcel{{ID: "msg_0", Body: reading(32 << 10)}})
		if len(res.Never) != 1 || res.Never[0].Index != 0 || !strings.Contains(res.Never[0].Reason.Text, "1024 KiB") {
			t.Errorf("%s: a reading: %+v", name, res)
		}
		if took > 100<<20 {
			t.Errorf("%s: a reading took %d MiB", name, took>>20)
		}
	}
}

// An attempt that is over, because its time is or the bridge stops, writes nothing more.
func TestAnAttemptThatIsOverEncodesNothing(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range hungry {
		res, took := attempt(over, t, c.kind, c.config, []delivery.Parcel{{ID: "msg_0", Body: reading(512)}, {ID: "msg_1", Body: reading(512)}})
		if res.Refused || res.Reason.None() || took > 1<<20 {
			t.Errorf("%s: %+v, %d bytes", name, res, took)
		}
	}
}
