package ledger

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// origin is where a device's uplinks come from within a network: the application it
// was first sold from, and the addresses it joined under, the newest last. Servers
// that do not name the session in an uplink (ChirpStack v3 json_v3) name it in the
// join event only.
type origin struct {
	application string
	joins       []lorawan.DevAddr
}

// joinsMax is how many joins are remembered: a join event that comes again must not
// open its session again.
const joinsMax = 64

// originKey names a device within a network.
func originKey(network string, dev lorawan.DevEUI) []byte {
	return append(dev[:len(dev):len(dev)], network...)
}

func (o *origin) encode() []byte {
	app := o.application[:min(len(o.application), 255)]
	b := append(make([]byte, 0, 2+len(app)+4*len(o.joins)+4+len(room)), recordVersion, byte(len(app)))
	b = append(b, app...)
	for _, a := range o.joins {
		b = append(b, a[:]...)
	}
	return append(b, room[:]...)
}

func decodeOrigin(k, v []byte) (o origin, err error) {
	b, err := decode(bOrigins, k, v)
	if err != nil {
		return o, err
	}
	if len(b) == 0 || len(b) < 1+int(b[0]) || (len(b)-1-int(b[0]))%4 != 0 || len(b) > 1+255+4*joinsMax {
		return o, ErrCorrupt
	}
	o.application, b = string(b[1:1+b[0]]), b[1+b[0]:]
	for ; len(b) > 0; b = b[4:] {
		o.joins = append(o.joins, lorawan.DevAddr(b))
	}
	return o, nil
}

// origin finds a device's origin in the committer's cache or on disk.
func (l *Ledger) origin(tx *txn, k []byte) (*origin, error) {
	if o, ok := l.origins[string(k)]; ok {
		return o, nil
	}
	o := &origin{}
	if v := tx.Bucket(bOrigins).Get(k); v != nil {
		stored, err := decodeOrigin(k, v)
		if err != nil {
			return nil, err
		}
		*o = stored
	}
	l.origins[string(k)] = o
	return o, nil
}

// belongs says whether a reading comes from the application its device was first
// sold from, and remembers the first live one: what back-fill brings may be from before the
// operator vouched for the device again. A server that names no application is believed.
func (l *Ledger) belongs(tx *txn, r *lorawan.Reading) (bool, error) {
	if r.Application == "" {
		return true, nil
	}
	k := originKey(r.Network, r.DevEUI)
	o, err := l.origin(tx, k)
	if err != nil {
		return false, err
	}
	app := canonicalApplication(r.Application)
	if o.application == "" {
		if r.Repaired {
			return true, nil
		}
		o.application = app
		l.dirtyO[string(k)] = struct{}{}
	}
	return o.application == app, nil
}

// canonicalApplication makes one of an application's ids before and after the move
// from ChirpStack v3 to v4, which turns 1234 into
// 00000000-0000-0000-0000-000000001234.
func canonicalApplication(id string) string {
	id = strings.ToLower(id)
	if rest, ok := strings.CutPrefix(id, "00000000-0000-0000-0000-"); ok && len(rest) == 12 {
		if n := strings.TrimLeft(rest, "0"); n != "" && strings.Trim(n, "0123456789") == "" {
			return n
		}
	}
	return id[:min(len(id), 255)]
}

// forgetApplication forgets which application a device was sold from: the next uplink decides
// again. The operator vouches for the device again.
func (l *Ledger) forgetApplication(tx *txn, dev lorawan.DevEUI) error {
	for _, k := range keysWith(tx, bOrigins, dev[:]) {
		o, err := l.origin(tx, k)
		if err != nil {
			return err
		}
		o.application = ""
		l.dirtyO[string(k)] = struct{}{}
	}
	for k, o := range l.origins { // not on disk yet
		if strings.HasPrefix(k, string(dev[:])) {
			o.application = ""
		}
	}
	return nil
}

// Joined notes that a device joined under an address. For readings without a session
// the newest join names it; one seen before changes nothing, so that an event that
// comes again cannot bring an ended session back.
func (l *Ledger) Joined(network string, dev lorawan.DevEUI, addr lorawan.DevAddr, done func(error)) {
	l.submit(op{apply: func(tx *txn) error {
		k := originKey(network, dev)
		o, err := l.origin(tx, k)
		if err != nil || slices.Contains(o.joins, addr) {
			return err
		}
		if len(o.joins) >= joinsMax {
			o.joins = slices.Delete(o.joins, 0, 1)
		}
		o.joins = append(o.joins, addr)
		l.dirtyO[string(k)] = struct{}{}
		return nil
	}, done: done, class: grows})
}

// sessions names the session of a reading and the one before it. Only an unnamed
// session has one before: named ones cannot be mixed up.
func (l *Ledger) sessions(tx *txn, r *lorawan.Reading) (current, before string, has bool, err error) {
	if r.Session != "" {
		return r.Session, "", false, nil
	}
	o, err := l.origin(tx, originKey(r.Network, r.DevEUI))
	if err != nil || len(o.joins) == 0 {
		return "", "", false, err
	}
	name := func(a lorawan.DevAddr) string { return "@" + hex.EncodeToString(a[:]) }
	n := len(o.joins)
	if n > 1 {
		before = name(o.joins[n-2])
	}
	return name(o.joins[n-1]), before, true, nil
}
