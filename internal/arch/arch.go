// Package arch states which package may import which, so that a reading travels
// left to right through the code and never back. Its test holds the tree to it.
package arch

import (
	"slices"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/databrokerdao/dbdao-bridge"

// Order lists the top-level folders; a package imports only folders to its left
// (and its own). internal/* may be imported by all and imports none of these.
var Order = []string{
	"contracts", "lorawan", "hardware-sim", "market", "delivery", "settlement", "ledger",
	"config", "api", "bridge", "cmd",
}

// Only names what a folder may import beside itself and internal, where that is less than all to
// its left: hardware-sim must not share the bridge's idea of how readings are sold.
var Only = map[string][]string{"hardware-sim": {"lorawan"}}

// Houses lists the packages of each folder in an order of its own: of its siblings a package imports
// only those to its left. "." is the folder itself. Every package of a folder has a place.
var Houses = map[string][]string{
	"bridge":       {"health", "meter", "intake", ".", "source", "buyer", "attest", "listings", "app", "setup", "bridgetest"},
	"contracts":    {".", "contractstest"},
	"delivery":     {".", "sinktest", "http", "file", "s3", "mqtt", "amqp", "amqp1", "kafka", "nats", "postgres", "pull", "kinds"},
	"hardware-sim": {"sim", "gwmp", "load", "output", "provision", "scenario", "verify", "chirpstacktest", "chirpstacktest/serve", "."},
	"internal":     {"metrics", "version", "spans", "netguard", "secrets", "terminal", "mqtt", "listener", "manual", "chirpstackapi", "chirpstacktest", "servers", "faulttest", "arch", "tools/bindgen", "tools/chaos", "tools/conformance", "tools/release"},
	"ledger":       {".", "ledgertest"},
	"lorawan":      {"internal/scan", "internal/wire", "codec", "codec/js", ".", "internal/oddity", "internal/format", "chirpstack", "thethings", "thingpark", "gateway", "detect", "inspect"},
	"market":       {"node", "node/nodetest", "offer", ".", "catalogue", "client", "statement"},
	"settlement":   {".", "evidence", "overclaim"},
}

// Refuse says why a package must not import another of this module, or "". Both are folders,
// relative to the module's root.
func Refuse(from, to string) string {
	house, other := top(from), top(to)
	switch {
	case from == to:
		return "" // a test beside its package
	case house == other && house == "cmd":
		return "a command imports no other"
	case house == other:
		return refuseSibling(house, from, to)
	case other == "internal":
		return ""
	case house == "internal":
		return "internal packages import none of the others"
	case slices.Index(Order, house) < 0 || slices.Index(Order, other) < 0:
		return "a folder that has no place in Order"
	case slices.Index(Order, other) > slices.Index(Order, house):
		return "it is to its right"
	case Only[house] != nil && !slices.Contains(Only[house], other):
		return "of ours it imports only " + strings.Join(Only[house], ", ")
	}
	return ""
}

func refuseSibling(house, from, to string) string {
	place := func(folder string) int {
		if folder == house {
			folder = house + "/."
		}
		return slices.Index(Houses[house], strings.TrimPrefix(folder, house+"/"))
	}
	switch {
	case place(from) < 0 || place(to) < 0:
		return "a package that has no place in Houses"
	case place(to) > place(from):
		return "it is to its right in its folder"
	}
	return ""
}

// top is the folder a package is in.
func top(folder string) string { t, _, _ := strings.Cut(folder, "/"); return t }

// Fences name libraries that only some folders may import, so that each can be
// replaced in one place. Test files are free.
var Fences = map[string][]string{
	"github.com/spf13/viper":                            {"config"},
	"go.etcd.io/bbolt":                                  {"ledger"},
	"github.com/tidwall/btree":                          {"ledger"},
	"github.com/brocaar/lorawan":                        {"lorawan", "hardware-sim"},
	"github.com/eclipse/paho.mqtt.golang":               {"internal/mqtt"},
	"github.com/eclipse/paho.golang":                    {"delivery/mqtt"},
	"github.com/minio/minio-go/v7":                      {"delivery/s3"},
	"github.com/jackc/pgx/v5":                           {"delivery/postgres"},
	"github.com/twmb/franz-go":                          {"delivery/kafka"},
	"github.com/nats-io":                                {"delivery/nats"},
	"github.com/rabbitmq/amqp091-go":                    {"delivery/amqp"},
	"github.com/parquet-go/parquet-go":                  {}, // likewise: tests read by it what delivery/file writes
	"github.com/Azure/go-amqp":                          {"delivery/amqp1"},
	"github.com/ethereum/go-ethereum/ethclient":         {"market/node", "market/client", "cmd/dbdao-demo", "cmd/dbdao-ratios"}, // types of simulations, and chains in a process: nodes are asked by market/node
	"github.com/ethereum/go-ethereum/rpc":               {"market/node", "market/client"},
	"github.com/ethereum/go-ethereum/accounts/abi/bind": {"contracts", "market"}, // who sends uses market/client
	"github.com/mochi-mqtt/server/v2":                   {"cmd/dbdao-demo"},
	"github.com/pelletier/go-toml/v2":                   {"hardware-sim/scenario", "market/offer"},
	"google.golang.org/grpc":                            {"hardware-sim/provision", "internal/chirpstacktest"},
	"github.com/gowebpki/jcs":                           {"market/offer"},
	"github.com/danielgtaylor/huma/v2":                  {"api"},
	"github.com/prometheus":                             {}, // and with it protobuf, whose reflection keeps the linker from leaving out what nobody calls: ten megabytes (docs/adr/0017)
	"modernc.org/quickjs":                               {"lorawan/codec/js"},
	"github.com/RoaringBitmap/roaring/v2":               {"market/catalogue"},
}
