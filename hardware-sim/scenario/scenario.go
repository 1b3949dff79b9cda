// Package scenario is the simulator's configuration: one documented struct. The
// file `hardware-sim configfile` prints is made from it and is the manual.
//
// It is the only package that knows TOML here. It reads files, and opens no
// connection.
package scenario

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/pelletier/go-toml/v2"
)

// Duration is a time.Duration written as in "1h30m" or "2d".
type Duration = time.Duration

// Scenario is everything that can be set. Tags: toml is the key, def the default as
// TOML, doc the line above it; what a key takes is a matter of its tags too, which manual.Bounds
// puts into words (see config.Config, which has the same).
type Scenario struct {
	Seed     uint64    `toml:"seed" def:"1" least:"0" most:"9223372036854775807" doc:"The same seed and start give the same bytes."`
	Start    string    `toml:"start" def:"\"\"" is:"time" doc:"Virtual time at which the world begins. Empty: now."`
	Duration Duration  `toml:"duration" def:"\"0s\"" also:"0s" least:"1ms" most:"8784h" doc:"Virtual time after which devices measure no more. \"0s\": until Ctrl-C."`
	Speed    float64   `toml:"speed" def:"1.0" least:"0" most:"1000" doc:"Virtual seconds in a second. 0: as fast as it goes. With a real network server 1: its downlinks must meet receive windows."`
	Region   string    `toml:"region" def:"\"eu868\"" is:"one" of:"eu868,us915,as923" doc:"us915 is its sub-band 2."`
	Truth    string    `toml:"truth" def:"\"truth.ndjson\"" also:"\"\"" least:"1" most:"4095" doc:"File the truth log is written to. \"-\": standard output; \"\": none."`
	Server   Server    `toml:"server" doc:"The network server."`
	Radio    Radio     `toml:"radio" doc:"The air: loss = reference + 10·exponent·log10(distance/1 km) + shadowing + fading. The default was measured in Oulu at 868 MHz (Petäjäjärvi and others, ITST 2015)."`
	Gateways []Gateway `toml:"gateways" doc:"One table per group of gateways; they stand on a ring."`
	Devices  []Devices `toml:"devices" doc:"One table per group of devices."`
	Faults   Faults    `toml:"faults" doc:"What goes wrong: the share of readings each fault befalls, together at most 1."`
	Outputs  []Output  `toml:"outputs" doc:"One table per place things go to."`
}

// Server is the network server.
type Server struct {
	External      bool     `toml:"external" def:"false" doc:"true: a real one behind the gateways (outputs of kind semtech or gateway) answers joins, and application outputs stay silent."`
	DedupWindow   Duration `toml:"dedup_window" def:"\"200ms\"" least:"1ms" most:"10s" doc:"How long it waits for further copies of a frame."`
	Tenant        string   `toml:"tenant" def:"\"Example Telecom\"" least:"1" most:"100" doc:"Name of the tenant."`
	TenantID      string   `toml:"tenant_id" def:"\"52f14cd4-c6f1-4fbd-8f87-4025e1d49242\"" is:"uuid" doc:"UUID of the tenant."`
	Application   string   `toml:"application" def:"\"rooms\"" least:"1" most:"100" doc:"Name of the application."`
	ApplicationID string   `toml:"application_id" def:"\"17c82e96-be03-4f38-aef3-f83d48582d97\"" is:"uuid" doc:"UUID of the application."`
	StatusEvery   int      `toml:"status_every" def:"0" least:"0" most:"1000000" doc:"Ask a device for its battery every so many uplinks. 0: never."`
	DownlinkEvery int      `toml:"downlink_every" def:"0" least:"0" most:"1000000" doc:"Send a device a confirmed downlink every so many uplinks. 0: never."`
}

// Radio is the propagation model.
type Radio struct {
	Reference float64 `toml:"reference_loss_db" def:"128.95" least:"0" most:"300" doc:"Path loss at 1 km, in dB."`
	Exponent  float64 `toml:"exponent" def:"2.32" least:"1" most:"10" doc:"How fast it grows: 2 in free space, 3 and more in cities."`
	Shadowing float64 `toml:"shadowing_db" def:"4.0" least:"0" most:"50" doc:"Standard deviation between links, in dB."`
	Fading    float64 `toml:"fading_db" def:"1.5" least:"0" most:"50" doc:"Standard deviation between frames of a link, in dB."`
}

// Gateway is a group of gateways.
type Gateway struct {
	Count     int      `toml:"count" def:"1" least:"1" most:"1000" doc:"How many."`
	ID        string   `toml:"id" def:"\"\"" is:"eui" doc:"EUI of the first; the next count on. Empty: made from the seed."`
	Latitude  float64  `toml:"latitude" def:"51.2194" least:"-90" most:"90" doc:"Middle of the ring, degrees."`
	Longitude float64  `toml:"longitude" def:"4.4025" least:"-180" most:"180" doc:"Middle of the ring, degrees."`
	Altitude  float64  `toml:"altitude" def:"35.0" least:"-500" most:"40000" doc:"Of the antenna, in m."`
	Radius    float64  `toml:"radius" def:"1500.0" least:"0" most:"1000000" doc:"Of the ring, in m."`
	Skew      Duration `toml:"skew" def:"\"0s\"" least:"-24h" most:"24h" doc:"How far its clock is ahead."`
	Clock     bool     `toml:"clock" def:"true" doc:"false: it tells no time, only its counter."`
	Backhaul  Duration `toml:"backhaul" def:"\"40ms\"" least:"1ms" most:"1m" doc:"From the antenna to the network server."`
	Outages   []string `toml:"outages" def:"[]" few:"0" many:"1000" least:"1" most:"64" doc:"Times without backhaul: start and length, e.g. \"10m+90s\" after the start."`
	Store     bool     `toml:"store" def:"false" doc:"What it hears during an outage it forwards afterwards."`
}

// Devices is a group of devices.
type Devices struct {
	Name           string   `toml:"name" def:"\"\"" least:"1" most:"64" doc:"Prefix of their names. Empty: the kind."`
	Count          int      `toml:"count" def:"1" least:"1" most:"100000" doc:"How many."`
	Kinds          []string `toml:"kinds" def:"[\"climate\"]" few:"1" many:"100" is:"one" of:"air,climate,gps,leak,parking,soil,water" doc:"They take turns."`
	Forms          []string `toml:"forms" def:"[\"lpp\"]" few:"1" many:"100" is:"one" of:"binary,lpp,senml" doc:"lpp is Cayenne LPP, binary has the codec that hardware-sim codec prints; they take turns."`
	Activation     string   `toml:"activation" def:"\"otaa\"" is:"one" of:"otaa,abp,mixed" doc:"mixed: both, and LoRaWAN 1.0 and 1.1, take turns."`
	Class          string   `toml:"class" def:"\"A\"" is:"one" of:"A,C" doc:"C: they listen all the time, and acknowledge confirmed downlinks at once. With a real network server."`
	Multicast      bool     `toml:"multicast" def:"false" doc:"They are a multicast group of class C, on the channel of the second window. With a real network server."`
	Version        string   `toml:"version" def:"\"1.0\"" is:"one" of:"1.0,1.1" doc:"Of LoRaWAN: 1.0 is 1.0.x."`
	Interval       Duration `toml:"interval" def:"\"1m\"" least:"100ms" most:"8784h" doc:"Between two readings of a device."`
	Latitude       float64  `toml:"latitude" def:"51.2194" least:"-90" most:"90" doc:"Middle of the disc they are spread over, degrees."`
	Longitude      float64  `toml:"longitude" def:"4.4025" least:"-180" most:"180" doc:"Middle of the disc, degrees."`
	Radius         float64  `toml:"radius" def:"1500.0" least:"0" most:"1000000" doc:"Of the disc, in m."`
	ADR            bool     `toml:"adr" def:"true" doc:"The network sets data rate and power."`
	DutyCycle      bool     `toml:"duty_cycle" def:"true" doc:"false: devices of a lab, against the rules of the region."`
	FCnt           uint32   `toml:"f_cnt" def:"0" least:"0" most:"4294967295" doc:"Counter ABP devices begin with."`
	ConfirmEvery   int      `toml:"confirm_every" def:"0" least:"0" most:"1000000" doc:"Ask for an acknowledgement every so many readings. 0: never."`
	LinkCheckEvery int      `toml:"link_check_every" def:"0" least:"0" most:"1000000" doc:"Ask how it is heard every so many readings. 0: never."`
	StatusEvery    int      `toml:"status_only_every" def:"0" least:"0" most:"1000000" doc:"Send a frame without data every so many readings. 0: never."`
	SkipFCntCheck  bool     `toml:"skip_f_cnt_check" def:"false" doc:"The network server takes any counter. ABP devices have it anyway."`
	Sold           bool     `toml:"sold" def:"true" doc:"Their readings have been bought: verify expects them. false: they must stay in the house."`
	Owner          string   `toml:"owner" def:"\"\"" least:"1" most:"128" doc:"Value of the tag dbdao_owner."`
}

// Faults are the shares of faults.
type Faults struct {
	After     Duration `toml:"after" def:"\"1m\"" least:"0s" most:"8784h" doc:"When they begin."`
	Loss      float64  `toml:"loss" def:"0.0" least:"0" most:"1" doc:"No gateway hears the frame."`
	BadMIC    float64  `toml:"bad_mic" def:"0.0" least:"0" most:"1" doc:"A bit of the frame is wrong."`
	RFU       float64  `toml:"rfu" def:"0.0" least:"0" most:"1" doc:"Reserved bits of the frame are set. Not with server.external: real network servers take such frames."`
	Replay    float64  `toml:"replay" def:"0.0" least:"0" most:"1" doc:"The frame, and its event, are sent again later."`
	Duplicate float64  `toml:"duplicate" def:"0.0" least:"0" most:"1" doc:"A gateway forwards the frame again, and a second server publishes the event under another id."`
	FCntReset float64  `toml:"f_cnt_reset" def:"0.0" least:"0" most:"1" doc:"An ABP device restarts and counts from 0."`
	Rejoin    float64  `toml:"rejoin" def:"0.0" least:"0" most:"1" doc:"An OTAA device restarts and joins again."`
	Reorder   float64  `toml:"reorder" def:"0.0" least:"0" most:"1" doc:"The event is published after the next one of its device."`
	Late      float64  `toml:"late" def:"0.0" least:"0" most:"1" doc:"The device's counter jumps by 600, and the event comes after that."`
	Malformed float64  `toml:"malformed" def:"0.0" least:"0" most:"1" doc:"A damaged copy of the event."`
	Spoofed   float64  `toml:"spoofed" def:"0.0" least:"0" most:"1" doc:"A frame under the device's address with a foreign key, and an event whose body names another device than its topic."`
	Flood     float64  `toml:"flood" def:"0.0" least:"0" most:"1" doc:"A burst of 20 frames, and events, of devices nobody knows."`
	Simulated float64  `toml:"simulated" def:"0.0" least:"0" most:"1" doc:"A copy of the event that is marked simulated (The Things Stack)."`
}

// Output is a place things go to.
type Output struct {
	Name         string   `toml:"name" def:"\"chirpstack\"" least:"1" most:"64" doc:"Names the output in the truth log."`
	Kind         string   `toml:"kind" def:"\"mqtt\"" is:"one" of:"mqtt,http,gateway,semtech" doc:"mqtt: a network server's events. http: the same by POST. gateway: raw frames by MQTT. semtech: raw frames by Semtech's UDP protocol."`
	Format       string   `toml:"format" def:"\"v4_json\"" is:"one" of:"v4_json,v4_protobuf,v3_json_v3,v3_json,v3_protobuf,tts,gw_v4_json,gw_v4_protobuf,gw_v3_json,gw_v3_protobuf" doc:"mqtt and http: v4_json, v4_protobuf, v3_json_v3, v3_json, v3_protobuf, tts. gateway: gw_v4_json, gw_v4_protobuf, gw_v3_json, gw_v3_protobuf."`
	URL          string   `toml:"url" def:"\"tcp://127.0.0.1:1883\"" least:"1" most:"2048" doc:"mqtt and gateway: the broker. http: where to post. semtech: host:port, UDP."`
	Username     string   `toml:"username" def:"\"\"" least:"1" most:"1024" doc:"mqtt and gateway."`
	PasswordFile string   `toml:"password_file" def:"\"\"" is:"secret" doc:"File with its password; http: with the bearer token."`
	QoS          int      `toml:"qos" def:"1" least:"0" most:"1" doc:"mqtt and gateway. Network servers default to 0, and then lose what the bridge is not there to hear."`
	Prefix       string   `toml:"prefix" def:"\"\"" least:"1" most:"64" doc:"gateway: what stands before gateway/ in topics, e.g. eu868."`
	Window       Duration `toml:"window" def:"\"200ms\"" least:"1ms" most:"10s" doc:"gateway: how long, by the clock, a bridge takes copies of a frame for one."`
	KeepAlive    Duration `toml:"keep_alive" def:"\"5s\"" least:"10ms" most:"10m" doc:"semtech: between two PULL_DATA."`
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

// usual are the tables of the default scenario. Nobody changes them.
var usual = sync.OnceValue(func() map[string]any {
	all := map[string]any{}
	if err := toml.Unmarshal([]byte(Defaults()), &all); err != nil {
		panic("bug: the default scenario does not parse: " + err.Error())
	}
	return all
})

// Parse reads a scenario. All wrong keys and values are named at once.
func Parse(text []byte) (Scenario, error) {
	var s Scenario
	given := map[string]any{}
	if err := toml.Unmarshal(text, &given); err != nil {
		return s, explained(err)
	}
	r := manual.Reader{Tag: "toml", Known: manual.KeysOf(reflect.TypeFor[Scenario](), "toml")}
	r.Table(reflect.ValueOf(&s).Elem(), given, usual(), "")
	if len(r.Faults) > 0 {
		return s, errors.Join(r.Faults...)
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

// CheckFiles looks at every file the scenario names (manual.CheckFiles).
func (s *Scenario) CheckFiles() error {
	_, err := manual.CheckFiles(reflect.ValueOf(s).Elem(), "toml")
	return err
}

// check finds values that do not go together.
func (s *Scenario) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.Speed == 0 && s.Duration == 0 {
		fault("speed 0 needs a duration: it would never end")
	}
	if len(s.Gateways) == 0 {
		fault("gateways: there is none, so nothing the devices send is heard: write a [[gateways]] table")
	}
	for _, g := range s.Gateways {
		for _, o := range g.Outages {
			if _, err := outage(o); err != nil {
				fault("%w", err)
			}
		}
	}
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

// schemes are what an output's url begins with. semtech's is host:port.
var schemes = map[string][]string{"mqtt": {"tcp", "mqtt", "ssl", "mqtts", "tls", "ws", "wss", "unix"}, "gateway": {"tcp", "mqtt", "ssl", "mqtts", "tls", "ws", "wss", "unix"}, "http": {"http", "https"}}

func (s *Scenario) checkOutputs(fault faultf) {
	names := map[string]bool{}
	for i, o := range s.Outputs {
		if names[o.Name] {
			fault("outputs[%d].name %q appears twice", i, o.Name)
		}
		names[o.Name] = true
		application := slices.Contains(sim.Formats, sim.Format(o.Format))
		switch o.Kind {
		case "mqtt", "http":
			if !application {
				fault("outputs[%d].format %q is of raw frames: with kind %s want one of %v", i, o.Format, o.Kind, sim.Formats)
			}
			if s.Server.External {
				fault("outputs[%d].kind %s: with an external server there are no events to publish, only raw frames", i, o.Kind)
			}
		case "gateway":
			if application {
				fault("outputs[%d].format %q is of events: with kind gateway want one of %v", i, o.Format, sim.GatewayFormats)
			}
		case "semtech":
			host, port, err := net.SplitHostPort(o.URL)
			if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || n == 0 || host == "" {
				fault("outputs[%d].url: want host:port of the network server's UDP backend, such as \"127.0.0.1:1700\"", i)
			}
		}
		u, err := url.Parse(o.URL)
		if all := schemes[o.Kind]; len(all) > 0 && (err != nil || !slices.Contains(all, u.Scheme) || u.Host == "" && u.Scheme != "unix") {
			fault("outputs[%d].url: with kind %s want a URL that begins with %s://", i, o.Kind, strings.Join(all, "://, "))
		}
	}
}

func (s *Scenario) start() (time.Time, error) {
	if s.Start == "" {
		return time.Now().UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s.Start)
	return t.UTC(), err
}

func outage(text string) (o sim.Outage, err error) {
	from, length, ok := strings.Cut(text, "+")
	if ok {
		o.After, err = spans.Parse(from)
		if err == nil {
			o.For, err = spans.Parse(length)
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
		Seed: s.Seed, Start: start, Region: sim.Regions[s.Region], External: s.Server.External, Faults: s.faults(), FaultsAfter: s.Faults.After,
		Radio: sim.Propagation{Reference: s.Radio.Reference, Exponent: s.Radio.Exponent, Shadowing: s.Radio.Shadowing, Fading: s.Radio.Fading},
		Server: sim.ServerSetup{
			DedupWindow: s.Server.DedupWindow, Tenant: s.Server.Tenant, TenantID: s.Server.TenantID, Application: s.Server.Application,
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
			one.Place.Altitude, one.NoClock, one.Backhaul, one.Store = g.Altitude, !g.Clock, g.Backhaul, g.Store
			one.Skew += g.Skew
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
			Kinds: d.Kinds, ABP: d.Activation == "abp", Mixed: d.Activation == "mixed", Interval: d.Interval,
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
