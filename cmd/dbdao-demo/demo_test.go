package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/core/types"
)

// The demo is played whole, on its board: what the board says at the end is what the buyers' storage and
// the chain were found to hold, and the sensor nobody bought from stays in the house.
func TestTheDemoShowsWhatHappened(t *testing.T) {
	var screen bytes.Buffer
	tell := newTeller(&screen)
	tell.onScreen(func() int { return 200 })
	sum, err := play(t.Context(), 3*time.Second, 7, tell)
	tell.end()
	if err != nil {
		t.Fatal(err)
	}
	if err := sum.verdict(); err != nil {
		t.Fatal(err)
	}
	if sum.Uplinks < 10 || sum.Uplinks%5 != 0 || sum.Withheld != sum.Uplinks/5 || sum.Bought != sum.Uplinks/5*6 || sum.Delivered != sum.Bought || sum.Leaked != 0 {
		t.Errorf("%+v", sum)
	}
	frames := strings.Split(screen.String(), "dbdao-demo: ")
	last := regexp.MustCompile("\x1b\\[[0-9]*[AKJ]").ReplaceAllString(frames[len(frames)-1], "")
	each := sum.Uplinks / 5
	for _, want := range []struct {
		stream        int
		buyers        string
		arrived, kept int
	}{{1, "Ann", each, 0}, {2, "Ann, Bob", 2 * each, 0}, {5, "nobody", 0, each}} {
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^\r?  %d .* %d  %s +%d +%d  `, want.stream, each, want.buyers, want.arrived, want.kept))
		if !line.MatchString(last) {
			t.Errorf("%+v of %d sent:\n%s", want, each, last)
		}
	}
	if !strings.Contains(last, fmt.Sprintf("%d withheld, 0 leaked", sum.Withheld)) || strings.Contains(last, "wei") {
		t.Error(last)
	}
	if len(frames) < 10 {
		t.Errorf("the board was drawn %d times", len(frames)-1)
	}
}

// On a terminal of 80 columns everything is to be read: nothing is cut off, and the table is not broken.
func TestTheBoardFitsAnOldTerminal(t *testing.T) {
	var screen bytes.Buffer
	tell := newTeller(&screen)
	tell.columns = func() int { return 80 }
	for i, buyers := range [][]string{{"Ann"}, {"Ann", "Bob"}, nil} {
		tell.sensors = append(tell.sensors, &row{device: lorawan.DevEUI{0x70, 0xb3, 0xd5}, stream: 1, value: "-19.3 °C", sent: 12345, buyers: buyers, arrived: 123456, kept: 12345 * i})
	}
	tell.paid = money{streams: map[market.StreamID]string{1: "123.4567 DTX"}, shares: [3]string{"1234.56789 DTX", "154.3209 DTX", "154.3209 DTX"}}
	tell.stores, tell.received["Ann (webhook)"] = []string{"Ann (webhook)"}, 123456
	tell.delivered("Ann (webhook)", delivered{Stream: 1, FCnt: 12345, Values: json.RawMessage(`{"humiditySensor":{"2":49.5},"temperatureSensor":{"1":-22.5}}`)})
	tell.say("%d uplinks; %d readings bought, %d delivered, %d lost, %d duplicates; %d withheld, %d leaked; %s settled", 10000, 12000, 12000, 0, 0, 2000, 0, "1.2 DTX")
	tell.draw()
	lines := strings.Split(regexp.MustCompile("\x1b\\[[0-9]*[AKJ]|\r").ReplaceAllString(screen.String(), ""), "\n")
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > 79 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
	shown := strings.Join(lines, "\n")
	for _, want := range []string{"Ctrl-C ends it\n", "  DTX paid\n", "  123.4567\n", "24690  -\n", "platform  10 %  154.3209 DTX\n", "humidity 49.5, temperature", "1.2 DTX settled\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the board lacks %q:\n%s", want, shown)
		}
	}
}

// A transaction is seen to wait as soon as it is sent, each time: blocks are made for those who wait, and a demo in
// which everybody waited a second for each of his would begin late.
func TestABlockIsMadeForWhoWaits(t *testing.T) {
	rich := newParty()
	c, err := startChain(t.Context(), []party{rich})
	if err != nil {
		t.Fatal(err)
	}
	close(c.stop)
	c.ended.Wait() // from here on this test makes the blocks
	defer func() { c.stop = make(chan struct{}); c.Close() }()
	for nonce := range uint64(3) {
		if c.waiting() {
			t.Fatalf("before transaction %d something waits", nonce)
		}
		tx := types.NewTx(&types.DynamicFeeTx{ChainID: c.ID, Nonce: nonce, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(5e9), Gas: 21_000, To: &rich.addr})
		signed, err := rich.signer().SignTx(tx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.client.SendTransaction(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
		if !c.waiting() {
			t.Errorf("transaction %d was sent, and nothing waits", nonce)
		}
		c.backend.Commit()
	}
}

// Nothing that a storage, a broker or a node says draws on the terminal, told line by line or on the board.
func TestNothingHostileDrawsOnTheDemosScreen(t *testing.T) {
	evil := "x\x1b[31m\n  settled on chain:\r\x07\x7f\u009b2J\u202e\u2066\xff\x9bend" + strings.Repeat("long", 500)
	for _, board := range []bool{false, true} {
		var out strings.Builder
		tell := newTeller(&out)
		tell.listed(lorawan.DevEUI{1}, client.Listed{Stream: 1})
		if board {
			tell.onScreen(func() int { return 80 })
		}
		tell.say("the bridge runs: %s", evil)
		tell.delivered(evil, delivered{Stream: 1, Values: json.RawMessage(evil)})
		tell.delivered("Ann", delivered{Stream: 1, Values: json.RawMessage(`{"\u001b[31m\u202eSensor":{"1":2}}`)})
		tell.end()
		shown := regexp.MustCompile("\x1b\\[[0-9]*[AKJ]|\r").ReplaceAllString(out.String(), "")
		if !board {
			shown = out.String()
		}
		if strings.ContainsAny(shown, "\x1b\r\x07\x7f\u009b\u202e\u2066") || !utf8.ValidString(shown) || strings.Contains(shown, "\n  settled on chain:") || !strings.Contains(shown, "u001b[31m") {
			t.Errorf("board %v draws: %.500q", board, shown)
		}
	}
}
