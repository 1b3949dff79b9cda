package bridge

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
)

// Condition is something an operator should know: what `status` and /v1/health show.
type Condition = api.Condition

// Health is the list of conditions that hold now.
type Health struct {
	mu    sync.Mutex
	holds map[[2]string]Condition
	log   *slog.Logger
}

// NewHealth makes an empty list; every change is logged.
func NewHealth(log *slog.Logger) *Health {
	return &Health{holds: map[[2]string]Condition{}, log: log}
}

// Raise says that a condition holds. Raising one that holds keeps its Since and
// is not logged again.
func (h *Health) Raise(c Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{c.Code, c.Subject}
	if old, ok := h.holds[key]; ok {
		c.Since = old.Since
		h.holds[key] = c
		return
	}
	c.Since = time.Now().UTC()
	h.holds[key] = c
	h.log.Warn(c.Text, "code", c.Code, "subject", c.Subject)
}

// Clear says that a condition no longer holds.
func (h *Health) Clear(code, subject string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{code, subject}
	if old, ok := h.holds[key]; ok {
		delete(h.holds, key)
		h.log.Info("recovered", "code", code, "subject", subject, "lasted", time.Since(old.Since).Round(time.Second).String())
	}
}

// Set raises or clears.
func (h *Health) Set(holds bool, c Condition) {
	if holds {
		h.Raise(c)
	} else {
		h.Clear(c.Code, c.Subject)
	}
}

// Conditions lists those that hold, oldest first.
func (h *Health) Conditions() []Condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Condition, 0, len(h.holds))
	for _, c := range h.holds {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	return all
}

// Codes explains every condition: docs/errors.md is made from it.
var Codes = []struct{ Code, Means, Do string }{
	{"broker_down", "A source's MQTT broker is not connected.", "Look at the broker and at the source's url, username and certificates. Uplinks published with QoS 1 wait there."},
	{"subscription_refused", "The broker does not let the bridge's account read a source's topic.", "Allow the account to read it in the broker's access list."},
	{"source_silent", "Nothing arrives on a source: not since it connected, or for much longer than events usually are apart there.", "Run `dbdao-bridge check --listen 30s`: it says what arrives, under which topics. Look at the source's topic, at the broker's access list (brokers grant a subscription and then deliver nothing), at the network server's integration, and whether its gateways are up. It clears with the next event."},
	{"source_unreadable", "What arrives on a source is not a network server's events: the last ones all had another topic, no known form, or a body that names another device.", "Look whether url and topic are the network server's. It clears with the next event that is understood."},
	{"gateway_silent", "One gateway of a source of kind gateway has sent nothing for much longer than it usually does.", "Look at the gateway's power and uplink. It clears with its next message, statistics included."},
	{"session_lost", "The broker had kept no session of the bridge's: what was published while the bridge was away is lost.", "Let the broker keep sessions (Mosquitto: persistence true, and a persistent_client_expiration longer than the bridge may be away), and do not change client_id. Back-fill brings what the network server still has. It clears when the broker has kept a session."},
	{"client_id_taken", "The broker ends the source's connection again and again right after it began: another client uses the same client id, and each throws the other out.", "Stop the other client (a second bridge, or an MQTT tool with this id), or give each its own client_id. It clears when a connection has lasted a minute."},
	{"uplinks_qos0", "The network server publishes with QoS 0, or the broker grants no more: uplinks are lost whenever the bridge is away. It clears when uplinks have come with QoS 1 only for a minute.", "Set qos = 1 in ChirpStack's [integration.mqtt]."},
	{"device_moved", "A bought device's uplinks come from another application than it was first sold from. They are not sold.", "`device ls` tells which it is by its commitment. If it was moved on purpose, vouch for it again: `device attest`. If not, somebody else may have its DevEUI."},
	{"backfill_failing", "A source's network server does not tell which uplinks were missed, or not of all devices.", "Look at the source's backfill.url and backfill.api_key_files: each tenant's devices need a key of that tenant. Nothing is lost that was taken in; gaps stay."},
	{"backfill_lost", "Uplinks that the bridge missed are lost for ever: the network server had dropped them before they could be read. It clears with the next back-fill that loses none.", "Set per_device_event_log_max_history in ChirpStack's [monitoring] to as many events as a device sends while the bridge is away, e.g. 1000, and qos = 1 in its [integration.mqtt]."},
	{"rpc_down", "An Ethereum node does not answer.", "Look at the node. The next one in chain.rpc is used; without one, purchases known so far are served and new ones wait."},
	{"rpc_slow", "An Ethereum node answers, but so slowly that the chain's newest blocks cannot be followed by it.", "Nothing, if it passes: the next node in chain.rpc is used. Else look at the node or at the way to it."},
	{"rpc_limited", "An Ethereum node refuses requests because there were too many, for the second, the day or the month.", "Nothing, if it passes: it is asked more slowly. Else take a larger plan, or name another node in chain.rpc."},
	{"rpc_behind", "An Ethereum node's head moves, but behind another node's.", "Let it catch up, or look at its peers and its machine. The next one is used."},
	{"rpc_frozen", "An Ethereum node's head does not move any more.", "Restart the node or its consensus client. The next one is used; without one, new purchases wait."},
	{"rpc_forked", "An Ethereum node has other blocks than the other nodes, or than this ledger folded as final.", "Look which network and which client version it runs. It is not asked until it agrees again."},
	{"rpc_wrong_chain", "An Ethereum node's chain id, genesis or contract is not ours.", "Correct its URL in chain.rpc. It is not asked until it serves our chain."},
	{"rpc_untrue", "An Ethereum node gave headers that do not fit their hash, or hid logs that receipts prove.", "Use another provider. Nothing was missed: what is proved counts."},
	{"rpc_differs", "Two Ethereum nodes give different logs for one block, and neither gives receipts that prove which are right.", "Name a third node in chain.rpc that serves eth_getBlockReceipts; ask the providers about the block in the text."},
	{"chain_stale", "No node has answered for longer than chain.max_staleness.", "Deliveries are held until one does: bring a node back."},
	{"destination_failing", "A buyer's storage does not accept parcels.", "Nothing, usually: they are tried again as delivery.retry_schedule says, and the buyer sees why with `destination show`."},
	{"bridge_starved", "The bridge lacks something of its own to deliver with: file descriptors, ports or memory. No buyer is blamed; parcels wait.", "Raise the service's limits (LimitNOFILE), or lower delivery.in_flight."},
	{"stream_challenged", "Buyers challenge a stream, fewer than a quorum so far: nothing changes yet.", "See who and until when with `challenge ls --stream N`; look at the device, and have evidence ready (`evidence build`)."},
	{"stream_in_review", "A quorum challenged a stream: the arbiter may rule. Its stake is locked; sales, deliveries and settlement go on.", "Give the arbiter your evidence, and answer with `stream respond`. If he stays silent beyond the deadline the review is over; `challenge expire N` says so on chain."},
	{"settlement_failing", "Settlements do not get through. The subject says what does not work: node, signer, fees, send, refused, reverted, shared or ledger (docs/settlement.md). It stays until that was seen to work.", "Read the text. Nothing delivered is lost before its claim window closes; `earnings` shows what is unclaimed, and why."},
	{"codec_suspended", "A listing's script takes more time or memory than it may, again and again.", "Try the script with codec run and tell its owner. His buyers get bytes if the listing sells them, else nothing; nothing is billed that is not sent."},
	{"codec_down", "Scripts of listings cannot run at all.", "Look whether the service may start processes and sees /proc; readings that need a script are sold without values, or not at all."},
	{"codec_missing", "The script of a listing's codec is not in this ledger.", "Attest the device again with the same --codec-file, or restore a backup."},
	{"catching_up", "The ledger reads what the chain has had so far. Until it is done nobody knows what other ledgers of the operator's sold, so uplinks wait at the broker and nothing is settled.", "Wait: the text says how far it is. A faster node, or one without request limits, shortens it."},
	{"ledger_behind", "The chain paid for readings that this ledger has no receipts for, or the ledger is a restored copy: another ledger of the operator's sold them.", "If you restored a copy or lost a disk: nothing; what is sold now is numbered past the gap and is paid, and evidence names the gap (docs/operations.md). If not: find the other bridge, or whoever has the hot key, and look at `two_bridges`."},
	{"two_bridges", "A settlement for this operator is neither this ledger's nor a claim it signed for a stream's owner.", "Stop the second bridge: two bridges of one operator sell the same readings twice. If you have none, somebody has the hot key: set another signer (`operator set-signer`). One such settlement right after a restore may be what the lost ledger had sent."},
	{"terms_missing", "The terms document of a stream, or of purchases of it, is not in this ledger or cannot be read, so that nothing says what they buy: their readings are withheld and not billed.", "Give the bridge the document whose keccak256 stands in the text: its owner with `terms put FILE --api URL`, or you with `terms put FILE -c CONFIG`; or attest the device again with the same choices. What was withheld meanwhile is not delivered later."},
	{"low_gas", "The hot key has less ether than its next ten settlements may take.", "Send about as much as the text says to the address it names. It clears when the ether is there."},
}
