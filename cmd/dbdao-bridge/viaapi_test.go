package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// Owner and buyer have no node: they list, buy, look, cancel and are refunded through the
// operator's API, to the wei. A client that knows nothing of us takes it for a node, and gets no
// further than the market.
func TestOwnersAndBuyersNeedNoNode(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.start()
	api := "http://" + w.public
	remote := *w
	remote.node = &servers.Process{URL: "http://127.0.0.1:1"} // DBDAO_RPC: nobody answers there
	as := func(who string, args ...string) object {
		t.Helper()
		return remote.as(who, append(args, "--via-api", api)...)
	}

	file := w.write("attestation.json", string(encode(w.run("device", "attest", "--force", "-c", w.config, "--dev-eui", buoy, "--owner", w.wallets["owner"], "-o", "json"))))
	stream := as("owner", "stream", "create", "--attestation", file, "--price", "0.0001", "--interval", "1s", "--stake", "100").text(t, "stream")
	if as("owner", "stream", "add-stake", stream, "5"); as("bob", "stream", "show", stream).text(t, "stake_dtx") != "105" {
		t.Error("the stake does not stand where another account looks")
	}
	bought := as("ann", "purchase", "buy", stream, "--duration", "1h")
	purchase := bought.text(t, "purchase")
	if bought.text(t, "escrow_dtx") != "0.36" {
		t.Errorf("bought %v", bought)
	}
	as("ann", "destination", "set", "store", "--kind", "http", "url="+w.sink.URL+"/ann") // --via-api is the default of --api
	as("ann", "destination", "use", "store", purchase)
	as("ann", "purchase", "cancel", purchase)
	if as("bob", "purchase", "show", purchase).text(t, "end") == bought.text(t, "end") {
		t.Error("the purchase was cancelled and ends when it was to end")
	}
	if _, errs, code := remote.try("purchase", "buy", stream, "--duration", "1h", "--keystore", w.keystore("ann"), "--via-api", api, "--rpc", w.node.URL); code == 0 || !strings.Contains(errs, "one of them") {
		t.Errorf("with two nodes: %d %s", code, errs)
	}
	remote.market = ""
	if _, errs, code := remote.try("purchase", "buy", stream, "--duration", "1h", "--keystore", w.keystore("ann"), "--via-api", api); code == 0 || !strings.Contains(strings.ToLower(errs), strings.ToLower(w.market)) || !strings.Contains(errs, "Compare") {
		t.Errorf("without a market: %d %s", code, errs)
	}

	eth, err := ethclient.DialContext(t.Context(), api+"/v1/chain")
	if err != nil {
		t.Fatal(err)
	}
	defer eth.Close()
	id, err := eth.ChainID(t.Context())
	if err != nil || id.Cmp(big.NewInt(31337)) != 0 {
		t.Errorf("chain %v, %v", id, err)
	}
	ann := common.HexToAddress(w.wallets["ann"])
	if head, err := eth.HeaderByNumber(t.Context(), nil); err != nil || head.Number.Sign() == 0 {
		t.Errorf("head %v, %v", head, err)
	}
	if wei, err := eth.BalanceAt(t.Context(), ann, nil); err != nil || wei.Sign() == 0 {
		t.Errorf("balance %v, %v", wei, err)
	}
	elsewhere := common.HexToAddress("0x00000000000000000000000000000000000000ee")
	if _, err := eth.CallContract(t.Context(), ethereum.CallMsg{From: ann, To: &elsewhere}, nil); err == nil || !strings.Contains(err.Error(), "the market") {
		t.Errorf("a call of another contract: %v", err)
	}
	var accounts []common.Address
	if err := eth.Client().CallContext(t.Context(), &accounts, "eth_accounts"); err == nil {
		t.Errorf("the node's own accounts are shown: %v", accounts)
	}

	// A browser has the same transactions prepared that the commands print.
	r, err := http.Post(api+"/v1/tx/buy", "application/json", strings.NewReader(fmt.Sprintf(`{"from":"%s","orders":[{"stream":%s,"duration":"1h"}]}`, ann, stream)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", r.StatusCode, body, err)
	}
	remote.market = w.market
	printed := remote.as("ann", "purchase", "buy", stream, "--duration", "1h", "--unsigned", "--from", ann.Hex(), "--via-api", api)
	var prepared object
	if err := json.Unmarshal(body, &prepared); err != nil || prepared.text(t, "data") != printed.text(t, "data") || prepared.text(t, "explains") != printed.text(t, "explains") {
		t.Errorf("%s %v, the command prints %v", body, err, printed)
	}
}
