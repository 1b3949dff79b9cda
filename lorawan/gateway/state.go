package gateway

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// The state of a device, as State writes it. Keys are hexadecimal digits.
type stored struct {
	Version  lorawan.Version `json:"version"`
	File     bool            `json:"file,omitempty"`
	ABP      bool            `json:"abp,omitempty"`
	Sealed   bool            `json:"sealed,omitempty"`
	FCnt     uint32          `json:"f_cnt,omitempty"`
	DevAddr  lorawan.DevAddr `json:"dev_addr"`
	Keys     [4]string       `json:"keys"`
	JoinEUI  lorawan.DevEUI  `json:"join_eui"`
	AppKey   string          `json:"app_key"`
	NwkKey   string          `json:"nwk_key"`
	Nonces   []byte          `json:"nonces,omitempty"`
	Sessions []storedSession `json:"sessions,omitempty"` // the first is the current one if Confirmed
}

type storedSession struct {
	Confirmed bool            `json:"confirmed"`
	DevAddr   lorawan.DevAddr `json:"dev_addr"`
	Version   lorawan.Version `json:"version"`
	Keys      [4]string       `json:"keys"`
	Name      string          `json:"name"`
	Nonce     uint16          `json:"nonce"`
	Next      uint32          `json:"next"`
	Seen      bool            `json:"seen"`
	Added     []uint32        `json:"added,omitempty"`
}

func keyText(k lorawan.Key) string { return hex.EncodeToString(k[:]) }

func keysText(k lorawan.SessionKeys) [4]string {
	return [4]string{keyText(k.AppSKey), keyText(k.FNwkSIntKey), keyText(k.SNwkSIntKey), keyText(k.NwkSEncKey)}
}

func keysOf(t [4]string) (k lorawan.SessionKeys, err error) {
	for i, to := range []*lorawan.Key{&k.AppSKey, &k.FNwkSIntKey, &k.SNwkSIntKey, &k.NwkSEncKey} {
		if *to, err = lorawan.ParseKey(t[i]); err != nil {
			return k, err
		}
	}
	return k, nil
}

// State gives everything that must be remembered of a device, keys and all; nil if
// it is not registered.
func (r *Registry) State(dev lorawan.DevEUI) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d := r.devices[dev]
	if d == nil {
		return nil
	}
	s := stored{
		Version: d.Version, File: d.file, ABP: d.ABP, Sealed: d.Sealed, FCnt: d.FCnt, DevAddr: d.DevAddr, Keys: keysText(d.Keys),
		JoinEUI: d.JoinEUI, AppKey: keyText(d.AppKey), NwkKey: keyText(d.NwkKey),
	}
	for _, n := range d.nonces {
		s.Nonces = binary.BigEndian.AppendUint16(s.Nonces, n)
	}
	for _, one := range append([]*session{d.current}, d.offered...) {
		if one != nil {
			s.Sessions = append(s.Sessions, storedSession{
				Confirmed: one == d.current, DevAddr: one.addr, Version: one.version, Keys: keysText(one.keys),
				Name: one.name, Nonce: one.nonce, Next: one.next, Seen: one.seen, Added: one.added,
			})
		}
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic("bug: a device's state does not encode")
	}
	return b
}

// Restore takes back what State gave. fromFile tells whether the device came from
// a devices file.
func (r *Registry) Restore(dev lorawan.DevEUI, state []byte) (fromFile bool, err error) {
	var s stored
	if err := json.Unmarshal(state, &s); err != nil {
		return false, errors.New("restore a device: its state is damaged") // never quoted: it holds keys
	}
	d := &device{Device: Device{DevEUI: dev, Version: s.Version, ABP: s.ABP, Sealed: s.Sealed, FCnt: s.FCnt, DevAddr: s.DevAddr, JoinEUI: s.JoinEUI}, file: s.File}
	if d.Keys, err = keysOf(s.Keys); err != nil {
		return false, fmt.Errorf("restore a device: %w", err)
	}
	for _, k := range []struct {
		to   *lorawan.Key
		text string
	}{{&d.AppKey, s.AppKey}, {&d.NwkKey, s.NwkKey}} {
		if *k.to, err = lorawan.ParseKey(k.text); err != nil {
			return false, fmt.Errorf("restore a device: %w", err)
		}
	}
	for b := s.Nonces; len(b) >= 2; b = b[2:] {
		d.nonces = append(d.nonces, binary.BigEndian.Uint16(b))
	}
	slices.Sort(d.nonces)
	sessions := make([]session, len(s.Sessions))
	for i, one := range s.Sessions {
		keys, err := keysOf(one.Keys)
		if err != nil {
			return false, fmt.Errorf("restore a device: %w", err)
		}
		sessions[i] = session{addr: one.DevAddr, keys: keys, version: one.Version, name: one.Name, nonce: one.Nonce, next: one.Next, seen: one.Seen, added: one.Added}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.devices[dev]; old != nil {
		r.remove(old)
	}
	r.devices[dev] = d
	for i, one := range s.Sessions {
		added := r.add(d, sessions[i])
		if one.Confirmed {
			d.current = added
		} else {
			d.offered = append(d.offered, added)
		}
	}
	return s.File, nil
}

// Changed takes the list of devices whose state has changed since the last call.
func (r *Registry) Changed() []lorawan.DevEUI {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]lorawan.DevEUI, 0, len(r.changed))
	for d := range r.changed {
		all = append(all, d)
	}
	clear(r.changed)
	return all
}

// Unsaved has Changed list devices again that it listed.
func (r *Registry) Unsaved(all []lorawan.DevEUI) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range all {
		r.changed[d] = struct{}{}
	}
}
