package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Chain is the operator's Ethereum nodes as far as others use them.
type Chain interface {
	// Ask puts one question of JSON-RPC and gives the answer as a node wrote it. What the
	// nodes refuse as an answer (a revert, a nonce that is too low) is an error with
	// ErrorCode and, of a revert, ErrorData.
	Ask(ctx context.Context, method string, params []any) (json.RawMessage, error)
	// Contracts are the market and its token.
	Contracts(ctx context.Context) (market, token common.Address, err error)
	// Client prepares transactions of an account.
	Client(ctx context.Context, account common.Address) (*client.Client, error)
}

const chainPath = "/v1/chain"

// What one request to the operator's nodes may be.
const (
	bodyChain   = 256 << 10        // bytes, of which two are a byte of data
	chainBatch  = 100              // questions
	chainData   = 96 << 10         // bytes of what is called or sent
	chainBlocks = 5_000            // of one eth_getLogs
	chainTime   = 20 * time.Second // for all questions of one request
	chainAtOnce = 8                // requests under way
)

// question is a call of JSON-RPC 2.0.
type question struct {
	Version string            `json:"jsonrpc"`
	ID      json.RawMessage   `json:"id"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

// fault is an error of JSON-RPC 2.0.
type fault struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Codes of JSON-RPC 2.0 (section 5.1), and those of Ethereum's nodes: what a contract
// refuses, and everything else a node refuses.
const (
	rpcBroken   = -32700
	rpcInvalid  = -32600
	rpcMethod   = -32601
	rpcParams   = -32602
	rpcInternal = -32603
	rpcReverted = 3
	rpcRefused  = -32000
)

type reply struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *fault          `json:"error,omitempty"`
}

// chain lends the operator's nodes to who has none: JSON-RPC, of which nothing goes through
// but what the market needs. Transactions are made and signed by who sends them.
func (s *Server) chain(ctx context.Context, in *struct {
	From
	RawBody []byte `contentType:"application/json"`
}) (*asWritten, error) {
	if s.b.Chain == nil {
		return nil, notLent()
	}
	all, many, bad := questions(in.RawBody)
	if bad != nil {
		return written(reply{Version: "2.0", ID: json.RawMessage("null"), Error: bad})
	}
	cost := 0
	for _, q := range all {
		cost += q.cost()
	}
	ctx, done, err := s.asks(ctx, in.From, cost)
	if err != nil {
		return nil, err
	}
	defer done()
	replies := make([]reply, len(all))
	for i, q := range all {
		replies[i] = s.answer(ctx, q)
	}
	if many {
		return written(replies)
	}
	return written(replies[0])
}

// asks lets a caller ask the nodes so many questions, when it is his turn.
func (s *Server) asks(ctx context.Context, from From, questions int) (_ context.Context, done func(), err error) {
	who := s.Proxies.callerOf(from)
	for range questions {
		if !s.rates.take("chain "+who, paceChain) || !s.rates.take("chain", paceChains) {
			return ctx, nil, hurried("too many questions to the operator's node: ask again in a second")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, chainTime)
	select {
	case s.asking <- struct{}{}:
		return ctx, func() { <-s.asking; cancel() }, nil
	case <-ctx.Done():
		cancel()
		return ctx, nil, huma.Error503ServiceUnavailable("the operator's node is busy with others' questions: ask again in a few seconds")
	}
}

func written(v any) (*asWritten, error) {
	b, err := json.Marshal(v)
	return &asWritten{"application/json", b}, err
}

// questions reads a request: one question, or a list of them.
func questions(body []byte) (all []question, many bool, bad *fault) {
	body = bytes.TrimSpace(body)
	if many = len(body) > 0 && body[0] == '['; many {
		if json.Unmarshal(body, &all) != nil {
			return nil, many, &fault{Code: rpcBroken, Message: "this is no list of JSON-RPC calls"}
		}
		if len(all) == 0 || len(all) > chainBatch {
			return nil, many, &fault{Code: rpcInvalid, Message: fmt.Sprintf("batch too large: a request holds 1 to %d calls", chainBatch)}
		}
		return all, many, nil
	}
	var one question
	if json.Unmarshal(body, &one) != nil {
		return nil, many, &fault{Code: rpcBroken, Message: "this is no JSON-RPC call"}
	}
	return []question{one}, many, nil
}

// answer puts a question to the nodes, if it is one of those let through.
func (s *Server) answer(ctx context.Context, q question) reply {
	r := reply{Version: "2.0", ID: q.id()}
	market, token, err := s.b.Chain.Contracts(ctx)
	if err != nil {
		r.Error = unheard()
		return r
	}
	params, bad := gate{[]common.Address{market, token}, s.b.Reporter.Operator().ChainID}.open(q)
	if bad != nil {
		r.Error = bad
		return r
	}
	if r.Result, err = s.b.Chain.Ask(ctx, q.Method, params); err != nil {
		r.Result, r.Error = nil, told(err)
	}
	return r
}

// id gives the call's id back, if it is one.
func (q question) id() json.RawMessage {
	var number json.Number
	var text string
	if len(q.ID) == 0 || len(q.ID) > 64 || json.Unmarshal(q.ID, &number) != nil && json.Unmarshal(q.ID, &text) != nil {
		return json.RawMessage("null")
	}
	return q.ID
}

// told says of a node's error what the caller may know.
func told(err error) *fault {
	var refusal interface {
		error
		ErrorCode() int
		ErrorData() any
	}
	if !errors.As(err, &refusal) {
		return unheard()
	}
	data, _ := refusal.ErrorData().(string)
	switch {
	case refusal.ErrorCode() == rpcReverted || data != "":
		return &fault{rpcReverted, refusal.Error(), data}
	case refusal.ErrorCode() != 0:
		return &fault{Code: rpcRefused, Message: refusal.Error()}
	}
	return unheard()
}

func unheard() *fault {
	return &fault{Code: rpcInternal, Message: "the operator's node does not answer now: ask again, or use one of your own (--rpc)"}
}

// gate lets through what the market needs.
type gate struct {
	contracts []common.Address
	chainID   uint64
}

// gates are the methods let through, with what becomes of their parameters.
var gates = map[string]func(g gate, p []json.RawMessage) ([]any, error){
	"eth_chainId":               noParams,
	"net_version":               noParams,
	"eth_blockNumber":           noParams,
	"eth_gasPrice":              noParams,
	"eth_maxPriorityFeePerGas":  noParams,
	"eth_feeHistory":            feeHistory,
	"eth_getBlockByNumber":      func(_ gate, p []json.RawMessage) ([]any, error) { return block(p, blockTag) },
	"eth_getBlockByHash":        func(_ gate, p []json.RawMessage) ([]any, error) { return block(p, hash) },
	"eth_getCode":               ofAccount,
	"eth_getBalance":            ofAccount,
	"eth_getTransactionCount":   ofAccount,
	"eth_getTransactionReceipt": ofTransaction,
	"eth_getTransactionByHash":  ofTransaction,
	"eth_call":                  gate.call,
	"eth_estimateGas":           gate.call,
	"eth_getLogs":               gate.logs,
	"eth_sendRawTransaction":    gate.send,
}

// open gives the parameters of a question that is let through.
func (g gate) open(q question) ([]any, *fault) {
	read, known := gates[q.Method]
	switch {
	case q.Version != "2.0" || q.Method == "":
		return nil, &fault{Code: rpcInvalid, Message: `a call says "jsonrpc": "2.0" and names its method`}
	case !known:
		return nil, &fault{Code: rpcMethod, Message: "the operator's node is lent for the market alone, and this method is not needed there: use a node of your own (--rpc)"}
	}
	params, err := read(g, q.Params)
	if err != nil {
		return nil, &fault{Code: rpcParams, Message: err.Error()}
	}
	return params, nil
}

func noParams(_ gate, p []json.RawMessage) ([]any, error) {
	if len(p) != 0 {
		return nil, errors.New("the method takes no parameters")
	}
	return []any{}, nil
}

// text reads a string that f accepts.
func text(raw json.RawMessage, f func(string) bool, want string) (any, error) {
	var s string
	if json.Unmarshal(raw, &s) != nil || !f(s) {
		return nil, errors.New("it takes " + want)
	}
	return s, nil
}

func isHex(bytes int) func(string) bool {
	return func(s string) bool {
		b, err := hexutil.Decode(s)
		return err == nil && len(b) == bytes
	}
}

func hash(raw json.RawMessage) (any, error) {
	return text(raw, isHex(common.HashLength), "a hash: 0x and 64 hexadecimal digits")
}

func account(raw json.RawMessage) (any, error) {
	return text(raw, isHex(common.AddressLength), "an address: 0x and 40 hexadecimal digits")
}

func blockTag(raw json.RawMessage) (any, error) {
	return text(raw, func(s string) bool {
		_, err := hexutil.DecodeUint64(s)
		return err == nil || slices.Contains([]string{"latest", "pending", "safe", "finalized", "earliest"}, s)
	}, "a block's number, or latest, pending, safe, finalized or earliest")
}

// at is a block's tag that may be left out.
func at(p []json.RawMessage, i int) (any, error) {
	if len(p) <= i {
		return "latest", nil
	}
	return blockTag(p[i])
}

// block asks for a block. Libraries ask for its transactions too, to see whether another took the place of
// one that they wait for.
func block(p []json.RawMessage, which func(json.RawMessage) (any, error)) ([]any, error) {
	var full bool
	if len(p) < 1 || len(p) > 2 || len(p) == 2 && json.Unmarshal(p[1], &full) != nil {
		return nil, errors.New("it takes a block, and whether its transactions are wanted")
	}
	v, err := which(p[0])
	return []any{v, full}, err
}

// cost is for how many questions one counts: a block with its transactions is long.
func (q question) cost() int {
	if strings.HasPrefix(q.Method, "eth_getBlockBy") && len(q.Params) == 2 && string(q.Params[1]) == "true" {
		return 20
	}
	return 1
}

func ofAccount(_ gate, p []json.RawMessage) ([]any, error) {
	if len(p) < 1 || len(p) > 2 {
		return nil, errors.New("it takes an address and a block")
	}
	a, err := account(p[0])
	b, berr := at(p, 1)
	return []any{a, b}, errors.Join(err, berr)
}

func ofTransaction(_ gate, p []json.RawMessage) ([]any, error) {
	if len(p) != 1 {
		return nil, errors.New("it takes the hash of a transaction")
	}
	h, err := hash(p[0])
	return []any{h}, err
}

func feeHistory(_ gate, p []json.RawMessage) ([]any, error) {
	wrong := errors.New("it takes a number of blocks up to 64, the newest block, and up to 8 percentiles")
	if len(p) < 2 || len(p) > 3 {
		return nil, wrong
	}
	var percentiles []float64
	var count uint64
	if json.Unmarshal(p[0], &count) != nil && json.Unmarshal(p[0], (*hexutil.Uint64)(&count)) != nil { // some write it as a number
		return nil, wrong
	}
	if count == 0 || count > 64 || len(p) == 3 && json.Unmarshal(p[2], &percentiles) != nil || len(percentiles) > 8 {
		return nil, wrong
	}
	newest, err := blockTag(p[1])
	return []any{hexutil.EncodeUint64(count), newest, append([]float64{}, percentiles...)}, err
}

// called is what is told of a call. What is not here is refused.
type called struct {
	From     *common.Address `json:"from,omitempty"`
	To       *common.Address `json:"to"`
	Input    hexutil.Bytes   `json:"input,omitempty"`
	Data     hexutil.Bytes   `json:"data,omitempty"`
	Gas      *hexutil.Uint64 `json:"gas,omitempty"`
	Value    *hexutil.Big    `json:"value,omitempty"`
	Nonce    *hexutil.Uint64 `json:"nonce,omitempty"`
	Type     *hexutil.Uint64 `json:"type,omitempty"`
	ChainID  *hexutil.Big    `json:"chainId,omitempty"`
	GasPrice *hexutil.Big    `json:"gasPrice,omitempty"`
	MaxFee   *hexutil.Big    `json:"maxFeePerGas,omitempty"`
	Tip      *hexutil.Big    `json:"maxPriorityFeePerGas,omitempty"`
}

// call reads eth_call and eth_estimateGas: of market or token, with as much gas as a
// transaction may have.
func (g gate) call(p []json.RawMessage) ([]any, error) {
	if len(p) < 1 || len(p) > 2 {
		return nil, errors.New("it takes a call and a block: state cannot be changed for it")
	}
	var c called
	d := json.NewDecoder(bytes.NewReader(p[0]))
	d.DisallowUnknownFields()
	if d.Decode(&c) != nil {
		return nil, errors.New("it takes a call with from, to, data, and what it may cost")
	}
	if err := g.meant(c.To, len(c.Input)+len(c.Data)); err != nil {
		return nil, err
	}
	most := hexutil.Uint64(contracts.TxGasMax)
	if c.Gas == nil || *c.Gas > most {
		c.Gas = &most
	}
	b, err := at(p, 1)
	return []any{c, b}, err
}

// meant makes sure that a call is one of market or token.
func (g gate) meant(to *common.Address, length int) error {
	switch {
	case to == nil || !slices.Contains(g.contracts, *to):
		return fmt.Errorf("the operator's node is lent for the market %s and its token alone: for anything else use a node of your own (--rpc)", g.contracts[0])
	case length > chainData:
		return fmt.Errorf("the data has %d bytes, at most %d: send several transactions", length, chainData)
	}
	return nil
}

// logs reads eth_getLogs: of market or token, of some blocks.
func (g gate) logs(p []json.RawMessage) ([]any, error) {
	if len(p) != 1 {
		return nil, errors.New("it takes one filter")
	}
	var f struct {
		Address json.RawMessage `json:"address"`
		From    string          `json:"fromBlock"`
		To      string          `json:"toBlock"`
		Hash    *common.Hash    `json:"blockHash"`
		Topics  json.RawMessage `json:"topics"`
	}
	d := json.NewDecoder(bytes.NewReader(p[0]))
	d.DisallowUnknownFields()
	var of common.Address
	var list []common.Address
	if d.Decode(&f) != nil || json.Unmarshal(f.Address, &of) != nil && (json.Unmarshal(f.Address, &list) != nil || len(list) != 1) {
		return nil, errors.New("it takes a filter with address, fromBlock and toBlock or blockHash, and topics")
	}
	if len(list) == 1 {
		of = list[0]
	}
	if err := g.meant(&of, len(f.Topics)); err != nil {
		return nil, err
	}
	filter := map[string]any{"address": of}
	if len(f.Topics) > 0 {
		filter["topics"] = f.Topics
	}
	if f.Hash != nil {
		filter["blockHash"] = f.Hash
		return []any{filter}, nil
	}
	from, err := hexutil.DecodeUint64(f.From)
	to, terr := hexutil.DecodeUint64(f.To)
	if err != nil || terr != nil || to < from {
		return nil, errors.New("fromBlock and toBlock are numbers of blocks, 0x…")
	}
	if to-from >= chainBlocks {
		return nil, fmt.Errorf("query exceeds max block range %d", chainBlocks) // in the words that programs read
	}
	filter["fromBlock"], filter["toBlock"] = f.From, f.To
	return []any{filter}, nil
}

// send reads eth_sendRawTransaction: to market or token, of this chain, with no blobs.
func (g gate) send(p []json.RawMessage) ([]any, error) {
	var raw hexutil.Bytes
	var tx types.Transaction
	if len(p) != 1 || len(p[0]) > 4*chainData || json.Unmarshal(p[0], &raw) != nil || tx.UnmarshalBinary(raw) != nil || tx.Type() == types.BlobTxType {
		return nil, errors.New("it takes a signed transaction, 0x…, without blobs")
	}
	if id := tx.ChainId(); !id.IsUint64() || id.Uint64() != g.chainID {
		return nil, fmt.Errorf("the transaction is for another chain: this is %d", g.chainID)
	}
	if err := g.meant(tx.To(), len(tx.Data())); err != nil {
		return nil, err
	}
	return []any{raw}, nil
}
