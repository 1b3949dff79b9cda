package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// txBodies is a sound body for each transaction that is prepared.
var txBodies = map[string]string{
	"list": `{"from":"0x00000000000000000000000000000000000000aa","listings":[{"operator":1,"owner":"0x00000000000000000000000000000000000000aa","device":"` + zeroes + `","proof_kind":0,"nonce":0,"deadline":1,` +
		`"signature":"0x01","price":10,"interval":1,"terms":"` + zeroes + `","stake_dtx":"100"}]}`,
	"price":          `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"price":10,"interval":60}`,
	"terms":          `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"terms":"` + zeroes + `"}`,
	"restricted":     `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"restricted":true}`,
	"allow":          `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"buyers":["0x00000000000000000000000000000000000000bb"],"allow":true}`,
	"stake":          `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"add_dtx":"50"}`,
	"close":          `{"from":"0x00000000000000000000000000000000000000aa","stream":1}`,
	"withdraw-stake": `{"from":"0x00000000000000000000000000000000000000aa","stream":1}`,
	"buy":            `{"from":"0x00000000000000000000000000000000000000aa","orders":[{"stream":1,"duration":"1h"}]}`,
	"extend":         `{"from":"0x00000000000000000000000000000000000000aa","purchase":1,"end":"2027-01-01T00:00:00Z"}`,
	"cancel":         `{"from":"0x00000000000000000000000000000000000000aa","purchases":[1]}`,
	"finish":         `{"from":"0x00000000000000000000000000000000000000aa","purchases":[1]}`,
	"withdraw":       `{"from":"0x00000000000000000000000000000000000000aa"}`,
	"challenge":      `{"from":"0x00000000000000000000000000000000000000aa","purchase":1,"evidence_hash":"` + zeroes + `"}`,
	"respond":        `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"round":1,"response_hash":"` + zeroes + `"}`,
	"rule":           `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"round":1,"verdict":"rejected","ruling_hash":"` + zeroes + `"}`,
	"redeem":         `{"from":"0x00000000000000000000000000000000000000aa","stream":1,"round":1}`,
	"expire":         `{"from":"0x00000000000000000000000000000000000000aa","stream":1}`,
}

const zeroes = "0x0000000000000000000000000000000000000000000000000000000000000000"

// browser is somebody with a wallet and a browser, who reads JSON and nothing else.
type browser struct {
	t *testing.T
	s *Server
	y *contractstest.Yard

	paced bool // else every request comes when the former ones are forgotten
}

func (b *browser) post(action, body string) (code int, answer map[string]any) {
	b.t.Helper()
	if !b.paced {
		b.s.rates = newRates()
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "https://"+domain+"/v1/tx/"+action, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	b.s.Public().ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		b.t.Fatalf("%s: %s: %v", action, w.Body, err)
	}
	return w.Code, answer
}

// signs has the wallet of somebody sign and send what was prepared, and gives how many transactions it was.
func (b *browser) signs(who int, action, body string) int {
	b.t.Helper()
	code, answer := b.post(action, body)
	if code != http.StatusOK {
		b.t.Fatalf("%s: %d %v", action, code, answer)
	}
	then, _ := answer["then"].([]any)
	for _, tx := range append([]any{answer}, then...) {
		tx := tx.(map[string]any)
		if tx["value"] != "0" || tx["explains"] == "" || !strings.EqualFold(tx["from"].(string), b.y.Addr(who).Hex()) {
			b.t.Errorf("%s: %v", action, tx)
		}
		to := common.HexToAddress(tx["to"].(string))
		if r := b.y.Send(who, &to, hexutil.MustDecode(tx["data"].(string))); r.Status != types.ReceiptStatusSuccessful {
			b.t.Fatalf("%s: it reverted: %v", action, tx)
		}
	}
	return 1 + len(then)
}

// dtx is what somebody has of the token, in wei.
func (b *browser) dtx(who int) *big.Int {
	b.t.Helper()
	out, err := b.y.Client.CallContract(b.t.Context(), ethereum.CallMsg{To: &b.y.D.Token, Data: contracts.NewDTX().PackBalanceOf(b.y.Addr(who))}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return new(big.Int).SetBytes(out)
}

// spent runs something and gives what somebody has less after it, in wei.
func (b *browser) spent(who int, f func()) string {
	b.t.Helper()
	before := b.dtx(who)
	f()
	return new(big.Int).Sub(before, b.dtx(who)).String()
}

// refused makes sure that something cannot be prepared, and that the sentence says what is in the way.
func (b *browser) refused(action, body, says string) {
	b.t.Helper()
	if code, answer := b.post(action, body); code != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer["detail"]), says) {
		b.t.Errorf("%s: %d %v, want 422 and %q", action, code, answer, says)
	}
}

func newBrowser(t *testing.T, people int) *browser {
	y := contractstest.New(t, people, false)
	nodes, err := node.New(node.Config{URLs: []string{y.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Close)
	st := newStage(t)
	st.s.b.Chain = &lent{of: func(ctx context.Context, account common.Address) (*client.Client, error) {
		return client.New(ctx, nodes, y.D.Market, account)
	}}
	return &browser{t: t, s: st.s, y: y}
}

// A browser with a wallet does everything that owners, buyers and challengers do, without a program of
// ours and without a key leaving the wallet; every wei is accounted for.
func TestABrowserPlaysAllRoles(t *testing.T) {
	const owner, buyer = 2, 3
	b := newBrowser(t, 3)
	y := b.y
	of := func(who int, rest string) string { return fmt.Sprintf(`{"from":"%s",%s}`, y.Addr(who), rest) }
	device := crypto.Keccak256Hash([]byte("a device"))
	claim := contracts.DeviceClaim{Operator: 1, Owner: y.Addr(owner), Device: device, Deadline: y.Now() + 80_000}
	digest, err := contracts.DeviceClaimHash(y.ID, y.D.Market, claim)
	word := hexutil.Encode(y.Sign(1, digest, err))
	listing := of(owner, fmt.Sprintf(`"listings":[{"operator":1,"owner":"%s","device":"%s","proof_kind":0,"nonce":0,"deadline":%d,"signature":"%s","price":1000,"interval":60,"terms":"%s","stake_dtx":"150.5"}]`,
		y.Addr(owner), device, claim.Deadline, word, y.Terms))
	if n := b.spent(owner, func() { b.signs(owner, "list", listing) }); n != "150500000000000000000" {
		t.Errorf("listing took %s wei", n)
	}
	b.refused("list", strings.Replace(listing, `"from":"`+y.Addr(owner).Hex(), `"from":"`+y.Addr(buyer).Hex(), 1), "another account")
	if n := b.spent(owner, func() { b.signs(owner, "stake", of(owner, `"stream":1,"add_dtx":"49.5"`)) }); n != "49500000000000000000" {
		t.Errorf("more stake took %s wei", n)
	}
	b.signs(owner, "price", of(owner, `"stream":1,"price":2000,"interval":60`))
	b.signs(owner, "terms", of(owner, `"stream":1,"terms":"`+common.Hash{2}.Hex()+`"`))
	b.signs(owner, "restricted", of(owner, `"stream":1,"restricted":true`))
	b.refused("price", of(buyer, `"stream":1,"price":10,"interval":60`), "owner")

	// An order: first it is not allowed, then too dear, then not what was agreed.
	order := func(more string) string {
		return of(buyer, `"orders":[{"stream":1,"duration":"1h"`+more+`}]`)
	}
	b.refused("buy", order(""), "allow")
	b.signs(owner, "allow", of(owner, `"stream":1,"allow":true,"buyers":["`+y.Addr(buyer).Hex()+`"]`))
	b.refused("buy", strings.TrimSuffix(order(""), "}")+`,"most_dtx":"0.1"}`, "at most 0.1 DTX")
	b.refused("buy", order(`,"price":1000,"interval":60,"terms":"`+y.Terms.Hex()+`"`), "not the one you agreed to")
	b.refused("buy", order(`,"price":1000`), "together")
	b.refused("buy", of(buyer, `"orders":[{"stream":7,"duration":"1h"}]`), "no stream 7")
	b.refused("buy", of(buyer, `"orders":[{"stream":1,"duration":"soon"}]`), "orders[0].duration")
	b.refused("buy", fmt.Sprintf(`{"from":"%s","orders":[{"stream":1,"duration":"1h"}]}`, common.Address{9}), "needs 0.12 DTX")

	// Without an allowance it is two transactions, or one with a permit that the wallet signs.
	y.Send(buyer, &y.D.Token, contracts.NewDTX().PackApprove(y.D.Market, new(big.Int)))
	_, asked := b.post("buy", order(""))
	permit, err := json.Marshal(asked["permit"])
	if err != nil || asked["then"] == nil {
		t.Fatalf("%v %v", asked, err)
	}
	var typed apitypes.TypedData
	if err := json.Unmarshal(permit, &typed); err != nil {
		t.Fatal(err)
	}
	hash, _, err := apitypes.TypedDataAndHash(typed)
	signed := fmt.Sprintf(`,"permit_signature":"%s","permit_deadline":%.0f}`, hexutil.Encode(y.Sign(buyer, common.BytesToHash(hash), err)), asked["permit_deadline"])
	b.refused("buy", strings.TrimSuffix(order(""), "}")+strings.Replace(signed, "\":\"0x", "\":\"0x00", 1), "permit")
	if n := b.spent(buyer, func() {
		if n := b.signs(buyer, "buy", strings.TrimSuffix(order(""), "}")+signed); n != 1 {
			t.Errorf("with a permit it is %d transactions", n)
		}
	}); n != "120000000000000000" { // 60 readings of 0.002 DTX
		t.Errorf("the purchase took %s wei", n)
	}
	y.Send(buyer, &y.D.Token, contracts.NewDTX().PackApprove(y.D.Market, y.Tokens(1000)))
	end := time.Unix(int64(y.Now()), 0).UTC().Add(3 * time.Hour).Format(time.RFC3339)
	extended := b.spent(buyer, func() { b.signs(buyer, "extend", of(buyer, `"purchase":1,"end":"`+end+`"`)) })
	b.refused("extend", of(owner, `"purchase":1,"end":"`+end+`"`), "already")

	// One reading is paid, by the operator himself; with it the buyer may challenge.
	y.Skip(10 * time.Minute)
	y.Call(1, y.DM.PackSettle(big.NewInt(1), []contracts.Claim{{Purchase: 1, Delivered: 1}}, common.Hash{3}))
	if n := b.spent(buyer, func() {
		b.signs(buyer, "challenge", of(buyer, `"purchase":1,"evidence_hash":"`+common.Hash{4}.Hex()+`"`))
	}); n != "10000000000000000000" {
		t.Errorf("a challenge took %s wei", n)
	}
	b.signs(owner, "respond", of(owner, `"stream":1,"round":1,"response_hash":"`+common.Hash{5}.Hex()+`"`))
	b.refused("rule", of(y.Arbiter, `"stream":1,"round":1,"verdict":"rejected","ruling_hash":"`+common.Hash{6}.Hex()+`"`), "must be review")
	b.refused("redeem", of(buyer, `"stream":1,"round":1`), "nothing to redeem")
	b.refused("expire", of(buyer, `"stream":1`), "too early")

	b.signs(buyer, "cancel", of(buyer, `"purchases":[1]`))
	b.refused("cancel", of(buyer, `"purchases":[1]`), "buy again")
	b.refused("finish", of(buyer, `"purchases":[1]`), "the rest is refunded then")
	b.signs(owner, "close", of(owner, `"stream":1`))
	b.refused("withdraw-stake", of(owner, `"stream":1`), "is bound until")
	y.Skip(200 * 24 * time.Hour)
	b.signs(buyer, "expire", of(buyer, `"stream":1`))
	b.signs(buyer, "redeem", of(buyer, `"stream":1,"round":1`))
	b.signs(buyer, "finish", of(buyer, `"purchases":[1]`))
	back := b.spent(buyer, func() { b.signs(buyer, "withdraw", of(buyer, `"accounts":[]`)) })
	escrow, _ := new(big.Int).SetString(extended, 10)
	// All but the one reading comes back: what is redeemed is sent at once or credited.
	total := new(big.Int).Sub(y.Tokens(10_000), b.dtx(buyer))
	if total.String() != "2000000000000000" || escrow.Sign() <= 0 {
		t.Errorf("the buyer is %s wei poorer in the end, extending took %s, %s came back last", total, extended, back)
	}
	b.signs(owner, "withdraw-stake", of(owner, `"stream":1`))
	b.signs(owner, "withdraw", of(owner, `"accounts":[]`))
	if more := new(big.Int).Sub(b.dtx(owner), y.Tokens(10_000)).String(); more != "1600000000000000" {
		t.Errorf("the owner is %s wei richer in the end, want 80 %% of a reading", more)
	}
}

// A caller who prepares transactions is held to the same pace as one who asks the node itself.
func TestPreparingCountsAsManyQuestions(t *testing.T) {
	b := newBrowser(t, 2)
	b.y.List(2, 1)
	b.paced = true
	defer func(usual pace) { paceChain = usual }(paceChain)
	paceChain = pace{1e-9, paceChain.burst} // however slow the machine is, nothing is given back meanwhile
	many := 0
	for range 100 {
		code, _ := b.post("close", fmt.Sprintf(`{"from":"%s","stream":1}`, b.y.Addr(2)))
		if code == http.StatusTooManyRequests {
			break
		}
		if many++; code != http.StatusOK {
			t.Fatal(code)
		}
	}
	if many != paceChain.burst/txCost {
		t.Errorf("%d transactions are prepared at once, of which each counts for %d of %d questions", many, txCost, paceChain.burst)
	}
}
