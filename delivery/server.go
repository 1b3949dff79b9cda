package delivery

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Server is the one server of a kind whose url names host and port, and nothing else.
type Server struct {
	Address Address
	TLS     *tls.Config // nil: plain
}

// Server reads such a url, and the certificates that go with it. like is one; elsewhere
// says where what else it might hold belongs: "the topic belongs into topic".
func (u URL) Server(schemes map[string]Scheme, certificates *TLS, like, elsewhere string) (s Server, err error) {
	parts, address, ok := u.Split(schemes)
	switch {
	case !ok:
		begins := slices.Sorted(maps.Keys(schemes))
		return s, fmt.Errorf("url must begin with %s:// and name a host, e.g. %s", strings.Join(begins, ":// or "), like)
	case parts.User != nil:
		return s, errors.New("user and password, or a token, belong into options of their own, not into url")
	case parts.Path != "" && parts.Path != "/" || parts.RawQuery != "" || parts.Fragment != "":
		return s, errors.New("url names host and port only: " + elsewhere)
	}
	s.Address = address
	s.TLS, err = certificates.Config(address.TLS, address.Host)
	return s, err
}

// Connect dials the server through the bridge's guard, encrypts and watches. The end of ctx
// cuts the connection until stop is called, which tells whether it has not done so.
func (s *Server) Connect(ctx context.Context, env Env) (conn *Watched, stop func() bool, err error) {
	raw, err := env.Dial(ctx, "tcp", s.Address.String())
	if err != nil {
		return nil, nil, err
	}
	secure, err := Handshake(ctx, raw, s.TLS, s.Address.String())
	if err != nil {
		return nil, nil, err
	}
	conn = &Watched{Conn: secure, raw: raw}
	return conn, context.AfterFunc(ctx, conn.Cut), nil
}

// Pattern is an option in which {stream}, {purchase} and {dev} are filled in, for each
// parcel: a topic, a subject, a routing key.
type Pattern string

const longestField = 66 // bytes of a device commitment

// Longest is the pattern with everything filled in, as long as it may get: braces that it
// still holds are none of these.
func (p Pattern) Longest() string {
	x := strings.Repeat("x", longestField)
	return strings.NewReplacer("{stream}", x, "{purchase}", x, "{dev}", x).Replace(string(p))
}

// Fill fills a parcel in.
func (p Pattern) Fill(one *Parcel) string {
	if !strings.Contains(string(p), "{") {
		return string(p)
	}
	about := one.About()
	return strings.NewReplacer("{stream}", strconv.FormatUint(about.Stream, 10),
		"{purchase}", strconv.FormatUint(uint64(one.Purchase), 10), "{dev}", about.Dev).Replace(string(p))
}

// About is what a parcel's body says of where it comes from.
type About struct {
	Stream uint64 `json:"stream"`
	Dev    string `json:"dev"` // the device commitment
}

// About reads it.
func (p *Parcel) About() (a About) {
	_ = json.Unmarshal(p.Body, &a) // a body of ours
	return a
}
