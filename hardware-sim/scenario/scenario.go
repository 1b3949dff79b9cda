// Package scenario is the simulator's configuration: one documented struct. The
// file `hardware-sim configfile` prints is made from it and is the manual.
//
// It is the only package that knows TOML here. It reads files, and opens no
// connection.
package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/pelletier/go-toml/v2"
)

// Duration is a time.Duration written as in "1h30m".
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration: write e.g. \"90s\" or \"1h30m\"", b)
	}
	*d = Duration(v)
	return nil
}

// Scenario is everything that can be set. Tags: toml is the key, def the default as
// TOML, doc the line above it.
type Scenario struct {
	Seed     uint64    `toml:"seed" def:"1" doc:"The same seed and start give the same bytes."`
	Start    string    `toml:"start" def:"\"\"" doc:"Virtual time at which the world begins, RFC 3339. Empty: now."`
	Duration Duration  `toml:"duration" def:"\"0s\"" doc:"Virtual time after which devices measure no more. \"0s\": until Ctrl-C."`
	Speed    float64   `toml:"speed" def:"1.0" doc:"Virtual seconds in a second, up to 1000. 0: as fast as it goes. With a real network server 1: its downlinks must meet receive windows."`
	Region   string    `toml:"region" def:"\"eu868\"" doc:"eu868, us915 (sub-band 2) or as923."`
	Truth    string    `toml:"truth" def:"\"truth.ndjson\"" doc:"File the truth log is written to. \"-\": standard output; empty: none."`
	Server   Server    `toml:"server" doc:"The network server."`
	Radio    Radio     `toml:"radio" doc:"The air: loss = reference + 10·exponent·log10(distance/1 km) + shadowing + fading. The default was measured in Oulu at 868 MHz (Petäjäjärvi and others, ITST 2015)."`
	Gateways []Gateway `toml:"gateways" doc:"One table per group of gateways; they stand on a ring."`
	Devices  []Devices `toml:"devices" doc:"One table per group of devices."`
	Faults   Faults    `toml:"faults" doc:"What goes wrong: the share of readings each fault befalls, 0 to 1, together at most 1."`
	Outputs  []Output  `toml:"outputs" doc:"One table per place things go to."`
}

// Server is the network server.
type Server struct {
	External      bool     `toml:"external" def:"false" doc:"true: a real one behind the gateways (outputs of kind semtech or gateway) answers joins, and application outputs stay silent."`
	DedupWindow   Duration `toml:"dedup_window" def:"\"200ms\"" doc:"How long it waits for further copies of a frame."`
	Tenant        string   `toml:"tenant" def:"\"Example Telecom\"" doc:"Name of the tenant."`
	TenantID      string   `toml:"tenant_id" def:"\"52f14cd4-c6f1-4fbd-8f87-4025e1d49242\"" doc:"UUID of the tenant."`
	Application   string   `toml:"application" def:"\"rooms\"" doc:"Name of the application."`
	ApplicationID string   `toml:"application_id" def:"\"17c82e96-be03-4f38-aef3-f83d48582d97\"" doc:"UUID of the application."`
	StatusEvery   int      `toml:"status_every" def:"0" doc:"Ask a device for its battery every so many uplinks. 0: never."`
	DownlinkEvery int      `toml:"downlink_every" def:"0" doc:"Send a device a confirmed downlink every so many uplinks. 0: never."`
}

// Radio is the propagation model.
type Radio struct {
	Reference float64 `toml:"reference_loss_db" def:"128.95" doc:"Path loss at 1 km, in dB."`
	Exponent  float64 `toml:"exponent" def:"2.32" doc:"How fast it grows: 2 in free space, 3 and more in cities."`
	Shadowing float64 `toml:"shadowing_db" def:"4.0" doc:"Standard deviation between links, in dB."`
	Fading    float64 `toml:"fading_db" def:"1.5" doc:"Standard deviation between frames of a link, in dB."`
}

// Gateway is a group of gateways.
type Gateway struct {
	Count     int      `toml:"count" def:"1" doc:"How many."`
	ID        string   `toml:"id" def:"\"\"" doc:"EUI of the first; the next count on. Empty: made from the seed."`
	Latitude  float64  `toml:"latitude" def:"51.2194" doc:"Middle of the ring, degrees."`
	Longitude float64  `toml:"longitude" def:"4.4025" doc:"Middle of the ring, degrees."`
	Altitude  float64  `toml:"altitude" def:"35.0" doc:"Of the antenna, in m."`
	Radius    float64  `toml:"radius" def:"1500.0" doc:"Of the ring, in m."`
	Skew      Duration `toml:"skew" def:"\"0s\"" doc:"How far its clock is ahead."`
	Clock     bool     `toml:"clock" def:"true" doc:"false: it tells no time, only its counter."`
	Backhaul  Duration `toml:"backhaul" def:"\"40ms\"" doc:"From the antenna to the network server."`
	Outages   []string `toml:"outages" def:"[]" doc:"Times without backhaul: start and length, e.g. \"10m+90s\" after the start."`
	Store     bool     `toml:"store" def:"false" doc:"What it hears during an outage it forwards afterwards."`
}

// Devices is a group of devices.
type Devices struct {
	Name           string   `toml:"name" def:"\"\"" doc:"Prefix of their names. Empty: the kind."`
	Count          int      `toml:"count" def:"1" doc:"How many."`
	Kinds          []string `toml:"kinds" def:"[\"climate\"]" doc:"air, climate, gps, leak, parking, soil, water; they take turns."`
	Forms          []string `toml:"forms" def:"[\"lpp\"]" doc:"lpp (Cayenne LPP), binary (with the codec that hardware-sim codec prints), senml; they take turns."`
	Activation     string   `toml:"activation" def:"\"otaa\"" doc:"otaa, abp, or mixed: both, and LoRaWAN 1.0 and 1.1, take turns."`
	Class          string   `toml:"class" def:"\"A\"" doc:"A, or C: they listen all the time, and acknowledge confirmed downlinks at once. With a real network server."`
	Multicast      bool     `toml:"multicast" def:"false" doc:"They are a multicast group of class C, on the channel of the second window. With a real network server."`
	Version        string   `toml:"version" def:"\"1.0\"" doc:"LoRaWAN 1.0 (1.0.x) or 1.1."`
	Interval       Duration `toml:"interval" def:"\"1m\"" doc:"Between two readings of a device."`
	Latitude       float64  `toml:"latitude" def:"51.2194" doc:"Middle of the disc they are spread over, degrees."`
	Longitude      float64  `toml:"longitude" def:"4.4025" doc:"Middle of the disc, degrees."`
	Radius         float64  `toml:"radius" def:"1500.0" doc:"Of the disc, in m."`
	ADR            bool     `toml:"adr" def:"true" doc:"The network sets data rate and power."`
	DutyCycle      bool     `toml:"duty_cycle" def:"true" doc:"false: devices of a lab, against the rules of the region."`
	FCnt           uint32   `toml:"f_cnt" def:"0" doc:"Counter ABP devices begin with."`
	ConfirmEvery   int      `toml:"confirm_every" def:"0" doc:"Ask for an acknowledgement every so many readings. 0: never."`
	LinkCheckEvery int      `toml:"link_check_every" def:"0" doc:"Ask how it is heard every so many readings. 0: never."`
	StatusEvery    int      `toml:"status_only_every" def:"0" doc:"Send a frame without data every so many readings. 0: never."`
	SkipFCntCheck  bool     `toml:"skip_f_cnt_check" def:"false" doc:"The network server takes any counter. ABP devices have it anyway."`
	Sold           bool     `toml:"sold" def:"true" doc:"Their readings have been bought: verify expects them. false: they must stay in the house."`
	Owner          string   `toml:"owner" def:"\"\"" doc:"Value of the tag dbdao_owner."`
}

// Faults are the shares of faults.
type Faults struct {
	After     Duration `toml:"after" def:"\"1m\"" doc:"When they begin."`
	Loss      float64  `toml:"loss" def:"0.0" doc:"No gateway hears the frame."`
	BadMIC    float64  `toml:"bad_mic" def:"0.0" doc:"A bit of the frame is wrong."`
	RFU       float64  `toml:"rfu" def:"0.0" doc:"Reserved bits of the frame are set. Not with server.external: real network servers take such frames."`
	Replay    float64  `toml:"replay" def:"0.0" doc:"The frame, and its event, are sent again later."`
	Duplicate float64  `toml:"duplicate" def:"0.0" doc:"A gateway forwards the frame again, and a second server publishes the event under another id."`
	FCntReset float64  `toml:"f_cnt_reset" def:"0.0" doc:"An ABP device restarts and counts from 0."`
	Rejoin    float64  `toml:"rejoin" def:"0.0" doc:"An OTAA device restarts and joins again."`
	Reorder   float64  `toml:"reorder" def:"0.0" doc:"The event is published after the next one of its device."`
	Late      float64  `toml:"late" def:"0.0" doc:"The device's counter jumps by 600, and the event comes after that."`
	Malformed float64  `toml:"malformed" def:"0.0" doc:"A damaged copy of the event."`
	Spoofed   float64  `toml:"spoofed" def:"0.0" doc:"A frame under the device's address with a foreign key, and an event whose body names another device than its topic."`
	Flood     float64  `toml:"flood" def:"0.0" doc:"A burst of 20 frames, and events, of devices nobody knows."`
	Simulated float64  `toml:"simulated" def:"0.0" doc:"A copy of the event that is marked simulated (The Things Stack)."`
}

// Output is a place things go to.
type Output struct {
	Name         string   `toml:"name" def:"\"chirpstack\"" doc:"Names the output in the truth log."`
	Kind         string   `toml:"kind" def:"\"mqtt\"" doc:"mqtt: a network server's events. http: the same by POST. gateway: raw frames by MQTT. semtech: raw frames by Semtech's UDP protocol."`
	Format       string   `toml:"format" def:"\"v4_json\"" doc:"mqtt and http: v4_json, v4_protobuf, v3_json_v3, v3_json, v3_protobuf, tts. gateway: gw_v4_json, gw_v4_protobuf, gw_v3_json, gw_v3_protobuf."`
	URL          string   `toml:"url" def:"\"tcp://127.0.0.1:1883\"" doc:"mqtt and gateway: the broker. http: where to post. semtech: host:port, UDP."`
	Username     string   `toml:"username" def:"\"\"" doc:"mqtt and gateway."`
	PasswordFile string   `toml:"password_file" def:"\"\"" doc:"File with its password; http: with the bearer token. Mode 0600."`
	QoS          int      `toml:"qos" def:"1" doc:"mqtt and gateway: 0 or 1. Network servers default to 0, and then lose what the bridge is not there to hear."`
	Prefix       string   `toml:"prefix" def:"\"\"" doc:"gateway: what stands before gateway/ in topics, e.g. eu868."`
	Window       Duration `toml:"window" def:"\"200ms\"" doc:"gateway: how long, by the clock, a bridge takes copies of a frame for one."`
	KeepAlive    Duration `toml:"keep_alive" def:"\"5s\"" doc:"semtech: between two PULL_DATA."`
}

// Defaults prints the annotated default scenario.
func Defaults() string {
	var b strings.Builder
	b.WriteString("# hardware-sim scenario. Every key stands here with its default; delete what you do not change.\n# Unknown keys are refused.\n\n")
	manual.Print(&b, reflect.TypeFor[Scenario](), "toml")
	return b.String()
}

// Load reads a scenario file.
func Load(path string) (Scenario, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	s, err := Parse(b)
	if err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads a scenario. All wrong keys are named at once.
func Parse(text []byte) (Scenario, error) {
	var s Scenario
	given := map[string]any{}
	if err := toml.Unmarshal(text, &given); err != nil {
		return s, explained(err)
	}
	if err := complete(reflect.TypeFor[Scenario](), given, ""); err != nil {
		return s, err
	}
	full, err := toml.Marshal(given)
	if err != nil {
		return s, fmt.Errorf("scenario: %w", err)
	}
	dec := toml.NewDecoder(bytes.NewReader(full)).DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, explained(err)
	}
	return s, s.check()
}

func explained(err error) error {
	if d, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := d.Position()
		return fmt.Errorf("line %d, column %d: %w", row, column, err)
	}
	return err
}

// complete fills in defaults and finds keys there are none of.
func complete(t reflect.Type, given map[string]any, section string) error {
	var faults []error
	known := map[string]bool{}
	for f := range t.Fields() {
		key := f.Tag.Get("toml")
		known[key] = true
		value, ok := given[key]
		switch {
		case f.Type.Kind() == reflect.Struct:
			table, isTable := value.(map[string]any)
			if ok && !isTable {
				faults = append(faults, fmt.Errorf("%s%s is a table: write [%s%s]", section, key, section, key))
				continue
			}
			if table == nil {
				table = map[string]any{}
			}
			given[key] = table
			faults = append(faults, complete(f.Type, table, section+key+"."))
		case manual.IsTables(f.Type):
			tables, isTables := value.([]any)
			if ok && !isTables {
				faults = append(faults, fmt.Errorf("%s%s is a list of tables: write [[%s%s]]", section, key, section, key))
				continue
			}
			for _, one := range tables {
				table, isTable := one.(map[string]any)
				if !isTable {
					faults = append(faults, fmt.Errorf("%s%s is a list of tables: write [[%s%s]]", section, key, section, key))
					continue
				}
				faults = append(faults, complete(f.Type.Elem(), table, section+key+"."))
			}
		case !ok:
			def := map[string]any{}
			if err := toml.Unmarshal([]byte("v = "+f.Tag.Get("def")), &def); err != nil {
				panic("bug: the default of " + key + ": " + err.Error())
			}
			given[key] = def["v"]
		case f.Type.Kind() == reflect.Float64: // 1 is a fine way to write 1.0
			if n, whole := value.(int64); whole {
				given[key] = float64(n)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !known[key] {
			hint := ""
			if best, edits := manual.Nearest(key, slices.Sorted(maps.Keys(known))); edits < 4 {
				hint = ": did you mean " + best + "?"
			}
			faults = append(faults, fmt.Errorf("there is no key %s%s%s", section, key, hint))
			delete(given, key)
		}
	}
	return errors.Join(faults...)
}

func (s *Scenario) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if sim.Regions[s.Region] == nil {
		fault("region %q: want one of %v", s.Region, slices.Sorted(maps.Keys(sim.Regions)))
	}
	if s.Speed < 0 || s.Speed > 1000 {
		fault("speed %v: want 0 to 1000", s.Speed)
	}
	if _, err := s.start(); err != nil {
		faults = append(faults, err)
	}
	if s.Speed == 0 && s.Duration == 0 {
		fault("speed 0 needs a duration: it would never end")
	}
	s.checkDevices(fault)
	s.checkGateways(fault)
	s.checkOutputs(fault)
	if s.Server.External && s.Faults.RFU > 0 {
		fault("faults.rfu %v: a real network server, ChirpStack for one, takes frames with reserved bits, so that nothing says whether they are owed: leave rfu out with server.external", s.Faults.RFU)
	}
	if err := s.faults().Check(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// faultf notes a fault as fmt.Errorf makes it.
type faultf func(format string, args ...any)

func (s *Scenario) checkDevices(fault faultf) {
	for _, d := range s.Devices {
		for _, k := range d.Kinds {
			if sim.Kinds[k] == nil {
				fault("devices.kinds: there is no kind %q: want some of %v", k, sim.KindNames())
			}
		}
		for _, f := range d.Forms {
			if !slices.Contains(sim.Forms, sim.Form(f)) {
				fault("devices.forms: there is no form %q: want some of %v", f, sim.Forms)
			}
		}
		if !slices.Contains([]string{"otaa", "abp", "mixed"}, d.Activation) {
			fault("devices.activation %q: want otaa, abp or mixed", d.Activation)
		}
		if d.Class != "A" && d.Class != "C" {
			fault("devices.class %q: want A or C", d.Class)
		}
		if !slices.Contains([]string{"1.0", "1.1"}, d.Version) {
			fault("devices.version %q: want 1.0 or 1.1", d.Version)
		}
		if d.Count < 1 || len(d.Kinds) == 0 || len(d.Forms) == 0 || d.Interval <= 0 {
			fault("devices: count and interval must be positive, kinds and forms must not be empty")
		}
	}
}

func (s *Scenario) checkGateways(fault faultf) {
	if len(s.Gateways) == 0 {
		fault("gateways: there is none, so nothing the devices send is heard: write a [[gateways]] table")
	}
	for _, g := range s.Gateways {
		for _, o := range g.Outages {
			if _, err := outage(o); err != nil {
				fault("%w", err)
			}
		}
		if _, err := lorawan.ParseDevEUI(cmp.Or(g.ID, "0000000000000000")); err != nil {
			fault("gateways.id: %w", err)
		}
		if g.Count < 1 {
			fault("gateways.count %d: want at least 1", g.Count)
		}
	}
}

func (s *Scenario) checkOutputs(fault faultf) {
	names := map[string]bool{}
	for _, o := range s.Outputs {
		if names[o.Name] {
			fault("outputs.name %q appears twice", o.Name)
		}
		names[o.Name] = true
		application := slices.Contains(sim.Formats, sim.Format(o.Format))
		raw := slices.Contains(sim.GatewayFormats, sim.GatewayFormat(o.Format))
		switch o.Kind {
		case "mqtt", "http":
			if !application {
				fault("output %s: format %q is none of %v", o.Name, o.Format, sim.Formats)
			}
			if s.Server.External {
				fault("output %s: with an external server there are no events to publish, only raw frames", o.Name)
			}
		case "gateway":
			if !raw {
				fault("output %s: format %q is none of %v", o.Name, o.Format, sim.GatewayFormats)
			}
		case "semtech":
		default:
			fault("output %s: kind %q: want mqtt, http, gateway or semtech", o.Name, o.Kind)
		}
		if o.QoS < 0 || o.QoS > 1 {
			fault("output %s: qos %d: want 0 or 1", o.Name, o.QoS)
		}
	}
}

func (s *Scenario) start() (time.Time, error) {
	if s.Start == "" {
		return time.Now().UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s.Start)
	if err != nil {
		return t, fmt.Errorf("start %q: write e.g. \"2026-06-01T12:00:00Z\"", s.Start)
	}
	return t.UTC(), nil
}

func outage(text string) (o sim.Outage, err error) {
	from, length, ok := strings.Cut(text, "+")
	if ok {
		o.After, err = time.ParseDuration(from)
		if err == nil {
			o.For, err = time.ParseDuration(length)
		}
	}
	if !ok || err != nil || o.After < 0 || o.For <= 0 {
		return o, fmt.Errorf("outage %q: write start and length, e.g. \"10m+90s\"", text)
	}
	return o, nil
}

func (s *Scenario) faults() sim.Faults {
	f := s.Faults
	return sim.Faults{
		sim.FaultLoss: f.Loss, sim.FaultBadMIC: f.BadMIC, sim.FaultRFU: f.RFU, sim.FaultReplay: f.Replay, sim.FaultDuplicate: f.Duplicate,
		sim.FaultFCntReset: f.FCntReset, sim.FaultRejoin: f.Rejoin, sim.FaultReorder: f.Reorder, sim.FaultLate: f.Late,
		sim.FaultMalformed: f.Malformed, sim.FaultSpoofed: f.Spoofed, sim.FaultFlood: f.Flood, sim.FaultSimulated: f.Simulated,
	}
}

// Setup is the world a scenario describes.
func (s *Scenario) Setup() (sim.Setup, error) {
	start, err := s.start()
	if err != nil {
		return sim.Setup{}, err
	}
	out := sim.Setup{
		Seed: s.Seed, Start: start, Region: sim.Regions[s.Region], External: s.Server.External, Faults: s.faults(), FaultsAfter: time.Duration(s.Faults.After),
		Radio: sim.Propagation{Reference: s.Radio.Reference, Exponent: s.Radio.Exponent, Shadowing: s.Radio.Shadowing, Fading: s.Radio.Fading},
		Server: sim.ServerSetup{
			DedupWindow: time.Duration(s.Server.DedupWindow), Tenant: s.Server.Tenant, TenantID: s.Server.TenantID, Application: s.Server.Application,
			ApplicationID: s.Server.ApplicationID, StatusEvery: s.Server.StatusEvery, DownlinkEvery: s.Server.DownlinkEvery,
		},
	}
	for i, g := range s.Gateways {
		ring := sim.Ring(s.Seed+uint64(i), g.Count, sim.Place{Latitude: g.Latitude, Longitude: g.Longitude}, g.Radius)
		for j := range ring {
			if g.ID != "" {
				id, err := lorawan.ParseDevEUI(g.ID)
				if err != nil {
					return out, err
				}
				id[7] += byte(j)
				ring[j].ID = id
			}
			one := &ring[j]
			one.Name = fmt.Sprintf("gateway-%d", len(out.Gateways)+1)
			one.Place.Altitude, one.NoClock, one.Backhaul, one.Store = g.Altitude, !g.Clock, time.Duration(g.Backhaul), g.Store
			one.Skew += time.Duration(g.Skew)
			for _, text := range g.Outages {
				o, err := outage(text)
				if err != nil {
					return out, err
				}
				one.Outages = append(one.Outages, o)
			}
			out.Gateways = append(out.Gateways, *one)
		}
	}
	for _, d := range s.Devices {
		f := sim.FleetSetup{
			Kinds: d.Kinds, ABP: d.Activation == "abp", Mixed: d.Activation == "mixed", Interval: time.Duration(d.Interval),
			Center: sim.Place{Latitude: d.Latitude, Longitude: d.Longitude}, Radius: d.Radius, ADR: d.ADR, NoDutyCycle: !d.DutyCycle, SkipFCntCheck: d.SkipFCntCheck,
			Sold: d.Sold, ConfirmEvery: d.ConfirmEvery, LinkCheckEvery: d.LinkCheckEvery, StatusOnly: d.StatusEvery, FCnt: d.FCnt, Owner: d.Owner, Name: d.Name,
			First: len(out.Devices), ClassC: d.Class == "C", Multicast: d.Multicast,
		}
		for _, form := range d.Forms {
			f.Forms = append(f.Forms, sim.Form(form))
		}
		if d.Version == "1.1" {
			f.Version = lorawan.LoRaWAN11
		}
		out.Devices = append(out.Devices, sim.Fleet(s.Seed, d.Count, f)...)
	}
	return out, nil
}
