// Package postgres is the kind of storage that is a table: PostgreSQL and what speaks its
// protocol (Timescale, CockroachDB).
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Kind is the registration.
var Kind = delivery.Kind{
	Name:    "postgres",
	Summary: "Rows in a table: PostgreSQL, Timescale, CockroachDB, also behind PgBouncer",
	Guide:   guide,
	Example: `{"url": "postgres://bridge@db.example.com:5432/telemetry", "password": "…", "table": "readings"}`,
	Options: options{},
	Parse:   parse,
}

const guide = `Each reading is a row; a batch is one INSERT. The table is made if it is not there:

` + "```sql\n" + tableDocument + "\n```" + `

With ` + "`columns`" + ` the bridge fills a table of your own: each names a member of the reading, dots go deeper. **What makes it idempotent:** ` + "`ON CONFLICT DO NOTHING`" + ` on the
primary key, the reading's id; a table of your own needs a unique constraint over the column that gets ` + "`id`" + ` (a Timescale hypertable: over id and time). A row the
table refuses (a type, a check) is found and set aside; the others arrive. The account needs INSERT, and CREATE on the schema if the bridge is to make the table.`

const tableDocument = `CREATE TABLE readings (
  id text PRIMARY KEY, stream bigint, purchase bigint, seq bigint, prev text, dev text, f_cnt bigint, f_port int,
  received timestamptz, time timestamptz, "values" jsonb, senml jsonb, link jsonb, data text, body json)`

// columns of the bridge's own table, in order, with their types.
var columns = [][2]string{
	{"id", "text PRIMARY KEY"}, {"stream", "bigint"}, {"purchase", "bigint"}, {"seq", "bigint"}, {"prev", "text"}, {"dev", "text"}, {"f_cnt", "bigint"}, {"f_port", "int"},
	{"received", "timestamptz"}, {"time", "timestamptz"}, {"values", "jsonb"}, {"senml", "jsonb"}, {"link", "jsonb"}, {"data", "text"}, {"body", "json"},
}

// options are the configuration.
type options struct {
	URL       delivery.URL      `json:"url" doc:"postgres://user@host:port/database; the password stands in password."`
	Password  delivery.Secret   `json:"password" doc:"Of the user."`
	Table     string            `json:"table" def:"readings" doc:"Table, or schema.table."`
	Columns   map[string]string `json:"columns" doc:"Of a table of your own: column to member of the reading, e.g. {\"message\": \"id\", \"t\": \"values.temperature\"}; body is the whole reading. At most 256."`
	Batch     int               `json:"batch" def:"500" doc:"Readings in an INSERT at most, 1 to 5000."`
	BatchWait delivery.Duration `json:"batch_wait" def:"100ms" doc:"How long a batch that is not full waits for more, at most 1h."`
	Encrypt   *bool             `json:"tls" def:"true" doc:"Encrypt the connection and check the server's certificate; false in labs only."`
	delivery.TLS
}

func parse(config []byte) (delivery.Target, error) {
	t := &target{}
	return t, delivery.Read(config, &t.options, t.checkURL, t.checkTable, t.checkLength, t.checkRest)
}

// target is a configuration, read.
type target struct {
	options
	address  delivery.Address
	user     string
	database string
	table    pgx.Identifier
	names    []string // columns filled, sorted
	fit      int      // bytes of readings in a batch at most
	pool     *pgxpool.Config
}

// Format prints it redacted, whatever the verb.
func (t *target) Format(s fmt.State, _ rune) { _, _ = s.Write(t.Redacted()) }

// Redacted shows it without secrets.
func (t *target) Redacted() json.RawMessage { return delivery.Redact(&t.options) }

// Addresses is the one server.
func (t *target) Addresses() []delivery.Address { return []delivery.Address{t.address} }

// Limits say how batches are filled. Rows have keys of their own, so a batch need not be
// the same again.
func (t *target) Limits() delivery.Limits {
	return delivery.Limits{Parcels: t.Batch, Bytes: t.fit, Wait: time.Duration(t.BatchWait), Window: connections}
}

const connections = 4

func (t *target) checkURL() error {
	encrypted := t.Encrypt == nil || *t.Encrypt
	scheme := delivery.Scheme{Port: "5432", TLS: encrypted}
	u, address, ok := t.URL.Split(map[string]delivery.Scheme{"postgres": scheme, "postgresql": scheme})
	bad := errors.New("url must be postgres://user@host:port/database, one host, without password and query")
	if !ok || u.RawQuery != "" || u.User.Username() == "" {
		return bad
	}
	if _, set := u.User.Password(); set {
		return errors.New("the password belongs into password, not into url")
	}
	t.user, t.database = u.User.Username(), strings.TrimPrefix(u.Path, "/")
	if t.database == "" || strings.Contains(t.database, "/") || strings.ContainsAny(t.user+t.database, "\x00") {
		return bad
	}
	t.address = address
	return nil
}

func (t *target) checkTable() error {
	if t.Table == "" {
		t.Table = "readings"
	}
	t.table = strings.Split(t.Table, ".")
	for _, part := range t.table {
		if part == "" || len(part) > 63 || strings.ContainsAny(part, "\x00\"") || len(t.table) > 2 {
			return errors.New("table must be a table, or schema.table, of at most 63 bytes each, without quotes")
		}
	}
	if t.Columns == nil {
		for _, c := range columns {
			t.names = append(t.names, c[0])
		}
		return nil
	}
	if len(t.Columns) > delivery.FieldsMax {
		return fmt.Errorf("columns has %d: it may have %d", len(t.Columns), delivery.FieldsMax)
	}
	id := false
	for name, path := range t.Columns {
		if name == "" || len(name) > 63 || strings.ContainsAny(name, "\x00\"") || path == "" {
			return errors.New("columns must name columns of at most 63 bytes, and a member of the reading for each")
		}
		id = id || path == "id"
		t.names = append(t.names, name)
	}
	if !id {
		return errors.New("one of columns must get id: with a unique constraint it makes a repeated reading one row")
	}
	slices.Sort(t.names)
	return nil
}

// checkLength tries what a reading becomes.
func (t *target) checkLength() (err error) {
	t.fit, err = delivery.Fit(func(b delivery.Batch) (int, error) {
		text, err := t.rows(context.Background(), b)
		return len(text), err
	})
	return err
}

func (t *target) checkRest() error {
	if err := delivery.Batching(&t.Batch, 5000, 500, &t.BatchWait, time.Hour, 100*time.Millisecond); err != nil {
		return err
	}
	return t.prepare()
}

// prepare makes the pool's configuration. The library would fill gaps in from the
// environment and from files of the operator's: everything is set over.
func (t *target) prepare() error {
	c, err := pgxpool.ParseConfig("postgres://nobody@nowhere.invalid:1/none?sslmode=disable&passfile=/dev/null&servicefile=/dev/null")
	if err != nil {
		return errors.New("the bridge's own environment has PG… variables that cannot be read")
	}
	port, err := strconv.ParseUint(t.address.Port, 10, 16)
	if err != nil {
		return errors.New("the port in url must be 1 to 65535")
	}
	conn := c.ConnConfig
	conn.Host, conn.Port, conn.User, conn.Password, conn.Database = t.address.Host, uint16(port), t.user, string(t.Password), t.database
	conn.Fallbacks, conn.RuntimeParams, conn.ValidateConnect = nil, map[string]string{}, nil
	conn.ConnectTimeout = 10 * time.Second
	conn.DefaultQueryExecMode = pgx.QueryExecModeExec                                                       // no prepared statements: PgBouncer
	conn.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // who dials resolves
	conn.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(messageMax)
		return f
	}
	if conn.TLSConfig, err = t.TLS.Config(t.address.TLS, t.address.Host); err != nil {
		return err
	}
	c.MaxConns, c.MinConns, c.MinIdleConns = connections, 0, 0
	c.MaxConnIdleTime, c.MaxConnLifetime = time.Minute, time.Hour
	t.pool = c
	return nil
}

// messageMax bounds a message of the server's: it has nothing to say but "done" and errors.
const messageMax = 256 << 10

// Open makes a sink; it connects at the first delivery.
func (t *target) Open(env delivery.Env) (delivery.Sink, error) {
	c := t.pool.Copy()
	c.ConnConfig.DialFunc = env.Dial
	p, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", delivery.ErrConfig, err)
	}
	return &sink{target: t, pool: p, insert: t.statement()}, nil
}

// statement is the INSERT: its one parameter is a JSON array of rows, which the server
// turns into the columns' types.
func (t *target) statement() string {
	quoted := make([]string, len(t.names))
	for i, n := range t.names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	list := strings.Join(quoted, ", ")
	return "INSERT INTO " + t.table.Sanitize() + " (" + list + ") SELECT " + list +
		" FROM json_populate_recordset(NULL::" + t.table.Sanitize() + ", $1::json) ON CONFLICT DO NOTHING"
}

// create is the statement that makes the bridge's own table.
func (t *target) create() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.table.Sanitize() + " (")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(pgx.Identifier{c[0]}.Sanitize() + " " + c[1])
	}
	return b.String() + ")"
}

// sink inserts rows.
type sink struct {
	*target
	pool   *pgxpool.Pool
	insert string
}

// Close ends the connections.
func (s *sink) Close() error { s.pool.Close(); return nil }

// Deliver inserts a batch: all of it, or nothing.
func (s *sink) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	rows, err := s.rows(ctx, b)
	if err != nil {
		return b.Unwritten(err)
	}
	_, err = s.pool.Exec(ctx, s.insert, rows)
	if stateOf(err) == "42P01" && s.Columns == nil {
		if _, err = s.pool.Exec(ctx, s.create()); err == nil || stateOf(err) == "23505" { // or another connection was quicker
			_, err = s.pool.Exec(ctx, s.insert, rows)
		}
	}
	if err != nil {
		return explain(ctx, err)
	}
	return delivery.All(b)
}

// rows makes the JSON array of a batch.
func (t *target) rows(ctx context.Context, b delivery.Batch) (string, error) {
	var text strings.Builder
	text.WriteByte('[')
	for i := range b.Parcels {
		if i > 0 {
			text.WriteByte(',')
		}
		if err := t.row(&text, b.Parcels[i].Body, func() error { return b.Room(ctx, text.Len()) }); err != nil {
			return "", err
		}
	}
	text.WriteByte(']')
	return text.String(), nil
}

var errBody = errors.New("the reading cannot be written as a row")

// row writes one reading as an object of columns, as long as there is room.
func (t *target) row(text *strings.Builder, body []byte, room func() error) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return errBody
	}
	text.WriteByte('{')
	for i, name := range t.names {
		path := name
		if t.Columns != nil {
			path = t.Columns[name]
		}
		v := body
		if path != "body" {
			v = at(members, path)
		}
		if i > 0 {
			text.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return errBody
		}
		text.Write(key)
		text.WriteByte(':')
		text.Write(v)
		if err := room(); err != nil {
			return err
		}
	}
	text.WriteByte('}')
	return nil
}

var null = json.RawMessage("null")

// at follows dots; a member whose name has dots is found too.
func at(members map[string]json.RawMessage, path string) json.RawMessage {
	if v, ok := members[path]; ok {
		return v
	}
	head, rest, deeper := strings.Cut(path, ".")
	var inner map[string]json.RawMessage
	if v, ok := members[head]; !ok || !deeper || json.Unmarshal(v, &inner) != nil {
		return null
	}
	return at(inner, rest)
}

func stateOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// explain reads an SQLSTATE: its class tells whose fault it is. The server's text stays
// with the server: it quotes values.
func explain(ctx context.Context, err error) delivery.Result {
	state := stateOf(err)
	text := "SQLSTATE " + state
	switch {
	case state == "":
		why := delivery.Explain(errors.Join(err, ctx.Err()))
		var connect *pgconn.ConnectError
		if why.Code == delivery.CodeUnreachable && ctx.Err() == nil && !errors.As(err, &connect) {
			why = delivery.Reason{Code: delivery.CodeProtocol, Text: "what answers there does not speak PostgreSQL's protocol"}
		}
		return delivery.Result{Reason: why}
	case state == "42P01":
		return delivery.Failed(delivery.CodeAnswer, text+": the table does not exist")
	case state == "42703" || state == "42P10":
		return delivery.Failed(delivery.CodeAnswer, text+": the table has other columns")
	case state == "3D000":
		return delivery.Failed(delivery.CodeAnswer, text+": the database does not exist")
	case state == "42501":
		return delivery.Failed(delivery.CodeCredentials, text+": the account may not insert into the table: grant it INSERT")
	case strings.HasPrefix(state, "28"):
		return delivery.Failed(delivery.CodeCredentials, text+": the server does not let the account in: look at user, password and pg_hba.conf")
	case strings.HasPrefix(state, "22") || strings.HasPrefix(state, "23") || state == "P0001":
		return delivery.Result{Refused: true, Reason: delivery.Reason{Code: delivery.CodeRefused, Text: text + ": the table refuses the row"}}
	}
	return delivery.Failed(delivery.CodeAnswer, text)
}
