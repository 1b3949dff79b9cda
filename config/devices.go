package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// Devices is a devices file: the keys of devices a gateway-level source may open
// the frames of.
//
//	[[device]]                     # ABP, 1.0.x
//	dev_eui = "70b3d57ed8005343"
//	version = "1.0.3"
//	dev_addr = "01020304"
//	nwk_s_key = "…"                # 32 hexadecimal digits
//	app_s_key = "…"                # left out: payloads stay encrypted and are sold so
//
//	[[device]]                     # OTAA, 1.1: its next join is followed
//	dev_eui = "70b3d57ed8005344"
//	version = "1.1"
//	join_eui = "0000000000000000"
//	app_key = "…"
//	nwk_key = "…"
type Devices struct {
	Device []DeviceKeys `key:"device" json:"devices"`
}

// DeviceKeys is one device of a devices file.
type DeviceKeys struct {
	DevEUI      string `key:"dev_eui" json:"dev_eui"`
	Version     string `key:"version" json:"version"` // "1.0" to "1.0.4", or "1.1"
	DevAddr     string `key:"dev_addr" json:"dev_addr,omitempty"`
	NwkSKey     string `key:"nwk_s_key" json:"nwk_s_key,omitempty"`
	FNwkSIntKey string `key:"f_nwk_s_int_key" json:"f_nwk_s_int_key,omitempty"`
	SNwkSIntKey string `key:"s_nwk_s_int_key" json:"s_nwk_s_int_key,omitempty"`
	NwkSEncKey  string `key:"nwk_s_enc_key" json:"nwk_s_enc_key,omitempty"`
	AppSKey     string `key:"app_s_key" json:"app_s_key,omitempty"`
	FCnt        uint32 `key:"f_cnt" least:"0" most:"4294967295" json:"f_cnt,omitempty"` // uplink counter expected next
	JoinEUI     string `key:"join_eui" json:"join_eui,omitempty"`
	AppKey      string `key:"app_key" json:"app_key,omitempty"`
	NwkKey      string `key:"nwk_key" json:"nwk_key,omitempty"`
}

// LoadDevices reads a devices file. It must not be readable by others (0600).
func LoadDevices(path string) ([]DeviceKeys, error) {
	text, err := settlement.ReadSecret(path)
	if err != nil {
		return nil, err
	}
	given, err := tables(text)
	if err != nil { // the parser quotes the line, and with it a key
		return nil, fmt.Errorf("%s is not TOML: it holds [[device]] tables", path)
	}
	var d Devices
	r := readerOf(reflect.TypeFor[Devices]())
	r.Quiet = true
	r.Table(reflect.ValueOf(&d).Elem(), given, nil, "")
	faults := r.Faults
	for i := range d.Device {
		if _, err := d.Device[i].Device(); err != nil {
			faults = append(faults, fmt.Errorf("device %d (%s): %w", i+1, d.Device[i].DevEUI, err))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(faults...))
	}
	return d.Device, nil
}

// Device checks the keys and gives the device. Errors name the key at fault and
// never quote it.
func (k *DeviceKeys) Device() (d gateway.Device, err error) {
	if d.DevEUI, err = lorawan.ParseDevEUI(k.DevEUI); err != nil {
		return d, fmt.Errorf("dev_eui: %w", lorawan.ErrEUI)
	}
	switch {
	case k.Version == "1.1" || strings.HasPrefix(k.Version, "1.1."):
		d.Version = lorawan.LoRaWAN11
	case k.Version == "1.0" || strings.HasPrefix(k.Version, "1.0."):
	default:
		return d, errors.New(`version: want "1.0.2", "1.0.3", "1.0.4" or "1.1"`)
	}
	otaa := k.AppKey != "" || k.NwkKey != "" || k.JoinEUI != ""
	d.ABP = k.DevAddr != "" || k.NwkSKey != "" || k.AppSKey != "" || k.FNwkSIntKey != "" || k.SNwkSIntKey != "" || k.NwkSEncKey != ""
	if otaa == d.ABP {
		return d, errors.New("want either the keys of a session (dev_addr, nwk_s_key …) or root keys (join_eui, app_key …)")
	}
	var faults []error
	read := func(name, text string, into ...*lorawan.Key) {
		key, err := lorawan.ParseKey(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: want 32 hexadecimal digits", name))
			return
		}
		for _, to := range into {
			*to = key
		}
	}
	must := func(want bool, name, text string) {
		if !want && text != "" {
			faults = append(faults, fmt.Errorf("%s does not belong to this kind of device", name))
		}
	}
	v11 := d.Version == lorawan.LoRaWAN11
	if otaa {
		if d.JoinEUI, err = lorawan.ParseDevEUI(k.JoinEUI); err != nil {
			faults = append(faults, fmt.Errorf("join_eui: %w", lorawan.ErrEUI))
		}
		read("app_key", k.AppKey, &d.AppKey)
		if v11 {
			read("nwk_key", k.NwkKey, &d.NwkKey)
		}
		must(v11, "nwk_key", k.NwkKey)
		return d, errors.Join(faults...)
	}
	d.FCnt = k.FCnt
	if err := d.DevAddr.UnmarshalText([]byte(k.DevAddr)); err != nil {
		faults = append(faults, errors.New("dev_addr: want 8 hexadecimal digits"))
	}
	if v11 {
		read("f_nwk_s_int_key", k.FNwkSIntKey, &d.Keys.FNwkSIntKey)
		read("s_nwk_s_int_key", k.SNwkSIntKey, &d.Keys.SNwkSIntKey)
		read("nwk_s_enc_key", k.NwkSEncKey, &d.Keys.NwkSEncKey)
	} else {
		read("nwk_s_key", k.NwkSKey, &d.Keys.FNwkSIntKey, &d.Keys.SNwkSIntKey, &d.Keys.NwkSEncKey)
	}
	must(!v11, "nwk_s_key", k.NwkSKey)
	must(v11, "f_nwk_s_int_key", k.FNwkSIntKey)
	must(v11, "s_nwk_s_int_key", k.SNwkSIntKey)
	must(v11, "nwk_s_enc_key", k.NwkSEncKey)
	if d.Sealed = k.AppSKey == ""; !d.Sealed {
		read("app_s_key", k.AppSKey, &d.Keys.AppSKey)
	}
	return d, errors.Join(faults...)
}
