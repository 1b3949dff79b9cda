package api

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// siwe is a message of EIP-4361.
type siwe struct {
	scheme     string // of the URL it is for; "" if it does not say
	domain     string
	address    common.Address
	statement  string
	uri        string
	chainID    uint64
	nonce      string
	issued     time.Time
	expiration time.Time // zero: it does not say
	notBefore  time.Time // zero: likewise
	requestID  string
	resources  []string
}

const (
	siweAsks  = " wants you to sign in with your Ethereum account:"
	clockNear = 5 * time.Minute // how far Issued At and Not Before may be from our time
)

// The characters of RFC 3986, from which EIP-4361 takes its own.
var (
	authorityText = regexp.MustCompile(`^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]]|%[0-9A-Fa-f]{2})+$`)
	statementText = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+$`)
	uriText       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$`)
	requestText   = regexp.MustCompile(`^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*$`)
	nonceText     = regexp.MustCompile(`^[A-Za-z0-9]{8,}$`)
	addressText   = regexp.MustCompile(`^0x[0-9A-Fa-f]{40}$`)
	numberText    = regexp.MustCompile(`^[0-9]+$`)
	timeText      = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})$`) // of RFC 3339; Go's reader takes more
)

// lines are what is left to read of a message.
type lines struct {
	left []string
}

func (l *lines) next() string {
	if len(l.left) == 0 {
		return ""
	}
	one := l.left[0]
	l.left = l.left[1:]
	return one
}

// field reads the next line's value, if the line is the named field.
func (l *lines) field(name string) (value string, ok bool) {
	if len(l.left) == 0 {
		return "", false
	}
	if value, ok = strings.CutPrefix(l.left[0], name+": "); ok {
		l.next()
	}
	return value, ok
}

// parseSIWE reads a message as EIP-4361's grammar has it, and nothing else. Errors say which part
// is wrong.
func parseSIWE(message string) (m siwe, err error) {
	l := lines{strings.Split(message, "\n")}
	domain, ok := strings.CutSuffix(l.next(), siweAsks)
	if !ok {
		return m, errors.New("the first line must end with " + siweAsks[1:])
	}
	if scheme, rest, told := strings.Cut(domain, "://"); told {
		m.scheme, domain = scheme, rest
	}
	if m.domain = domain; !authorityText.MatchString(domain) || m.scheme != "" && !uriText.MatchString(m.scheme+":") {
		return m, errors.New("the first line names no domain")
	}
	who := l.next()
	if !addressText.MatchString(who) {
		return m, errors.New("the second line must be the account, 0x and 40 hexadecimal digits")
	}
	if m.address = common.HexToAddress(who); m.address.Hex() != who {
		return m, fmt.Errorf("the account's capitals are no checksum (EIP-55): write it %s", m.address)
	}
	if l.next() != "" {
		return m, errors.New("an empty line must stand behind the account")
	}
	if m.statement = l.next(); m.statement != "" {
		if !statementText.MatchString(m.statement) {
			return m, errors.New("the statement has a character that EIP-4361 does not allow")
		}
		if l.next() != "" {
			return m, errors.New("an empty line must stand behind the statement")
		}
	}
	if err := m.parseMust(&l); err != nil {
		return m, err
	}
	return m, m.parseMay(&l)
}

// parseMust reads the fields that every message has, in their order.
func (m *siwe) parseMust(l *lines) (err error) {
	var ok bool
	if m.uri, ok = l.field("URI"); !ok || !isURI(m.uri) {
		return errors.New("field URI is missing, not in its place, or no URI")
	}
	if v, _ := l.field("Version"); v != "1" {
		return errors.New("the message must say Version: 1, behind URI")
	}
	id, ok := l.field("Chain ID")
	if m.chainID, err = strconv.ParseUint(id, 10, 64); !ok || err != nil || !numberText.MatchString(id) {
		return errors.New("field Chain ID is missing, not in its place, or no number")
	}
	if m.nonce, ok = l.field("Nonce"); !ok || !nonceText.MatchString(m.nonce) {
		return errors.New("field Nonce is missing, not in its place, or not of 8 letters and digits or more")
	}
	issued, ok := l.field("Issued At")
	if m.issued, err = timeIn(issued); !ok || err != nil {
		return errors.New("field Issued At is missing, not in its place, or no time as RFC 3339 writes it")
	}
	return nil
}

// parseMay reads those that a message may have, in their order.
func (m *siwe) parseMay(l *lines) error {
	for _, one := range []struct {
		name string
		at   *time.Time
	}{{"Expiration Time", &m.expiration}, {"Not Before", &m.notBefore}} {
		if text, told := l.field(one.name); told {
			var err error
			if *one.at, err = timeIn(text); err != nil {
				return errors.New("field " + one.name + " is no time as RFC 3339 writes it")
			}
		}
	}
	m.requestID, _ = l.field("Request ID")
	if !requestText.MatchString(m.requestID) {
		return errors.New("field Request ID has a character that EIP-4361 does not allow")
	}
	if len(l.left) > 0 && l.left[0] == "Resources:" {
		for l.next(); len(l.left) > 0; {
			uri, ok := strings.CutPrefix(l.next(), "- ")
			if !ok || !isURI(uri) {
				return errors.New("a resource is no URI behind a dash")
			}
			m.resources = append(m.resources, uri)
		}
	}
	if len(l.left) > 0 {
		return fmt.Errorf("the %d last lines are none of EIP-4361, or not in their place", len(l.left))
	}
	return nil
}

// timeIn reads a time as RFC 3339 writes it.
func timeIn(text string) (at time.Time, err error) {
	if at, err = time.Parse(time.RFC3339, text); err != nil || !timeText.MatchString(text) || at.IsZero() {
		return at, errors.New("no time of RFC 3339")
	}
	return at, nil
}

// isURI tells whether a text is a URI as RFC 3986 has it, with a scheme.
func isURI(text string) bool {
	if !uriText.MatchString(text) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && !strings.Contains(u.EscapedFragment(), "#") && !strings.ContainsAny(u.Opaque+u.EscapedPath()+u.RawQuery+u.EscapedFragment(), "[]")
}

// uriOf tells whether the message's URI, what is signed in to, is of the site that it is for.
func (m *siwe) uriOf(domain string) bool {
	u, err := url.Parse(m.uri)
	return err == nil && u.User == nil && strings.EqualFold(u.Host, domain)
}

// refused says why a message is not for us, or not for now; "" if it is.
func (m *siwe) refused(p place, now time.Time) string {
	switch {
	case !strings.EqualFold(m.domain, p.domain) || m.scheme != "" && !strings.EqualFold(m.scheme, p.scheme):
		return "the message is for another domain than " + p.domain
	case !m.uriOf(p.domain):
		return "the message's URI is of another site: its host must be " + p.domain
	case m.chainID != p.chainID:
		return fmt.Sprintf("the message must say Chain ID: %d", p.chainID)
	case now.Sub(m.issued).Abs() > clockNear:
		return "Issued At is not within five minutes of now: check the clock"
	case !m.expiration.IsZero() && !now.Before(m.expiration):
		return "the message has expired"
	case !m.notBefore.IsZero() && now.Before(m.notBefore):
		return "the message is not valid yet (Not Before)"
	}
	return ""
}
