package node

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/trie"
)

var (
	noHash    common.Hash
	noAddress common.Address
)

// Header is what of a block is read. Only where the hash proves them are Bloom and
// Receipts worth anything.
type Header struct {
	Number   uint64
	Time     uint64 // unix seconds
	Hash     common.Hash
	Parent   common.Hash
	Receipts common.Hash // root of the receipts
	Bloom    types.Bloom
	BaseFee  *big.Int // wei; nil: the chain has no EIP-1559
	Proved   bool     // keccak256 of the header's RLP is its hash

	excess bool // it has members this program does not know
}

// headerMembers are those of a block that this program's header knows, and those that are
// no part of a header.
var headerMembers = []string{
	"parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp",
	"extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash", "blockAccessListHash", "slotNumber",
	"hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author", "blockAccessList",
}

// UnmarshalJSON reads a block as eth_getBlockByNumber gives it.
func (h *Header) UnmarshalJSON(b []byte) error {
	var plain struct {
		Number   hexutil.Uint64 `json:"number"`
		Time     hexutil.Uint64 `json:"timestamp"`
		Hash     common.Hash    `json:"hash"`
		Parent   common.Hash    `json:"parentHash"`
		Receipts common.Hash    `json:"receiptsRoot"`
		Bloom    hexutil.Bytes  `json:"logsBloom"`
		BaseFee  *hexutil.Big   `json:"baseFeePerGas"`
	}
	if err := json.Unmarshal(b, &plain); err != nil {
		return err
	}
	if plain.Hash == noHash {
		return fmt.Errorf("it gives a block without a hash")
	}
	*h = Header{Number: uint64(plain.Number), Time: uint64(plain.Time), Hash: plain.Hash, Parent: plain.Parent, Receipts: plain.Receipts, BaseFee: (*big.Int)(plain.BaseFee)}
	if len(plain.Bloom) == types.BloomByteLength {
		h.Bloom = types.BytesToBloom(plain.Bloom)
	}
	var full types.Header
	if json.Unmarshal(b, &full) == nil {
		h.Proved = full.Hash() == h.Hash
	}
	if !h.Proved {
		h.excess = hasExcess(b)
	}
	return nil
}

func hasExcess(b []byte) bool {
	var all map[string]json.RawMessage
	if json.Unmarshal(b, &all) != nil {
		return true
	}
	for name := range all {
		if !slices.Contains(headerMembers, name) {
			return true
		}
	}
	return false
}

// scheme says how a chain makes its block hashes and blooms.
type scheme struct {
	hash  bool // keccak256 of the RLP of Ethereum's header
	bloom bool // covers every log of the block
}

// schemes are chains where it is known, by chain id. Where it is not known, a header
// whose hash does not fit proves nothing, neither for nor against its node.
var schemes = map[uint64]scheme{
	1: {true, true}, 11155111: {true, true}, 560048: {true, true}, 17000: {true, true}, // Ethereum, Sepolia, Hoodi, Holesky
	100: {true, true}, 10200: {true, true}, // Gnosis and Chiado since the merge
	56: {true, true}, 97: {true, true}, // BNB Smart Chain
	137: {true, false}, 80002: {true, false}, // Polygon PoS: the logs of state syncs are in no bloom (l2beat/l2beat#10113)
	10: {true, true}, 8453: {true, true}, // OP Stack: deposits are in receipts and bloom
	1337: {true, true}, 31337: {true, true}, // geth --dev, anvil
	42161: {false, false}, 42170: {false, false}, 421614: {false, false}, // Arbitrum Nitro: ArbOS's own transactions
	324: {false, false}, 300: {false, false}, // ZKsync Era: hashes of its own; providers give zero blooms (across-protocol/relayer#1789)
	42220: {false, false}, 44787: {false, false}, // Celo: header with fewer fields before its move to the OP Stack (celo-org/celo-blockchain#1981)
	1313161554: {false, false},                        // Aurora: zero blooms (aurora-is-near/aurora-relayer#271)
	1329:       {false, false},                        // Sei: blooms that do not fit (sei-protocol/sei-chain#2230)
	314:        {false, false},                        // Filecoin: blooms of all ones (ChainSafe/forest#7151)
	999:        {false, false},                        // HyperEVM: system transactions are not listed
	43114:      {false, false}, 43113: {false, false}, // Avalanche C: headers with more fields
	250: {false, false}, 146: {false, false}, // Fantom, Sonic: hashes of the events, not of headers
	1284: {false, false}, 1285: {false, false}, // Moonbeam, Moonriver: hashes of Substrate's frontier
}

// Trusted tells whether the header's bloom tells which contracts left no log in the block:
// only if the hash proves it, and the chain's blooms cover all logs.
func (c *Client) Trusted(h *Header) bool {
	s, known := schemes[c.id()]
	return h.Proved && (!known || s.bloom)
}

// False tells whether a header contradicts its own hash on a chain where it cannot, and is
// not merely newer than this program. A genesis may be made up in any way.
func (c *Client) False(h *Header) bool {
	return !h.Proved && !h.excess && h.Number > 0 && schemes[c.id()].hash
}

func (c *Client) id() uint64 {
	id, _ := c.Known()
	return id
}

// Header reads a block by a tag or a number in hex. A block the node does not have is
// ethereum.NotFound.
func (n *Node) Header(ctx context.Context, tag string) (*Header, error) {
	var h *Header
	if err := n.get(ctx, &h, "eth_getBlockByNumber", tag, false); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("block %s: %w", tag, ethereum.NotFound)
	}
	if tag == "latest" {
		n.saw(h)
	}
	return h, nil
}

func (n *Node) saw(h *Header) {
	n.mu.Lock()
	n.status.Head, n.status.HeadTime = h.Number, h.Time
	n.mu.Unlock()
}

// Headers reads the blocks of these numbers, in batches as long as the node takes.
func (n *Node) Headers(ctx context.Context, numbers []uint64) ([]*Header, error) {
	hs := make([]*Header, len(numbers))
	params := make([][]any, len(numbers))
	for i, number := range numbers {
		params[i] = []any{hexutil.EncodeUint64(number), false}
	}
	err := n.many(ctx, "eth_getBlockByNumber", params, func(i int, raw json.RawMessage, err error) error {
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &hs[i]); err != nil {
			return err
		}
		if hs[i] == nil {
			return fmt.Errorf("block %d: %w", numbers[i], ethereum.NotFound)
		}
		if hs[i].Number != numbers[i] {
			return fmt.Errorf("it gives block %d for block %d", hs[i].Number, numbers[i])
		}
		return nil
	})
	return hs, err
}

// many makes calls of one method in as many batches as it takes, several at once. each is
// called by one goroutine at a time.
func (n *Node) many(ctx context.Context, method string, params [][]any, each func(i int, result json.RawMessage, err error) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	at := 0
	take := func() (from, to int) {
		mu.Lock()
		defer mu.Unlock()
		from = at
		at = min(len(params), from+int(n.batches.next()))
		return from, at
	}
	for range min(parallel, len(params)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				from, to := take()
				if from == to {
					return
				}
				if err := n.span(ctx, method, params, from, to, &mu, each); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// span sends the calls from from to below to, in smaller batches if the node wants that.
func (n *Node) span(ctx context.Context, method string, params [][]any, from, to int, mu *sync.Mutex, each func(int, json.RawMessage, error) error) error {
	for tries := 0; from < to; {
		upTo := min(to, from+int(n.batches.next()))
		err := n.batch(ctx, method, params[from:upTo], func(i int, raw json.RawMessage, err error) error {
			mu.Lock()
			defer mu.Unlock()
			return each(from+i, raw, err)
		})
		if v, ok := verdictOf(err); ok && v == Fewer && n.batches.refused(uint64(upTo-from)) || n.again(err, &tries) {
			continue
		}
		tries = 0
		if err != nil {
			return err
		}
		n.batches.taken(uint64(upTo - from))
		from = upTo
	}
	return nil
}

// Receipts reads the receipts of a block.
func (n *Node) Receipts(ctx context.Context, block common.Hash) (types.Receipts, error) {
	const method = "eth_getBlockReceipts"
	if !n.supports(method) {
		return nil, &Error{Node: n.name, Method: method, Verdict: Unsupported, Text: "it does not know the method"}
	}
	var all types.Receipts
	err := n.call(ctx, method, []any{block}, func(s *stream) error {
		all = nil
		return s.list(receiptMax, func() error {
			var r types.Receipt
			err := s.dec.Decode(&r)
			all = append(all, &r)
			return err
		})
	})
	n.lacks(method, err)
	return all, err
}

// Receipt reads the receipt of one transaction.
func (n *Node) Receipt(ctx context.Context, tx common.Hash) (*types.Receipt, error) {
	var r *types.Receipt
	err := n.get(ctx, &r, "eth_getTransactionReceipt", tx)
	if err == nil && r == nil {
		err = ethereum.NotFound
	}
	return r, err
}

// Prove reads all logs one contract left in a block from its receipts, from whichever node
// gives them. proved tells that the block's hash vouches for them, so that it does not
// matter who gave them.
func (c *Client) Prove(ctx context.Context, h *Header, contract common.Address) (logs []types.Log, proved bool, err error) {
	err = ErrNoNode
	for _, n := range c.Order() {
		receipts, rerr := n.Receipts(ctx, h.Hash)
		if rerr != nil {
			if ctx.Err() != nil {
				return nil, false, rerr
			}
			continue
		}
		if !h.Proved || types.DeriveSha(receipts, trie.NewStackTrie(nil)) != h.Receipts {
			err = nil // what a node says, for what it is worth
			logs = logsOf(receipts, contract)
			continue
		}
		return logsOf(receipts, contract), true, nil
	}
	return logs, false, err
}

func logsOf(receipts types.Receipts, contract common.Address) []types.Log {
	var logs []types.Log
	for _, r := range receipts {
		for _, l := range r.Logs {
			if l.Address == contract {
				logs = append(logs, *l)
			}
		}
	}
	return logs
}
