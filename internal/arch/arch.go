// Package arch states which package may import which, so that a reading travels
// left to right through the code and never back. Its test holds the tree to it.
package arch

// Module is the path of this module.
const Module = "github.com/databrokerdao/dbdao-bridge"

// Order lists the top-level folders; a package imports only folders to its left
// (and its own). internal/* may be imported by all and imports none of these.
var Order = []string{
	"contracts", "lorawan", "market", "delivery", "settlement", "ledger",
	"config", "api", "bridge", "hardware-sim", "cmd",
}

// Only names what a folder may import beside itself and internal, where that is less than all to
// its left: hardware-sim must not share the bridge's idea of how readings are sold.
var Only = map[string][]string{"hardware-sim": {"lorawan"}}

// Fences name libraries that only some folders may import, so that each can be
// replaced in one place. Test files are free.
var Fences = map[string][]string{
	"github.com/spf13/viper":                            {"config"},
	"go.etcd.io/bbolt":                                  {"ledger"},
	"github.com/brocaar/lorawan":                        {"lorawan", "hardware-sim"},
	"github.com/eclipse/paho.mqtt.golang":               {"internal/mqtt"},
	"github.com/eclipse/paho.golang":                    {"delivery/mqtt"},
	"github.com/minio/minio-go/v7":                      {"delivery/s3"},
	"github.com/jackc/pgx/v5":                           {"delivery/postgres"},
	"github.com/twmb/franz-go":                          {"delivery/kafka"},
	"github.com/nats-io":                                {"delivery/nats"},
	"github.com/rabbitmq/amqp091-go":                    {"delivery/amqp"},
	"github.com/parquet-go/parquet-go":                  {"delivery/file"},
	"github.com/Azure/go-amqp":                          {"delivery/amqp1"},
	"github.com/ethereum/go-ethereum/ethclient":         {"market/node", "market/client", "cmd/dbdao-demo", "cmd/dbdao-ratios"}, // types of simulations, and chains in a process: nodes are asked by market/node
	"github.com/ethereum/go-ethereum/rpc":               {"market/node", "market/client"},
	"github.com/ethereum/go-ethereum/accounts/abi/bind": {"contracts", "market"}, // who sends uses market/client
	"github.com/mochi-mqtt/server/v2":                   {"cmd/dbdao-demo"},
	"github.com/pelletier/go-toml/v2":                   {"hardware-sim/scenario"},
	"google.golang.org/grpc":                            {"hardware-sim/provision", "internal/chirpstacktest"},
	"github.com/danielgtaylor/huma/v2":                  {"api"},
	"github.com/prometheus/client_golang":               {"bridge", "api"},
	"modernc.org/quickjs":                               {"lorawan/codec/js"},
}
