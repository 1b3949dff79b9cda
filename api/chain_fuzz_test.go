package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// asked is a node that keeps what it is asked.
type asked struct {
	methods []string
	params  [][]any
}

func (a *asked) Contracts(context.Context) (market, token common.Address, err error) {
	return theMarket, theToken, nil
}

func (a *asked) Client(context.Context, common.Address) (*client.Client, error) { return nil, nil }

func (a *asked) Ask(_ context.Context, method string, params []any) (json.RawMessage, error) {
	a.methods, a.params = append(a.methods, method), append(a.params, params)
	return json.RawMessage(`"0x1"`), nil
}

// Whatever a stranger sends to the lent node: it is answered with JSON, and the node is asked nothing
// but what concerns market and token.
func FuzzQuestionsToTheNode(f *testing.F) {
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`,
		`[{"jsonrpc":"2.0","id":"a","method":"eth_call","params":[{"to":"` + theMarket.Hex() + `","data":"0x01"},"latest"]}]`,
		`{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"TO":"` + theToken.Hex() + `","to":"0x00000000000000000000000000000000000000ee","input":"0x"}]}`,
		`{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"address":["` + theMarket.Hex() + `"],"fromBlock":"0x1","toBlock":"0x2","topics":[null,["0x00"]]}]}`,
		`{"jsonrpc":"2.0","id":null,"method":"eth_feeHistory","params":["0x4","latest",[10,50.5]]}`,
		`{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x10",true]}`,
		`{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x02"]}`,
		`[]`, `{`, `[[]]`, `null`, "\ufeff{}",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := &asked{}
		s := New(Backend{Chain: a, Reporter: &fake{}}, "https://"+domain, slog.New(slog.DiscardHandler))
		answer, err := s.chain(t.Context(), &struct {
			From
			RawBody []byte `contentType:"application/json"`
		}{RawBody: []byte(body)})
		if err == nil && !json.Valid(answer.Body) {
			t.Fatalf("%q is answered with %q", body, answer.Body)
		}
		for i, method := range a.methods {
			concerns := func(to *common.Address) {
				if to == nil || *to != theMarket && *to != theToken {
					t.Fatalf("%s is asked of %v", method, to)
				}
			}
			switch method {
			case "eth_call", "eth_estimateGas":
				concerns(a.params[i][0].(called).To)
			case "eth_getLogs":
				of := a.params[i][0].(map[string]any)["address"].(common.Address)
				concerns(&of)
			case "eth_sendRawTransaction":
				tx := new(types.Transaction)
				if err := tx.UnmarshalBinary(a.params[i][0].(hexutil.Bytes)); err != nil {
					t.Fatal(err)
				}
				concerns(tx.To())
			default:
				if strings.HasPrefix(method, "debug_") || strings.HasPrefix(method, "admin_") || strings.HasPrefix(method, "personal_") || strings.Contains(method, "ccounts") || strings.Contains(method, "ilter") || strings.Contains(method, "ign") {
					t.Fatalf("the node is asked %s", method)
				}
			}
		}
	})
}
