// Package config is the bridge's configuration: one documented struct. The file
// `dbdao-bridge configfile` prints is made from it and is the manual.
//
// It is the only package that knows viper. It reads files and environment, and
// opens no connection.
package config

import (
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/ethereum/go-ethereum/common"
	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Duration is a time.Duration written as in "1h30m".
type Duration = time.Duration

// Config is everything an operator can set. Tags: key is the TOML key, def the
// default as TOML, doc the line above it.
type Config struct {
	DataDir    string     `key:"data_dir" def:"\"/var/lib/dbdao-bridge\"" doc:"Where the ledger and the keys the bridge makes itself live. Must be on a local disk."`
	Operator   Operator   `key:"operator" doc:"Who you are on chain."`
	Chain      Chain      `key:"chain" doc:"The Ethereum nodes and the market."`
	Sources    []Source   `key:"sources" doc:"Where uplinks come from: one table per network server."`
	Delivery   Delivery   `key:"delivery" doc:"How parcels reach buyers."`
	Settlement Settlement `key:"settlement" doc:"When receipts become claims."`
	Ledger     Ledger     `key:"ledger" doc:"The bridge's store."`
	Codec      Codec      `key:"codec" doc:"How scripts of owners that decode payloads are kept in bounds."`
	API        API        `key:"api" doc:"What buyers and owners talk to."`
	Admin      Admin      `key:"admin" doc:"What the operator's commands and Prometheus talk to."`
	Log        Log        `key:"log" doc:"Logs go to standard error."`
}

// Operator says who the bridge acts for.
type Operator struct {
	ID           uint64 `key:"id" def:"0" doc:"Operator id, as printed by operator register."`
	Keystore     string `key:"keystore" def:"\"\"" doc:"Keystore v3 file of the hot signer key: it can only attest devices and settle. Mode 0600."`
	PasswordFile string `key:"password_file" def:"\"\"" doc:"File with the keystore's password. Mode 0600."`
	Name         string `key:"name" def:"\"\"" doc:"Shown to buyers."`
}

// Chain says what to follow.
type Chain struct {
	RPC            []string `key:"rpc" def:"[\"http://127.0.0.1:8545\"]" doc:"JSON-RPC URLs of Ethereum nodes, in order of preference. Your own first."`
	ChainID        uint64   `key:"chain_id" def:"0" doc:"Refuse nodes of another chain. 0: whatever the first node says, pinned in the ledger."`
	Market         string   `key:"market" def:"\"\"" doc:"Address of the DataMarket contract."`
	StartBlock     uint64   `key:"start_block" def:"0" doc:"Block of its deployment, as printed by contracts deploy: folding starts here."`
	Confirmations  int      `key:"confirmations" def:"-1" doc:"Blocks on top of a purchase before it is served. -1: 1 on development chains, 12 elsewhere."`
	PollInterval   Duration `key:"poll_interval" def:"\"2s\"" doc:"Time between looks at the head."`
	RequestTimeout Duration `key:"request_timeout" def:"\"8s\"" doc:"Time one request to a node may take, to the last byte of its answer; then the next node is asked. 1s to 1m."`
	MaxStaleness   Duration `key:"max_staleness" def:"\"6h\"" doc:"With no node answering for longer, deliveries are held. \"0s\": never."`
}

// Source is one network server.
type Source struct {
	Name         string   `key:"name" def:"\"chirpstack\"" doc:"Names the source in logs and metrics."`
	Kind         string   `key:"kind" def:"\"mqtt\"" doc:"mqtt: a network server's events. gateway: the gateways' raw frames, of which those of registered devices are opened (see devices_file). http: a network server posts its events to /ingest/<name>, where its broker is out of reach."`
	Network      string   `key:"network" def:"\"chirpstack\"" doc:"Names the network: uplinks of two sources with one network are the same if their device, session and f_cnt are."`
	Format       string   `key:"format" def:"\"auto\"" doc:"How its events are written: auto tells by each event; a name takes that format alone (docs/intake.md lists them), e.g. where a broker carries several servers' events."`
	URL          string   `key:"url" def:"\"tcp://127.0.0.1:1883\"" doc:"The network server's MQTT broker: tcp://host:1883 or ssl://host:8883."`
	Topic        string   `key:"topic" def:"\"application/{application_id}/device/{dev_eui}/event/{event}\"" doc:"Topic template of its events. Of kind gateway: what stands before the gateway's id, e.g. eu868/gateway; left out, any region or none."`
	Applications []string `key:"applications" def:"[]" doc:"Take uplinks of these applications only: their ids, as events and topics have them. Empty: of any. A device that moves to another application is not sold until it is vouched for again, whatever stands here."`
	ClientID     string   `key:"client_id" def:"\"\"" doc:"MQTT client id: names the session that keeps uplinks while the bridge is away. Empty: dbdao-bridge-<operator>-<name>."`
	Username     string   `key:"username" def:"\"\"" doc:"Of a broker account that may only read the events."`
	PasswordFile string   `key:"password_file" def:"\"\"" doc:"File with its password. Mode 0600."`
	CAFile       string   `key:"ca_file" def:"\"\"" doc:"PEM of the CA that signed the broker's certificate. Empty: the system's."`
	CertFile     string   `key:"cert_file" def:"\"\"" doc:"PEM client certificate, if the broker wants one. Of kind http: the listener's certificate."`
	KeyFile      string   `key:"key_file" def:"\"\"" doc:"PEM key of the certificate. Mode 0600."`
	Listen       string   `key:"listen" def:"\"127.0.0.1:8182\"" doc:"Of kind http: address to listen at. Sources may share one. With cert_file and key_file it speaks TLS; otherwise put a TLS proxy before it."`
	TokenFile    string   `key:"token_file" def:"\"\"" doc:"Of kind http: file with the token the network server sends: as Authorization: Bearer, as a basic-auth password, or as X-Dbdao-Token. At least 16 characters. Mode 0600."`
	DevicesFile  string   `key:"devices_file" def:"\"\"" doc:"Of kind gateway: TOML file of [[device]] tables with the devices' keys. Mode 0600. More are added with session add."`
	Region       string   `key:"region" def:"\"EU868\"" doc:"Of kind gateway: the channel plan."`
	DedupWindow  Duration `key:"dedup_window" def:"\"200ms\"" doc:"Of kind gateway: how long a frame waits for the copies other gateways heard."`
	MaxPacket    int      `key:"max_packet" def:"262144" doc:"Longest MQTT packet or HTTP body taken, in bytes. Longer ones are skipped, counted and named."`
	Backfill     Backfill `key:"backfill" doc:"Uplinks that were missed when they were live. They are sold to purchases in whose window the network received them."`
}

// Backfill brings what a source missed.
type Backfill struct {
	URL         string   `key:"url" def:"\"\"" doc:"ChirpStack v4's API, e.g. http://127.0.0.1:8080: it is asked for the last events of bought devices after the bridge was away and when f_cnt jumps. Empty: it is not."`
	APIKeyFiles []string `key:"api_key_files" def:"[]" doc:"Files with API keys, one for each tenant that has devices; read-only keys are enough. Mode 0600."`
	CAFile      string   `key:"ca_file" def:"\"\"" doc:"PEM of the CA that signed the API's certificate. Empty: the system's."`
	Parallel    int      `key:"parallel" def:"128" doc:"Devices whose events are read at once, 1 to 200: each takes two seconds or more, and the server keeps only the last ten of a device."`
	MaxAge      Duration `key:"max_age" def:"\"720h\"" doc:"Older uplinks are not sold any more, whoever brings them (dbdao-bridge backfill too)."`
}

// Delivery bounds the courier.
type Delivery struct {
	InFlight            int        `key:"in_flight" def:"1024" doc:"Attempts under way at once, shared fairly among buyers. No buyer may hold more than are free."`
	PerHost             int        `key:"per_host" def:"32" doc:"Of one buyer's attempts to one host and port, under way at once."`
	Timeout             Duration   `key:"timeout" def:"\"15s\"" doc:"Of one attempt."`
	RetrySchedule       []Duration `key:"retry_schedule" def:"[\"0s\", \"5s\", \"5m\", \"30m\", \"2h\", \"5h\", \"10h\", \"14h\", \"20h\", \"24h\", \"24h\"]" doc:"Wait before each attempt (Standard Webhooks, and a day more), a fifth more or less. A parcel refused for longer than their sum is parked."`
	SuspendAfter        int        `key:"suspend_after" def:"10" doc:"Refusals in a row after which a destination is called suspended and gets single probes only."`
	AllowPrivateAddress bool       `key:"allow_private_addresses" def:"false" doc:"For labs: deliver to private and loopback addresses, and without TLS."`
}

// Settlement is the policy of the settler.
type Settlement struct {
	Enabled        bool     `key:"enabled" def:"true" doc:"false: deliver and count, but claim nothing."`
	Interval       Duration `key:"interval" def:"\"10m\"" doc:"Least time between settlements, 1s to 168h."`
	Covers         string   `key:"settle_when_cut_covers" def:"\"3x gas\"" doc:"Settle when your 10 % is worth this many times the gas it takes: \"3x gas\", \"1.5x gas\". \"0x gas\" settles whatever it costs, for development chains. A claim whose window is about to close is made as long as it earns its gas."`
	DTXPrice       string   `key:"dtx_price_in_ether" def:"\"\"" doc:"What one DTX is worth in ether, 0.000000000001 to 1000: your own estimate, which settle_when_cut_covers goes by. Needed unless that is \"0x gas\"."`
	MaxFee         string   `key:"max_fee_gwei" def:"\"100\"" doc:"Pay at most this much per gas, in gwei, 0.000000001 to 100000. No settlement offers more than it earns, whatever stands here."`
	DeadlineMargin Duration `key:"deadline_margin" def:"\"0s\"" doc:"When a claim window closes in less than this, a claim waits neither for interval nor for settle_when_cut_covers, if it earns its gas. \"0s\": a quarter of the window."`
	BumpAfter      Duration `key:"bump_after" def:"\"90s\"" doc:"Replace an unmined transaction after this long by one that offers more and claims what can be claimed by then. 10s to 24h."`
	Confirmations  uint64   `key:"confirmations" def:"12" doc:"Blocks that make a settlement final on chains that know no finality."`
}

// Ledger bounds the store.
type Ledger struct {
	Gather    Duration `key:"gather" def:"\"10ms\"" doc:"Least time between commits: what arrives meanwhile shares one."`
	Retention Duration `key:"retention" def:"\"1080h\"" doc:"How long the bodies of delivered readings are kept as evidence, and parked parcels for replay: 45 days cover challenge, quorum and review. \"0s\": no bodies, and parked parcels stay."`
	MaxSize   int64    `key:"max_size" def:"0" doc:"Bytes the file may grow to. 0: no limit. When it is full the bridge stops taking uplinks in."`
}

// Codec bounds the scripts of listings. Each runs in a process that is ended when it
// overruns.
type Codec struct {
	Workers     int      `key:"workers" def:"2" doc:"Scripts that run at once: each worker is a process of about 20 MB, started when it is first needed."`
	TimeLimit   Duration `key:"time_limit" def:"\"250ms\"" doc:"Processor time one run may take. By the clock it is over before eight times this."`
	MemoryLimit int      `key:"memory_limit" def:"33554432" doc:"Bytes one run may hold."`
}

// API is the public listener.
type API struct {
	Listen    string `key:"listen" def:"\"127.0.0.1:8180\"" doc:"Address of the public API. Put a TLS proxy before it."`
	PublicURL string `key:"public_url" def:"\"\"" doc:"URL buyers reach it at: sign-ins are bound to its host. Empty: http://<listen>."`
}

// Admin is the operator's listener.
type Admin struct {
	Listen    string `key:"listen" def:"\"127.0.0.1:8181\"" doc:"Address of the admin API and /metrics."`
	TokenFile string `key:"token_file" def:"\"\"" doc:"File with a bearer token for it. Empty: loopback only, no token. Mode 0600."`
}

// Log says how to log.
type Log struct {
	Level  string `key:"level" def:"\"info\"" doc:"debug, info, warn or error."`
	Format string `key:"format" def:"\"text\"" doc:"text or json."`
}

// ErrConfig begins every complaint about a configuration; each line says what to do.
var ErrConfig = errors.New("the configuration is not usable")

// Load reads a file ("" for defaults alone) and the environment (CHAIN__RPC
// overrides chain.rpc), and checks everything. It reports every fault it finds.
func Load(path string) (Config, error) {
	text, err := read(path)
	if err != nil {
		return Config{}, err
	}
	return Parse(text)
}

func read(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", fmt.Errorf("%w: %s does not exist: write one with `dbdao-bridge configfile > %s`", ErrConfig, path, path)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return string(text), nil
}

// Draft is Load for a configuration that is not finished: its values need not work
// yet, but must be of known keys and read.
func Draft(path string) (Config, error) {
	text, err := read(path)
	if err != nil {
		return Config{}, err
	}
	return parse(text, func(*Config) []error { return nil })
}

// Parse is Load for a text.
func Parse(text string) (Config, error) { return parse(text, (*Config).check) }

func parse(text string, check func(*Config) []error) (Config, error) {
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(Defaults())); err != nil {
		return Config{}, fmt.Errorf("bug: the default configuration does not parse: %w", err)
	}
	v.Set("sources", nil)
	file := viper.New()
	file.SetConfigType("toml")
	if err := file.ReadConfig(strings.NewReader(text)); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	faults := unknown(file.AllSettings(), keysOf(reflect.TypeFor[Config](), ""), "")
	if err := v.MergeConfigMap(file.AllSettings()); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if file.IsSet("sources") {
		v.Set("sources", file.Get("sources"))
	}
	for _, key := range keysOf(reflect.TypeFor[Config](), "") {
		if text, ok := os.LookupEnv(strings.ToUpper(strings.ReplaceAll(key, ".", "__"))); ok && strings.Contains(key, ".") {
			v.Set(key, text)
		}
	}
	c, err := decode(v)
	if err != nil {
		faults = append(faults, err)
	} else {
		faults = append(faults, check(&c)...)
	}
	if len(faults) > 0 {
		return Config{}, fmt.Errorf("%w:\n%w", ErrConfig, errors.Join(faults...))
	}
	return c, nil
}

func decode(v *viper.Viper) (c Config, err error) {
	if err = v.Unmarshal(&c, tagged); err != nil {
		return c, err
	}
	for i := range c.Sources { // array tables have no defaults in TOML: fill what was left out
		if s := &c.Sources[i]; s.Kind == KindGateway && s.Topic == "" {
			s.Topic = anyGateway
		}
		fill(reflect.ValueOf(&c.Sources[i]).Elem())
	}
	return c, nil
}

// tagged makes mapstructure read our tags.
func tagged(d *mapstructure.DecoderConfig) {
	d.TagName, d.WeaklyTypedInput = "key", true
	d.DecodeHook = mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(","))
}

// fill sets the zero fields of a struct to their defaults.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f, def := v.Field(i), v.Type().Field(i).Tag.Get("def")
		if f.Kind() == reflect.Struct {
			fill(f)
			continue
		}
		if !f.IsZero() {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			if text, err := strconv.Unquote(def); err == nil {
				f.SetString(text)
			}
		case reflect.Int:
			if n, err := strconv.Atoi(def); err == nil {
				f.SetInt(int64(n))
			}
		case reflect.Int64: // a duration
			text, err := strconv.Unquote(def)
			if d, derr := time.ParseDuration(text); err == nil && derr == nil {
				f.SetInt(int64(d))
			}
		}
	}
}

// keysOf lists the keys of a struct, sections as in "chain.rpc".
func keysOf(t reflect.Type, prefix string) []string {
	var keys []string
	for f := range t.Fields() {
		key := prefix + f.Tag.Get("key")
		switch {
		case f.Type.Kind() == reflect.Struct:
			keys = append(keys, keysOf(f.Type, key+".")...)
		case manual.IsTables(f.Type):
			keys = append(keys, key)
			keys = append(keys, keysOf(f.Type.Elem(), key+".")...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}

// unknown complains of keys the struct does not have, with the nearest it has.
func unknown(settings map[string]any, known []string, prefix string) []error {
	var faults []error
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key := prefix + name
		switch v := settings[name].(type) {
		case map[string]any:
			faults = append(faults, unknown(v, known, key+".")...)
			continue
		case []any:
			if slices.Contains(known, key) {
				for _, one := range v {
					if table, ok := one.(map[string]any); ok {
						faults = append(faults, unknown(table, known, key+".")...)
					}
				}
				continue
			}
		}
		if !slices.Contains(known, key) {
			nearest, _ := manual.Nearest(key, known)
			faults = append(faults, fmt.Errorf("there is no key %s: did you mean %s?", key, nearest))
		}
	}
	return faults
}

// check finds values that cannot work.
func (c *Config) check() []error {
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.DataDir == "" {
		wrong("data_dir is empty: name a folder on a local disk")
	}
	if c.Operator.ID == 0 {
		wrong("operator.id is 0, no operator is configured: make its keys with `dbdao-bridge operator init`, register with `dbdao-bridge operator register`, and put the id it prints here")
	}
	if c.Operator.Keystore == "" {
		wrong("operator.keystore is empty: name the signer's keystore file (`dbdao-bridge operator init` makes one)")
	}
	if c.Operator.PasswordFile == "" {
		wrong("operator.password_file is empty: name a file with the keystore's password (`dbdao-bridge operator init` makes one)")
	}
	if len(c.Chain.RPC) == 0 {
		wrong("chain.rpc is empty: name at least one Ethereum node")
	}
	if !common.IsHexAddress(c.Chain.Market) {
		wrong("chain.market is no address: put the DataMarket's address here")
	}
	if c.Chain.PollInterval < 10*time.Millisecond {
		wrong("chain.poll_interval is shorter than 10ms")
	}
	if c.Chain.RequestTimeout < time.Second || c.Chain.RequestTimeout > time.Minute {
		wrong("chain.request_timeout must be 1s to 1m")
	}
	for i, raw := range c.Chain.RPC {
		if u, err := url.Parse(raw); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			wrong("chain.rpc[%d] is no URL of an Ethereum node, e.g. http://127.0.0.1:8545", i)
		}
	}
	if len(c.Sources) == 0 {
		wrong("there is no [[sources]] table: say where uplinks come from")
	}
	names := map[string]bool{}
	for i, s := range c.Sources {
		if names[s.Name] {
			wrong("sources[%d].name %q is taken by another source", i, s.Name)
		}
		names[s.Name] = true
		faults = append(faults, s.check(i)...)
	}
	if c.Ledger.Retention < 0 {
		wrong("ledger.retention is negative: \"0s\" keeps no bodies")
	}
	if c.Codec.Workers < 1 || c.Codec.Workers > 64 {
		wrong("codec.workers must be 1 to 64")
	}
	if c.Codec.TimeLimit < 10*time.Millisecond || c.Codec.TimeLimit > 10*time.Second {
		wrong("codec.time_limit must be 10ms to 10s")
	}
	if c.Codec.MemoryLimit < 4<<20 || c.Codec.MemoryLimit > 256<<20 {
		wrong("codec.memory_limit must be 4194304 (4 MiB) to 268435456 (256 MiB)")
	}
	if len(c.Delivery.RetrySchedule) == 0 {
		wrong("delivery.retry_schedule is empty")
	}
	faults = append(faults, c.Settlement.check()...)
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		wrong("log.level must be debug, info, warn or error")
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		wrong("log.format must be text or json")
	}
	return faults
}

// check finds what is wrong with the policy.
func (s *Settlement) check() (faults []error) {
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf("settlement."+format, args...)) }
	if !s.Enabled {
		return nil
	}
	if s.Interval < time.Second || s.Interval > 7*24*time.Hour {
		wrong("interval must be 1s to 168h")
	}
	if s.BumpAfter < 10*time.Second || s.BumpAfter > 24*time.Hour {
		wrong("bump_after must be 10s to 24h")
	}
	if s.DeadlineMargin < 0 {
		wrong("deadline_margin is negative: \"0s\" is a quarter of the claim window")
	}
	if s.Confirmations < 1 || s.Confirmations > 10_000 {
		wrong("confirmations must be 1 to 10000")
	}
	fee, err := Decimal(s.MaxFee, 9)
	if err != nil {
		wrong("max_fee_gwei: %w", err)
	} else if fee.Sign() == 0 || fee.Cmp(big.NewInt(100_000*1_000_000_000)) > 0 {
		wrong("max_fee_gwei must be 0.000000001 to 100000: without a bound one expensive hour could take all of the hot key's ether")
	}
	times, err := Times(s.Covers)
	switch {
	case err != nil:
		wrong("settle_when_cut_covers: %w", err)
	case times.Sign() == 0:
	case s.DTXPrice == "":
		wrong("dtx_price_in_ether is missing: say what a DTX is worth to you, or, on a development chain, set settle_when_cut_covers = \"0x gas\" to settle at any cost")
	default:
		price, err := Decimal(s.DTXPrice, 18)
		if err != nil {
			wrong("dtx_price_in_ether: %w", err)
		} else if price.Cmp(big.NewInt(1_000_000)) < 0 || price.Cmp(new(big.Int).Mul(big.NewInt(1_000), big.NewInt(1_000_000_000_000_000_000))) > 0 {
			wrong("dtx_price_in_ether must be 0.000000000001 to 1000")
		}
	}
	return faults
}

// Path names a file in the data folder.
func (c *Config) Path(name string) string { return filepath.Join(c.DataDir, name) }
