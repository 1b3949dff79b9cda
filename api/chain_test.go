package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

var (
	theMarket = common.HexToAddress("0x00000000000000000000000000000000000000d1")
	theToken  = common.HexToAddress("0x00000000000000000000000000000000000000d2")
)

// lent is a node that says what it was asked.
type lent struct {
	mu    sync.Mutex
	asked []string
	err   error
	late  chan struct{}
	of    func(context.Context, common.Address) (*client.Client, error)
}

func (l *lent) Contracts(context.Context) (market, token common.Address, err error) {
	return theMarket, theToken, nil
}

func (l *lent) Client(ctx context.Context, account common.Address) (*client.Client, error) {
	if l.of == nil {
		return nil, node.ErrNoNode
	}
	return l.of(ctx, account)
}

func (l *lent) Ask(ctx context.Context, method string, params []any) (json.RawMessage, error) {
	if l.late != nil {
		select {
		case <-l.late:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if l.err != nil {
		return nil, l.err
	}
	b, err := json.Marshal(params)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, method+string(b))
	return json.RawMessage(`"0x1"`), err
}

func (st *stage) question(t *testing.T, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "https://"+domain+"/v1/chain", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	st.s.Public().ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func signedTo(t *testing.T, to *common.Address, chain int64, data []byte) string {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(chain)), &types.DynamicFeeTx{ChainID: big.NewInt(chain), To: to, Data: data, Gas: 21_000})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return hexutil.Encode(raw)
}

// The operator's node answers what the market needs and nothing else.
func TestANodeIsLentForTheMarketAlone(t *testing.T) {
	other := common.HexToAddress("0x00000000000000000000000000000000000000ee")
	long := "0x" + strings.Repeat("00", chainData+1)
	a, h := "0x00000000000000000000000000000000000000aa", "0x"+strings.Repeat("11", 32)
	for _, row := range []struct {
		method, params string
		reaches        string // what the node is asked; "": it is not
	}{
		{"eth_chainId", `[]`, `eth_chainId[]`},
		{"eth_chainId", `null`, `eth_chainId[]`},
		{"eth_chainId", `["0x1"]`, ``},
		{"eth_blockNumber", `[]`, `eth_blockNumber[]`},
		{"eth_feeHistory", `["0x4","latest",[10,50]]`, `eth_feeHistory["0x4","latest",[10,50]]`},
		{"eth_feeHistory", `[20,"latest"]`, `eth_feeHistory["0x14","latest",[]]`},
		{"eth_feeHistory", `["0x400","latest",[]]`, ``},
		{"eth_getBlockByNumber", `["latest",false]`, `eth_getBlockByNumber["latest",false]`},
		{"eth_getBlockByNumber", `["0x10"]`, `eth_getBlockByNumber["0x10",false]`},
		{"eth_getBlockByNumber", `["latest",true]`, `eth_getBlockByNumber["latest",true]`},
		{"eth_getBlockByNumber", `["latest","true"]`, ``},
		{"eth_getBlockByNumber", `["newest",false]`, ``},
		{"eth_getBlockByHash", `["` + h + `",false]`, `eth_getBlockByHash["` + h + `",false]`},
		{"eth_getBalance", `["` + a + `","latest"]`, `eth_getBalance["` + a + `","latest"]`},
		{"eth_getBalance", `["` + a[:20] + `","latest"]`, ``},
		{"eth_getCode", `["` + a + `"]`, `eth_getCode["` + a + `","latest"]`},
		{"eth_getTransactionCount", `["` + a + `","pending"]`, `eth_getTransactionCount["` + a + `","pending"]`},
		{"eth_getTransactionReceipt", `["` + h + `"]`, `eth_getTransactionReceipt["` + h + `"]`},
		{"eth_call", `[{"to":"` + theMarket.Hex() + `","data":"0x01"},"latest"]`, `eth_call[{"to":"` + strings.ToLower(theMarket.Hex()) + `","data":"0x01","gas":"0x1000000"},"latest"]`},
		{"eth_call", `[{"to":"` + theToken.Hex() + `","input":"0x01","gas":"0xffffffff"},"0x5"]`, `eth_call[{"to":"` + strings.ToLower(theToken.Hex()) + `","input":"0x01","gas":"0x1000000"},"0x5"]`},
		{"eth_call", `[{"to":"` + other.Hex() + `","data":"0x01"},"latest"]`, ``},
		{"eth_call", `[{"data":"0x6000"},"latest"]`, ``},
		{"eth_call", `[{"to":"` + theMarket.Hex() + `","data":"0x01"},"latest",{"` + theMarket.Hex() + `":{"code":"0x"}}]`, ``}, // state overrides
		{"eth_call", `[{"to":"` + theMarket.Hex() + `","accessList":[]},"latest"]`, ``},
		{"eth_call", `[{"to":"` + theMarket.Hex() + `","data":"` + long + `"},"latest"]`, ``},
		{"eth_estimateGas", `[{"to":"` + theMarket.Hex() + `","data":"0x01"}]`, `eth_estimateGas[{"to":"` + strings.ToLower(theMarket.Hex()) + `","data":"0x01","gas":"0x1000000"},"latest"]`},
		{"eth_getLogs", `[{"address":"` + theMarket.Hex() + `","fromBlock":"0x1","toBlock":"0x10"}]`, `eth_getLogs[{"address":"` + strings.ToLower(theMarket.Hex()) + `","fromBlock":"0x1","toBlock":"0x10"}]`},
		{"eth_getLogs", `[{"fromBlock":"0x1","toBlock":"0x10"}]`, ``},
		{"eth_getLogs", `[{"address":["` + theMarket.Hex() + `","` + other.Hex() + `"],"fromBlock":"0x1","toBlock":"0x10"}]`, ``},
		{"eth_getLogs", `[{"address":"` + theMarket.Hex() + `","fromBlock":"0x1","toBlock":"0x100000"}]`, ``},
		{"eth_getLogs", `[{"address":"` + theMarket.Hex() + `","fromBlock":"earliest","toBlock":"latest"}]`, ``},
		{"eth_sendRawTransaction", `["` + signedTo(t, &theMarket, 1337, []byte{1}) + `"]`, `eth_sendRawTransaction`},
		{"eth_sendRawTransaction", `["` + signedTo(t, &theMarket, 1, []byte{1}) + `"]`, ``},
		{"eth_sendRawTransaction", `["` + signedTo(t, &other, 1337, []byte{1}) + `"]`, ``},
		{"eth_sendRawTransaction", `["` + signedTo(t, nil, 1337, []byte{1}) + `"]`, ``},
		{"eth_sendRawTransaction", `["0x"]`, ``},
		{"eth_accounts", `[]`, ``},
		{"eth_sendTransaction", `[{}]`, ``},
		{"eth_sign", `[]`, ``},
		{"eth_newFilter", `[{}]`, ``},
		{"eth_subscribe", `["newHeads"]`, ``},
		{"eth_simulateV1", `[{}]`, ``},
		{"debug_traceCall", `[]`, ``},
		{"personal_listAccounts", `[]`, ``},
		{"admin_peers", `[]`, ``},
		{"", `[]`, ``},
	} {
		t.Run(row.method+row.params[:min(len(row.params), 40)], func(t *testing.T) {
			st, l := newStage(t), &lent{}
			st.s.b.Chain = l
			code, answer := st.question(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":%s}`, row.method, row.params))
			if code != 200 || !strings.Contains(answer, `"id":7`) {
				t.Fatalf("%d %s", code, answer)
			}
			if row.reaches == "" {
				if len(l.asked) > 0 || !strings.Contains(answer, `"error"`) {
					t.Fatalf("the node was asked %q, the answer is %s", l.asked, answer)
				}
				return
			}
			if len(l.asked) != 1 || !strings.HasPrefix(l.asked[0], row.reaches) || !strings.Contains(answer, `"result":"0x1"`) {
				t.Errorf("the node was asked\n%q\nwanted\n%q\n%s", l.asked, row.reaches, answer)
			}
		})
	}
}

func TestWhatIsNoCallIsRefused(t *testing.T) {
	st := newStage(t)
	st.s.b.Chain = &lent{}
	one := `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`
	for body, want := range map[string]string{
		``:                                `"code":-32700`,
		`{`:                               `"code":-32700`,
		`[]`:                              `"code":-32600`,
		`[1]`:                             `"code":-32700`,
		`{"id":1,"method":"eth_chainId"}`: `"code":-32600`,
		`{"jsonrpc":"2.0","id":{"a":1},"method":"eth_chainId"}`:       `"id":null`,
		`{"jsonrpc":"2.0","id":"x","method":"eth_chainId"}`:           `"id":"x","result":"0x1"`,
		`[` + one + `,` + one + `]`:                                   `,{"jsonrpc"`,
		`[` + strings.Repeat(one+`,`, chainBatch) + one + `]`:         `"code":-32600`,
		`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}`: `"code":-32700`,
	} {
		if code, answer := st.question(t, body); code != 200 && code != 400 || code == 200 && !strings.Contains(answer, want) {
			t.Errorf("%.60s: %d %s, wanted %s", body, code, answer, want)
		}
	}
}

// What the nodes say of themselves stays with the operator; what they say of the call goes to
// who made it.
func TestANodesOwnTroublesAreNotShown(t *testing.T) {
	for _, row := range []struct {
		err        error
		want, hide string
	}{
		{&node.Error{Verdict: node.Final, Code: 3, Text: "execution reverted", Data: "0x08c379a0"}, `"code":3,"message":"execution reverted","data":"0x08c379a0"`, "nothing"},
		{&node.Error{Verdict: node.Final, Code: -32000, Text: "nonce too low"}, `"code":-32000,"message":"nonce too low"`, "nothing"},
		{fmt.Errorf("%w (secret.example: 401 key abc)", node.ErrNoNode), `"code":-32603`, "secret"},
		{errors.New("dial tcp 10.0.0.7:8545: refused"), `"code":-32603`, "10.0.0.7"},
	} {
		st := newStage(t)
		st.s.b.Chain = &lent{err: row.err}
		code, answer := st.question(t, `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`)
		if code != 200 || !strings.Contains(answer, row.want) || strings.Contains(answer, row.hide) {
			t.Errorf("%v: %d %s", row.err, code, answer)
		}
	}
}

// One who asks too much is told so, and others are answered; a node that hangs holds up no more
// than a few requests, for a while.
func TestOneCallerDoesNotUseTheNodeUp(t *testing.T) {
	st := newStage(t)
	st.s.b.Chain = &lent{}
	defer func(usual pace) { paceChain = usual }(paceChain)
	paceChain = pace{1e-9, paceChain.burst} // however slow the machine is, nothing is given back meanwhile
	batch := `[` + strings.TrimSuffix(strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},`, 100), ",") + `]`
	codes := map[int]int{}
	for range 10 {
		code, _ := st.question(t, batch)
		codes[code]++
	}
	if codes[200] != 3 || codes[429] != 7 {
		t.Errorf("answers by code: %v, wanted three batches of a hundred taken", codes)
	}
	st.s.rates = newRates()
	full := `[` + strings.TrimSuffix(strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",true]},`, 20), ",") + `]`
	if code, _ := st.question(t, full); code != 429 {
		t.Errorf("twenty blocks with their transactions are taken for twenty questions: %d", code)
	}
	st.s.rates = newRates()
	l := &lent{late: make(chan struct{})}
	st.s.b.Chain = l
	done := make(chan int, chainAtOnce)
	for range chainAtOnce {
		go func() {
			code, _ := st.question(t, `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`)
			done <- code
		}()
	}
	for deadline := time.Now().Add(time.Minute); len(st.s.asking) < chainAtOnce && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := st.s.chain(ctx, &struct {
		From
		RawBody []byte `contentType:"application/json"`
	}{RawBody: []byte(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`)}); err == nil || !strings.Contains(err.Error(), "busy") {
		t.Errorf("beside %d requests that wait: %v", chainAtOnce, err)
	}
	close(l.late)
	for range chainAtOnce {
		if code := <-done; code != 200 {
			t.Errorf("a request that waited: %d", code)
		}
	}
}
