package node

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum"
)

// Verdict says what to make of a refusal.
type Verdict uint8

// The verdicts. Only Final is an answer; each of the others has a way on.
const (
	Final       Verdict = iota // every node would say so: a revert, a nonce that is too low
	Elsewhere                  // this node cannot tell: ask another
	Slower                     // too many requests: wait, and ask less often
	Narrower                   // too many blocks, or too much in them: ask for fewer
	Fewer                      // too many calls in one request: send fewer
	Unsupported                // the node does not know the method: ask another
)

// String names a verdict as metrics and tests do.
func (v Verdict) String() string {
	return [...]string{"final", "elsewhere", "slower", "narrower", "fewer", "unsupported"}[min(int(v), 5)]
}

// Error is a node's refusal, or that it gave no answer.
type Error struct {
	Node    string
	Method  string
	Verdict Verdict
	Code    int // of JSON-RPC; 0: the node did not get so far
	Status  int // of HTTP; 0: likewise
	Text    string
	Data    any           // what a revert returned, as the node gave it
	Rest    time.Duration // with Slower: leave the node alone for so long
	Rate    float64       // with Slower: calls a second it allows, if it says so
	Cause   error         // of a request without an answer
}

// Error gives the node's words; keys of its URL are taken out.
func (e *Error) Error() string {
	if e.Verdict == Final {
		return e.Text
	}
	return e.Method + ": " + e.Text
}

func (e *Error) Unwrap() error { return e.Cause }

// ErrorCode is the code of JSON-RPC.
func (e *Error) ErrorCode() int { return e.Code }

// ErrorData is what a revert returned.
func (e *Error) ErrorData() any { return e.Data }

// RevertData gives the bytes a call reverted with.
func RevertData(err error) ([]byte, bool) {
	var with interface{ ErrorData() any }
	if !errors.As(err, &with) {
		return nil, false
	}
	text, ok := with.ErrorData().(string)
	if !ok {
		return nil, false
	}
	return decodeHex(strings.TrimPrefix(text, "Reverted ")) // Nethermind, Alchemy
}

func verdictOf(err error) (Verdict, bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Verdict, true
	}
	return 0, false
}

func isMissing(err error) bool { return errors.Is(err, ethereum.NotFound) }

// refusal is what the table judges: the method, how many calls the request had, and the
// words and numbers that came back.
type refusal struct {
	method string
	calls  int
	status int
	code   int
	text   string // message and data, in lower case
}

// rule is one row of the table. A row holds if the method fits and any of its codes,
// statuses or texts is found.
type rule struct {
	verdict Verdict
	method  string // "": any
	batch   bool   // only for requests of several calls
	codes   []int
	status  []int
	texts   []string
	rest    time.Duration
}

const logsMethod = "eth_getLogs"

// rules are looked through in order: the first that holds decides. What a contract says in
// a revert may hold any words, so reverts come first. The words are those of real nodes and
// providers: testdata/refusals.json has them with their sources.
var rules = []rule{
	{verdict: Final, codes: []int{3}, texts: []string{"execution reverted", "vm execution error", "vm exception", "transaction: revert", "always failing transaction", "invalid opcode", "stack underflow"}},
	{verdict: Final, method: "eth_sendRawTransaction", texts: []string{
		"nonce too low", "nonce is too low", "oldnonce", "already known", "alreadyknown", "known transaction", "already imported", "already in mempool",
		"underpriced", "feetoolow", "gas price below", "gas price too low", "max fee per gas less than block base fee",
		"insufficient funds", "insufficientfunds", "upfront cost exceeds", "exceeds the configured cap", "fee cap exceeded",
		"intrinsic gas", "exceeds block gas limit", "gaslimitexceeded", "invalid sender", "invalid signature", "invalid chain id", "wrong chainid", "oversized data",
		"nonce too high", "noncegap", "replacementnotallowed", "ownnoncealreadyused",
	}},
	{verdict: Final, texts: []string{"insufficient funds", "insufficient balance", "out of gas", "gas required exceeds", "intrinsic gas", "max fee per gas less than block base fee"}},

	// A range beyond the node's own head says that it is behind, not that it is too wide.
	{verdict: Elsewhere, method: logsMethod, texts: []string{"beyond current head", "beyond the head", "invalid block range", "block range extends", "in the future", "could not be found"}},
	{verdict: Narrower, method: logsMethod, codes: []int{-32614}, texts: []string{
		"block range", "blocks range", "range is too", "range too large", "exceeds the range", "range limit", "max range", "exceeds limit of", "is limited to a", "blocks distance",
		"returned more than", "returns too many", "max results", "too many results", "too many logs", "too many blocks", "exceeds maximum rpc range",
		"response size", "response too large", "response is too big", "exceeded max limit", "query exceeds", "narrow your filter", "reduce query", "limit the query", "query must be smaller", "query timeout", "execution aborted (timeout", "bigger than range limit", "maximum is set to",
	}},
	{verdict: Fewer, batch: true, codes: []int{-32010, -32011}, status: []int{http.StatusRequestEntityTooLarge}, texts: []string{
		"batch limit", "batch too large", "batch size", "batch request", "max batch", "batching", "batches", "requests in batch", "batch of", "response too large", "response is too big",
	}},
	{verdict: Slower, rest: time.Minute, texts: []string{"daily request count", "monthly capacity", "request limit for free users", "free tier limit", "reached the quota", "exceeded the quota", "quota exceeded", "out of credits", "usage limit"}},
	{verdict: Slower, codes: []int{429, -32005, -32007, -32012, -32016, -32029, -31999}, status: []int{http.StatusTooManyRequests}, texts: []string{
		"rate limit", "too many requests", "request limit reached", "compute units per second", "requests per second", "calls per second", "credits limited", "request rate", "under too much load", "throttle",
	}},
	{verdict: Unsupported, codes: []int{-32601, -32604}, texts: []string{
		"does not exist/is not available", "method not found", "unsupported method", "method not supported", "is not supported", "not whitelisted", "method not enabled", "not included in your current plan", "method is not available", "finalized block not found", "safe block not found",
	}},
	{verdict: Elsewhere, texts: []string{
		"header not found", "header for hash not found", "block not found", "unknown block", "missing trie node", "is missing from the db", "missingtrienode", "no state available", "stateunavailable", "state is not available",
		"state not available", "world state unavailable", "pruned", "historical state", "exceeds maximum proof window", "resource not found", "could not be found", "indexing is in progress",
		"no backend", "upstream", "timeout", "timed out", "internal error", "internal server", "temporarily", "unavailable", "not synced", "sync is still in progress", "method handler crashed", "unauthorized", "forbidden", "api key", "project id",
	}},
	{verdict: Final, codes: []int{-32602}, texts: []string{"invalid argument", "invalid params"}},
}

// judge finds the verdict on a refusal. What no row knows is no answer: another node may
// know better.
func judge(r refusal) (Verdict, time.Duration) {
	for _, row := range rules {
		if row.method != "" && row.method != r.method || row.batch && r.calls < 2 {
			continue
		}
		if slices.Contains(row.codes, r.code) || slices.Contains(row.status, r.status) ||
			slices.ContainsFunc(row.texts, func(t string) bool { return strings.Contains(r.text, t) }) {
			return row.verdict, row.rest
		}
	}
	return Elsewhere, 0
}
