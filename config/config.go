// Package config is the bridge's configuration: one documented struct. The file
// `dbdao-bridge configfile` prints is made from it and is the manual.
//
// A key's default, meaning, bounds and file mode are tags of its field, and hold wherever it
// is set. This is the only package that knows viper. It reads files and environment, and
// opens no connection.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"
)

// Duration is a time.Duration written as in "1h30m" or "30d".
type Duration = time.Duration

// Config is everything an operator can set. Tags: key is the TOML key, def the default as
// TOML, doc the line above it. What a key takes is a matter of its tags too, which
// manual.Bounds puts into words:
//
//	least, most   the bounds of a number or a duration (of each, in a list), of a text in bytes
//	also          a value beside them, in TOML, which doc gives a meaning
//	few, many     how many values a list has
//	is            what a text is: one of the kinds of manual
//	of            of is "one": the texts it can be; of is "url": the schemes
//
// A text whose default is empty may be left empty.
type Config struct {
	DataDir    string     `key:"data_dir" def:"\"/var/lib/dbdao-bridge\"" is:"folder" doc:"Where the ledger and the keys the bridge makes itself live. Must be on a local disk. It is closed to other accounts (mode 0700)."`
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
	ID           uint64 `key:"id" def:"0" also:"0" least:"1" most:"1099511627775" doc:"Operator id, as printed by operator register. 0: not registered yet."`
	Keystore     string `key:"keystore" def:"\"\"" is:"secret" doc:"Keystore v3 file of the hot signer key: it can only attest devices and settle."`
	PasswordFile string `key:"password_file" def:"\"\"" is:"secret" doc:"File with the keystore's password."`
	Name         string `key:"name" def:"\"\"" least:"1" most:"64" doc:"Shown to buyers."`
}

// Chain says what to follow.
type Chain struct {
	RPC            []string `key:"rpc" def:"[\"http://127.0.0.1:8545\"]" is:"url" of:"http,https" few:"1" many:"16" doc:"JSON-RPC URLs of Ethereum nodes, in order of preference. Your own first."`
	ChainID        uint64   `key:"chain_id" def:"0" least:"0" most:"9223372036854775771" doc:"Refuse nodes of another chain. 0: whatever the first node says, pinned in the ledger."`
	Market         string   `key:"market" def:"\"\"" is:"address" doc:"Address of the DataMarket contract."`
	StartBlock     uint64   `key:"start_block" def:"0" least:"0" most:"1000000000000" doc:"Block of its deployment, as printed by contracts deploy: folding starts here."`
	Confirmations  int      `key:"confirmations" def:"-1" also:"-1" least:"0" most:"10000" doc:"Blocks on top of a purchase before it is served. -1: 1 on development chains, 12 elsewhere."`
	PollInterval   Duration `key:"poll_interval" def:"\"2s\"" least:"10ms" most:"10m" doc:"Time between looks at the head."`
	RequestTimeout Duration `key:"request_timeout" def:"\"8s\"" least:"1s" most:"1m" doc:"Time one request to a node may take, to the last byte of its answer; then the next node is asked."`
	MaxStaleness   Duration `key:"max_staleness" def:"\"6h\"" also:"0s" least:"10s" most:"720h" doc:"With no node answering for longer, deliveries are held. 0s: never."`
}

// Source is one network server.
type Source struct {
	Name         string   `key:"name" def:"\"chirpstack\"" least:"1" most:"64" doc:"Names the source in logs and metrics."`
	Kind         string   `key:"kind" def:"\"mqtt\"" is:"one" of:"mqtt,gateway,http" doc:"mqtt: a network server's events. gateway: the gateways' raw frames, of which those of registered devices are opened (see devices_file). http: a network server posts its events to /ingest/<name>, where its broker is out of reach."`
	Network      string   `key:"network" def:"\"chirpstack\"" least:"1" most:"64" doc:"Names the network: uplinks of two sources with one network are the same if their device, session and f_cnt are."`
	Format       string   `key:"format" def:"\"auto\"" least:"1" most:"32" doc:"How its events are written: auto tells by each event; a name takes that format alone (docs/intake.md lists them), e.g. where a broker carries several servers' events."`
	URL          string   `key:"url" def:"\"tcp://127.0.0.1:1883\"" is:"url" of:"tcp,mqtt,ssl,mqtts,tls,ws,wss,unix" doc:"The network server's MQTT broker: tcp://host:1883 or ssl://host:8883."`
	Topic        string   `key:"topic" def:"\"application/{application_id}/device/{dev_eui}/event/{event}\"" least:"1" most:"1024" doc:"Topic template of its events. Of kind gateway: what stands before the gateway's id, e.g. eu868/gateway; left out, any region or none."`
	Applications []string `key:"applications" def:"[]" least:"1" most:"255" few:"0" many:"1000" doc:"Take uplinks of these applications only: their ids, as events and topics have them. Empty: of any. A device that moves to another application is not sold until it is vouched for again, whatever stands here."`
	ClientID     string   `key:"client_id" def:"\"\"" least:"1" most:"256" doc:"MQTT client id: names the session that keeps uplinks while the bridge is away. Empty: dbdao-bridge-<operator>-<name>."`
	Username     string   `key:"username" def:"\"\"" least:"1" most:"1024" doc:"Of a broker account that may only read the events."`
	PasswordFile string   `key:"password_file" def:"\"\"" is:"secret" doc:"File with its password."`
	CAFile       string   `key:"ca_file" def:"\"\"" is:"file" doc:"PEM of the CA that signed the broker's certificate. Empty: the system's."`
	CertFile     string   `key:"cert_file" def:"\"\"" is:"file" doc:"PEM client certificate, if the broker wants one. Of kind http: the listener's certificate."`
	KeyFile      string   `key:"key_file" def:"\"\"" is:"secret" doc:"PEM key of the certificate."`
	Listen       string   `key:"listen" def:"\"127.0.0.1:8182\"" is:"listen" doc:"Of kind http: address to listen at. Sources may share one. With cert_file and key_file it speaks TLS; otherwise put a TLS proxy before it."`
	TokenFile    string   `key:"token_file" def:"\"\"" is:"token" doc:"Of kind http: file with the token the network server sends: as Authorization: Bearer, as a basic-auth password, or as X-Dbdao-Token."`
	DevicesFile  string   `key:"devices_file" def:"\"\"" is:"secret" doc:"Of kind gateway: TOML file of [[device]] tables with the devices' keys. More are added with session add."`
	Region       string   `key:"region" def:"\"EU868\"" least:"1" most:"32" doc:"Of kind gateway: the channel plan."`
	DedupWindow  Duration `key:"dedup_window" def:"\"200ms\"" least:"10ms" most:"10s" doc:"Of kind gateway: how long a frame waits for the copies other gateways heard."`
	MaxPacket    int      `key:"max_packet" def:"262144" least:"1024" most:"16777216" doc:"Longest MQTT packet or HTTP body taken, in bytes (a ChirpStack uplink has 1 to 2 KB). Longer ones are skipped, counted and named."`
	Backfill     Backfill `key:"backfill" doc:"Uplinks that were missed when they were live. They are sold to purchases in whose window the network received them."`
}

// Backfill brings what a source missed.
type Backfill struct {
	URL         string   `key:"url" def:"\"\"" is:"url" of:"http,https" doc:"ChirpStack v4's API, e.g. http://127.0.0.1:8080: it is asked for the last events of bought devices after the bridge was away and when f_cnt jumps. Empty: it is not."`
	APIKeyFiles []string `key:"api_key_files" def:"[]" is:"secret" few:"0" many:"1000" doc:"Files with API keys, one for each tenant that has devices; read-only keys are enough."`
	CAFile      string   `key:"ca_file" def:"\"\"" is:"file" doc:"PEM of the CA that signed the API's certificate. Empty: the system's."`
	Parallel    int      `key:"parallel" def:"128" least:"1" most:"200" doc:"Devices whose events are read at once: each takes two seconds or more, and the server keeps only the last ten of a device."`
	MaxAge      Duration `key:"max_age" def:"\"720h\"" least:"1m" most:"87600h" doc:"Older uplinks are not sold any more, whoever brings them (dbdao-bridge backfill too)."`
}

// Delivery bounds the courier.
type Delivery struct {
	InFlight            int        `key:"in_flight" def:"1024" least:"1" most:"65536" doc:"Attempts under way at once, shared fairly among buyers. No buyer may hold more than are free."`
	PerHost             int        `key:"per_host" def:"32" least:"1" most:"4096" doc:"Of one buyer's attempts to one host and port, under way at once."`
	Timeout             Duration   `key:"timeout" def:"\"15s\"" least:"100ms" most:"5m" doc:"Of one attempt."`
	RetrySchedule       []Duration `key:"retry_schedule" def:"[\"0s\", \"5s\", \"5m\", \"30m\", \"2h\", \"5h\", \"10h\", \"14h\", \"20h\", \"24h\", \"24h\"]" least:"0s" most:"168h" few:"1" many:"1000" doc:"Wait before each attempt (Standard Webhooks, and a day more), a fifth more or less. A parcel refused for longer than their sum is parked."`
	SuspendAfter        int        `key:"suspend_after" def:"10" least:"1" most:"1000000" doc:"Refusals in a row after which a destination is called suspended and gets single probes only."`
	AllowPrivateAddress bool       `key:"allow_private_addresses" def:"false" doc:"For labs: deliver to private and loopback addresses, and without TLS."`
}

// Settlement is the policy of the settler.
type Settlement struct {
	Enabled        bool     `key:"enabled" def:"true" doc:"false: deliver and count, but claim nothing."`
	Interval       Duration `key:"interval" def:"\"10m\"" least:"1s" most:"168h" doc:"Least time between settlements."`
	Covers         string   `key:"settle_when_cut_covers" def:"\"3x gas\"" is:"times" doc:"Settle when your 10 % is worth this many times the gas it takes: \"3x gas\", \"1.5x gas\". \"0x gas\" settles whatever it costs, for development chains. A claim whose window is about to close is made as long as it earns its gas."`
	DTXPrice       string   `key:"dtx_price_in_ether" def:"\"\"" is:"decimal" places:"18" least:"0.000000000001" most:"1000" doc:"What one DTX is worth in ether: your own estimate, which settle_when_cut_covers goes by. Needed unless that is \"0x gas\"."`
	MaxFee         string   `key:"max_fee_gwei" def:"\"100\"" is:"decimal" places:"9" least:"0.000000001" most:"100000" doc:"Pay at most this much per gas, in gwei. No settlement offers more than it earns, whatever stands here."`
	DeadlineMargin Duration `key:"deadline_margin" def:"\"0s\"" least:"0s" most:"720h" doc:"When a claim window closes in less than this, a claim waits neither for interval nor for settle_when_cut_covers, if it earns its gas. 0s: a quarter of the window."`
	BumpAfter      Duration `key:"bump_after" def:"\"90s\"" least:"10s" most:"24h" doc:"Replace an unmined transaction after this long by one that offers more and claims what can be claimed by then."`
	Confirmations  uint64   `key:"confirmations" def:"12" least:"1" most:"10000" doc:"Blocks that make a settlement final on chains that know no finality."`
}

// Ledger bounds the store.
type Ledger struct {
	Gather    Duration `key:"gather" def:"\"10ms\"" least:"0s" most:"1s" doc:"Least time between commits under load: what arrives meanwhile shares one. Where little comes nothing waits for it."`
	Retention Duration `key:"retention" def:"\"1080h\"" also:"0s" least:"1h" most:"87600h" doc:"How long the bodies of delivered readings are kept as evidence, and parked parcels for replay: 45 days cover challenge, quorum and review. 0s: no bodies, and parked parcels stay."`
	MaxSize   int64    `key:"max_size" def:"0" also:"0" least:"67108864" most:"17592186044416" doc:"Bytes the file may grow to. 0: no limit. Of them, or of its volume, 16 MiB are kept free for receipts and settlements: where only they are left the bridge takes no uplinks in until there is more (ledger_full)."`
}

// Codec bounds the scripts of listings. Each runs in a process that is ended when it
// overruns.
type Codec struct {
	Workers     int      `key:"workers" def:"2" least:"1" most:"64" doc:"Scripts that run at once: each worker is a process of about 20 MB, started when it is first needed."`
	TimeLimit   Duration `key:"time_limit" def:"\"250ms\"" least:"10ms" most:"10s" doc:"Processor time one run may take. By the clock it is over before eight times this."`
	MemoryLimit int      `key:"memory_limit" def:"33554432" least:"4194304" most:"268435456" doc:"Bytes one run may hold."`
}

// API is the public listener.
type API struct {
	Listen    string `key:"listen" def:"\"127.0.0.1:8180\"" is:"listen" doc:"Address of the public API. Put a TLS proxy before it."`
	PublicURL string `key:"public_url" def:"\"\"" is:"url" of:"http,https" doc:"URL buyers reach it at: sign-ins are bound to its host. Empty: http://<listen>."`

	TrustedProxies []string `key:"trusted_proxies" def:"[]" is:"network" few:"0" many:"64" doc:"Addresses of the TLS proxies before it, such as 127.0.0.1 or 10.0.0.0/8: the last other address in their X-Forwarded-For is whom requests are counted for. Empty: everybody behind a proxy shares one rate."`

	LendNode bool `key:"lend_node" def:"true" doc:"Let owners, buyers and arbiters without an Ethereum node ask the chain of this market, and send what they signed, through the API (POST /v1/chain, --via-api). What has nothing to do with the market and its token is refused."`
}

// Admin is the operator's listener.
type Admin struct {
	Listen string   `key:"listen" def:"\"127.0.0.1:8181\"" is:"listen" doc:"Address of the admin API, /health and /metrics. All but the last two want the token in admin.token in data_dir, which the bridge makes at its first start and the commands read by themselves."`
	Names  []string `key:"names" def:"[]" least:"1" most:"253" few:"0" many:"64" doc:"Names it is called by besides localhost and IP addresses, e.g. the one Prometheus uses. Requests under other names are refused: a web page may have made them."`
}

// Log says how to log.
type Log struct {
	Level  string `key:"level" def:"\"info\"" is:"one" of:"debug,info,warn,error" doc:"How much is told."`
	Format string `key:"format" def:"\"text\"" is:"one" of:"text,json" doc:"How it is written."`
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
	c, err := Parse(text)
	if err != nil && path == "" {
		err = fmt.Errorf("%w\nno configuration was named: give -c FILE, unless the environment is to have every key", err)
	}
	return c, err
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

// defaults are the tables of the default configuration. Nobody changes them.
var defaults = sync.OnceValue(func() map[string]any {
	usual, err := tables(Defaults())
	if err != nil {
		panic("bug: the default configuration does not parse: " + err.Error())
	}
	return usual
})

func parse(text string, check func(*Config) []error) (Config, error) {
	given, err := tables(text)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	var c Config
	r := readerOf(reflect.TypeFor[Config]())
	environment(&r, os.Environ(), given)
	r.Table(reflect.ValueOf(&c).Elem(), given, defaults(), "")
	if len(r.Faults) == 0 {
		r.Faults = check(&c)
	}
	if len(r.Faults) > 0 {
		return Config{}, fmt.Errorf("%w:\n%w", ErrConfig, errors.Join(r.Faults...))
	}
	return c, nil
}

// check finds what is missing, and values that do not go together.
func (c *Config) check() []error {
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Operator.ID == 0 {
		wrong("operator.id is 0, no operator is configured: make its keys with `dbdao-bridge operator init`, register with `dbdao-bridge operator register`, and put the id it prints here")
	}
	if c.Operator.Keystore == "" {
		wrong("operator.keystore is empty: name the signer's keystore file (`dbdao-bridge operator init` makes one)")
	}
	if c.Operator.PasswordFile == "" {
		wrong("operator.password_file is empty: name a file with the keystore's password (`dbdao-bridge operator init` makes one)")
	}
	if c.Chain.Market == "" {
		wrong("chain.market is empty: put the DataMarket's address here")
	}
	if c.Chain.MaxStaleness > 0 && c.Chain.MaxStaleness < 2*c.Chain.PollInterval {
		wrong("chain.max_staleness is shorter than two of chain.poll_interval: deliveries would be held although the node answers")
	}
	if len(c.Sources) == 0 {
		wrong("there is no [[sources]] table: say where uplinks come from")
	}
	names, listeners := map[string]bool{}, map[string]string{c.API.Listen: "api.listen"}
	if other, taken := listeners[c.Admin.Listen]; taken {
		wrong("admin.listen is the address of %s: give each its own", other)
	}
	listeners[c.Admin.Listen] = "admin.listen"
	for i, s := range c.Sources {
		if names[s.Name] {
			wrong("sources[%d].name %q is taken by another source", i, s.Name)
		}
		names[s.Name] = true
		if other, taken := listeners[s.Listen]; taken && s.Kind == KindHTTP {
			wrong("sources[%d].listen is the address of %s: give each its own", i, other)
		}
		faults = append(faults, s.check(i)...)
	}
	return append(faults, c.Settlement.check()...)
}

// check finds what is missing in the policy.
func (s *Settlement) check() []error {
	if times, err := Times(s.Covers); !s.Enabled || s.DTXPrice != "" || err != nil || times.Sign() == 0 {
		return nil
	}
	return []error{errors.New("settlement.dtx_price_in_ether is missing: say what a DTX is worth to you, or, on a development chain, set settle_when_cut_covers = \"0x gas\" to settle at any cost")}
}

// Path names a file in the data folder.
func (c *Config) Path(name string) string { return filepath.Join(c.DataDir, name) }
