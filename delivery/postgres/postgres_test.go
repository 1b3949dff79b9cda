package postgres

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var tableNumber atomic.Int64

// query asks a server directly, as its owner would.
func query[T any](t *testing.T, url, sql string, args ...any) []T {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	rows, err := c.Query(t.Context(), sql, args...)
	var all []T
	if err == nil {
		all, err = pgx.CollectRows(rows, pgx.RowTo[T])
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" {
		return nil // nothing was delivered yet
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func config(url string, extra ...any) string {
	return sinktest.With(`{"tls":false,"batch":20,"batch_wait":"20ms"}`, append([]any{"url", url}, extra...)...)
}

func suite(url string) sinktest.Suite {
	upstream := strings.TrimSuffix(strings.TrimPrefix(url, "postgres://postgres@"), "/postgres")
	return sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			table := fmt.Sprintf("Readings %d", tableNumber.Add(1))
			return sinktest.Peer{
				Config: config(url, "table", table), Unordered: true,
				Held: func(t *testing.T) []string {
					return query[string](t, url, "SELECT id FROM "+pgx.Identifier{table}.Sanitize())
				},
				Bad: func(p *delivery.Parcel) {
					p.Body = bytes.Replace(p.Body, []byte(`"note":"`), []byte(`"note":"\u0000`), 1)
				},
			}
		},
		Proxied: func(config, address string) string {
			return sinktest.With(config, "url", "postgres://postgres@"+address+"/postgres")
		},
		At: func(host, port string) string {
			return sinktest.With(`{}`, "url", "postgres://u@"+host+":"+port+"/d")
		},
		Beside: func(host, port string) string {
			return sinktest.With(`{}`, "url", "postgres://u@db.invalid,"+host+":"+port+"/d")
		},
		Encrypted: func(t *testing.T, server *tls.Config) string {
			address := sinktest.Front(t, upstream, server, func(c net.Conn) error { // SSLRequest, and yes
				if _, err := io.ReadFull(c, make([]byte, 8)); err != nil {
					return err
				}
				_, err := c.Write([]byte("S"))
				return err
			})
			return config("postgres://postgres@"+address+"/postgres", "tls", true, "table", "encrypted")
		},
		Secrets: []string{`{"url":"postgres://u@127.0.0.1:1/d","tls":false,"password":"SECRET"}`},
		Bad: map[string]string{
			`{}`:                                    "postgres://user@host",
			`{"url":"postgres://db.example.com/d"}`: "postgres://user@host",
			`{"url":"postgres://u:SECRET@db.example.com/d"}`:                          "into password",
			`{"url":"postgres://u@db.example.com"}`:                                   "database",
			`{"url":"postgres://u@a.example.com,b.example.com/d"}`:                    "one host",
			`{"url":"postgres://u@db.example.com/d?sslmode=disable"}`:                 "query",
			`{"url":"postgres://u@db.example.com/d?host=10.0.0.1"}`:                   "query",
			`{"url":"mysql://u@db.example.com/d"}`:                                    "postgres://",
			`{"url":"postgres://u@db.example.com/d","tls":false}`:                     "not be encrypted",
			`{"url":"postgres://u@10.0.0.1/d"}`:                                       "not a public one",
			`{"url":"postgres://u@db.example.com:0/d"}`:                               "port",
			`{"url":"postgres://u@db.example.com/d","table":"a.b.c"}`:                 "table",
			`{"url":"postgres://u@db.example.com/d","table":"a\"; DROP TABLE x; --"}`: "quotes",
			`{"url":"postgres://u@db.example.com/d","columns":{"t":"values.t"}}`:      "id",
			`{"url":"postgres://u@db.example.com/d","columns":{"a\"b":"id"}}`:         "columns",
			`{"url":"postgres://u@db.example.com/d","batch":5001}`:                    "batch",
			`{"url":"postgres://u@db.example.com/d","batch_wait":"2h"}`:               "batch_wait",
			`{"url":"postgres://u@db.example.com/d","ca":"SECRET"}`:                   "PEM",
			`{"url":"postgres://u@db.example.com/d","password":5}`:                    "must be a text",
		},
	}
}

func TestConformance(t *testing.T) { sinktest.Run(t, suite(servers.Postgres(t).URL)) }

// A table of the buyer's own is filled as its columns say; what they refuse is set aside.
func TestATableOfTheBuyersOwnIsFilled(t *testing.T) {
	url := servers.Postgres(t).URL
	query[any](t, url, `CREATE TABLE mine ("Message Id" varchar(40) UNIQUE, at timestamptz, temp numeric(4,1) CHECK (temp < 39), humidity int, raw jsonb)`)
	columns := map[string]string{"Message Id": "id", "at": "time", "temp": "values.temperature", "humidity": "values.air.humidity", "raw": "body"}
	_, s := sinktest.Open(t, Kind, config(url, "table", "public.mine", "columns", columns))
	parcels := sinktest.Parcels(1, 0, 30)
	for range 2 {
		if res := s.Deliver(t.Context(), delivery.NewBatch(0, parcels)); res.Taken != 30 {
			t.Fatalf("%+v", res)
		}
	}
	got := query[string](t, url, `SELECT concat_ws(' ', "Message Id", at AT TIME ZONE 'UTC', temp, humidity, raw->>'seq') FROM mine ORDER BY "Message Id"`)
	if len(got) != 30 || got[7] != string(parcels[7].ID)+" 2026-09-10 07:14:21.384671 7.5 7 7" {
		t.Errorf("%d rows, one is %q", len(got), got[7])
	}
	hot := sinktest.Parcels(1, 39, 1) // 39.5
	if res := s.Deliver(t.Context(), delivery.NewBatch(0, hot)); res.Taken != 0 || !res.Refused || !strings.Contains(res.Reason.Text, "23514") || strings.Contains(res.Reason.Text, "mine") {
		t.Errorf("%+v", res)
	}
}

// What is sold arrives as it was: numbers of any length, signs of any alphabet, bodies
// byte for byte.
func TestTheBodyIsKeptByteForByte(t *testing.T) {
	url := servers.Postgres(t).URL
	_, s := sinktest.Open(t, Kind, config(url))
	p := sinktest.Parcels(1, 0, 1)
	p[0].Body = []byte(`{"id":"x","seq":0,"values":{"big":123456789012345678901234567890.10,"é":"\u00e9 ' $1 \\ \" ;--","b":1e400, "a":[ 1 ]}}`)
	if res := s.Deliver(t.Context(), delivery.NewBatch(0, p)); res.Taken != 1 {
		t.Fatalf("%+v", res)
	}
	if got := query[string](t, url, `SELECT body::text FROM readings`); len(got) != 1 || got[0] != string(p[0].Body) {
		t.Errorf("%q", got)
	}
}

func TestWhatTheServerSaysIsToldWithoutItsWords(t *testing.T) {
	server := servers.Postgres(t)
	query[any](t, server.URL, `CREATE ROLE poor LOGIN`)
	query[any](t, server.URL, `CREATE TABLE locked (id text UNIQUE)`)
	for _, c := range []struct {
		name, url string
		extra     []any
		code      delivery.Code
		says      string
	}{
		{"no database", strings.TrimSuffix(server.URL, "postgres") + "nowhere", nil, delivery.CodeAnswer, "3D000"},
		{"no right", strings.Replace(server.URL, "postgres@", "poor@", 1), []any{"table", "locked", "columns", map[string]string{"id": "id"}}, delivery.CodeCredentials, "42501"},
		{"no such role", strings.Replace(server.URL, "postgres@", "nobody@", 1), nil, delivery.CodeCredentials, "28000"},
		{"no such table of one's own", server.URL, []any{"table", "nothing", "columns", map[string]string{"id": "id"}}, delivery.CodeAnswer, "42P01"},
		{"other columns", server.URL, []any{"table", "pg_catalog.pg_tables", "columns", map[string]string{"id": "id"}}, delivery.CodeAnswer, ""},
	} {
		url := c.url
		if !strings.HasSuffix(url, "/postgres") && !strings.HasSuffix(url, "/nowhere") {
			t.Fatal(url)
		}
		_, s := sinktest.Open(t, Kind, config(url, c.extra...))
		res := s.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, 0, 1)))
		if res.Taken != 0 || res.Reason.Code != c.code || !strings.Contains(res.Reason.Text, c.says) || strings.Contains(res.Reason.Text, "nobody") {
			t.Errorf("%s: %+v", c.name, res)
		}
	}
}

// PG… variables and files of the operator's account do not reach a buyer's server.
func TestTheOperatorsEnvironmentIsNotUsed(t *testing.T) {
	for name, v := range map[string]string{"PGPASSWORD": "operators", "PGSSLMODE": "disable", "PGHOST": "10.9.8.7", "PGAPPNAME": "operators", "PGOPTIONS": "-c geqo=off"} {
		t.Setenv(name, v)
	}
	read, err := parse([]byte(`{"url":"postgres://u@db.example.com/d"}`))
	if err != nil {
		t.Fatal(err)
	}
	c := read.(*target).pool.ConnConfig
	if c.Password != "" || c.Host != "db.example.com" || c.TLSConfig == nil || len(c.RuntimeParams) != 0 || len(c.Fallbacks) != 0 || c.TLSConfig.InsecureSkipVerify {
		t.Errorf("%+v", c.Config)
	}
}

// A batch that is committed on the server while its answer is lost is one row each after
// it was sent again; the server is killed in the middle and comes back.
func TestAServerThatDiesInTheMiddleLosesAndDoublesNothing(t *testing.T) {
	server := servers.Postgres(t)
	_, s := sinktest.Open(t, Kind, config(server.URL))
	parcels := sinktest.Parcels(1, 0, 200)
	taken := map[delivery.ParcelID]bool{}
	send := func(b delivery.Batch) {
		for try := 0; ; try++ {
			res := s.Deliver(t.Context(), b)
			if res.Taken == len(b.Parcels) {
				break
			}
			if try > 200 {
				t.Fatalf("%+v", res)
			}
			time.Sleep(50 * time.Millisecond)
		}
		for _, p := range b.Parcels {
			taken[p.ID] = true
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < 200; i += 10 {
			send(delivery.NewBatch(0, parcels[i:i+10]))
			time.Sleep(10 * time.Millisecond)
		}
	}()
	for range 2 {
		time.Sleep(60 * time.Millisecond)
		server.Kill()
		server.Start()
	}
	<-done
	if got := query[string](t, server.URL, `SELECT id FROM readings`); len(got) != 200 || len(taken) != 200 {
		t.Errorf("%d rows for %d parcels taken", len(got), len(taken))
	}
}
