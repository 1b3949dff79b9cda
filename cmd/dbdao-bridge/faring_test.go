package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
)

// Whatever a storage may answer has a cure, and wherever a queue may stand has words.
func TestEveryReasonHasACure(t *testing.T) {
	for _, c := range delivery.Codes {
		if cures[c.Code] == "" {
			t.Errorf("nothing is said of what to do about %s", c.Code)
		}
	}
	for _, s := range delivery.QueueStates() {
		if queues[s] == "" {
			t.Errorf("nothing is said of a queue that is %s", s)
		}
	}
}

// A buyer who looks at a purchase reads how its readings fare in words, what is parked and which command brings it back, which
// one has a failing destination tried at once, and that another ledger sold a part of it.
func TestAPurchaseSaysWhatToDo(t *testing.T) {
	v := api.DeliveryView{Purchase: 7, Destination: "store", Kind: "http", Queue: delivery.QueueSending}
	v.Posted, v.Receipts, v.Waiting, v.Parked = 12, 9, 2, 1
	v.Ends = time.Unix(1_800_003_600, 0)
	v.SetAside = []ledger.SetAside{{Action: "parked", Code: delivery.CodeRefused, Count: 1, LastText: "HTTP 422", LastAt: time.Unix(1_799_999_000, 0)}}
	v.Lost = []settlement.Lost{{First: 4, Count: 3, Paid: 7, SeqFrom: 4, SeqTo: 9, At: 1_799_990_000}}
	v.Standing = delivery.Standing{Name: "store", Kind: "http", Host: "example.com", State: delivery.StateRetrying, Streak: 3, Next: time.Unix(1_800_000_030, 0), Delivered: 9, Parked: 1,
		LastError: delivery.Reason{Code: delivery.CodeUnreachable, Text: "nothing listens at its port: the connection was refused"}, LastErrorAt: time.Unix(1_799_999_990, 0)}
	show := func() string {
		return printed(t, func(o *options, c *cobra.Command) error { return o.print(c, faring(v)) })
	}
	text := show()
	says(t, text, "purchase 7: 12 readings taken in, 9 delivered, 2 waiting, 1 parked", "queue: sending (some are being sent", "HTTP 422", "parcel replay 7", "parcel ls 7",
		"destination store (http): retrying, at example.com", "the connection was refused", "see that the storage runs", "`destination retry store`", "3 failures in a row, the next attempt",
		"a gap, noticed", "3 of them were paid", "Numbers 4 to 8 may be its")
	v.Parked, v.Lost, v.Standing.State, v.Standing.LastError, v.Queue = 0, nil, delivery.StateIdle, delivery.Reason{}, delivery.QueueIdle
	if text = show(); strings.Contains(text, "to do") || strings.Contains(text, "gap") || strings.Contains(text, "retry") {
		t.Errorf("something is to be done where all is well:\n%s", text)
	}
	says(t, text, "queue: idle (nothing waits)")
}

func TestADestinationSaysHowItDoesAndWhatToDo(t *testing.T) {
	v := api.DestinationView{Name: "store", Kind: "mqtt", Config: []byte(`{"url":"tcp://broker.example:1883"}`), Set: time.Unix(1_799_000_000, 0)}
	v.Standing = delivery.Standing{Name: "store", Kind: "mqtt", State: delivery.StateSuspended, Streak: 40, LastError: delivery.Reason{Code: delivery.CodeCredentials, Text: "it refuses this account"}, LastErrorAt: time.Unix(1_799_999_990, 0)}
	text := printed(t, func(o *options, c *cobra.Command) error { return o.print(c, storageView(v)) })
	says(t, text, "broker.example", "destination store (mqtt): suspended", "it refuses this account", "right account, password or token", "`destination retry store`")
	if strings.Count(text, "store") > 4 || strings.Contains(text, "lateness") {
		t.Errorf("it is told twice:\n%s", text)
	}
}

// Whoever brings parked readings back is told where to look, and what has them tried at once.
func TestAReplaySaysWhereToLook(t *testing.T) {
	says(t, printed(t, func(o *options, c *cobra.Command) error {
		return o.print(c, replayView{api.Replay{Unparked: 2, Resent: 1}, 7})
	}),
		"purchase 7: 1 delivered readings were sent again", "2 parked ones wait again", "`parcel show 7`", "`destination retry`")
}

// Who receives and gets nothing is told why, and what to do if the readings go elsewhere.
func TestWhoFetchesNothingIsToldWhy(t *testing.T) {
	elsewhere := api.DeliveryView{Destination: "store", Kind: "http"}
	over := api.DeliveryView{}
	over.Over, over.Why = true, "it is closed on chain"
	waits := api.DeliveryView{Destination: "box", Kind: "pull"}
	waits.Why, waits.Waiting = "no Ethereum node has answered", 3
	for _, c := range []struct {
		v       api.DeliveryView
		fetched bool
		want    string
	}{
		{elsewhere, false, "`destination use box 7`"}, {elsewhere, true, "delivered to the destination store (http)"},
		{over, true, "is over, it is closed on chain"}, {waits, true, "3 readings wait: no Ethereum node"},
		{api.DeliveryView{Destination: "box", Kind: "pull"}, false, "nothing is new (0 readings taken in so far"},
		{api.DeliveryView{}, false, "nothing is new"}, {api.DeliveryView{}, true, ""},
	} {
		if got := idle(7, &c.v, c.fetched); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v, fetched %t: %q, want %q", c.v, c.fetched, got, c.want)
		}
	}
}

// What came of a retry is read off how the destination stood before and stands now.
func TestWhatCameOfARetry(t *testing.T) {
	then, now := time.Unix(1_799_999_990, 0), time.Unix(1_800_000_000, 0)
	before := delivery.Standing{State: delivery.StateSuspended, Delivered: 5, LastErrorAt: then, Streak: 12}
	gone := delivery.Standing{State: delivery.StateGone, Delivered: 5, LastErrorAt: then}
	for what, c := range map[string]struct {
		before, now delivery.Standing
		want        string
	}{
		"another failure":              {before, delivery.Standing{State: delivery.StateRetrying, Delivered: 5, LastErrorAt: now}, retryFailed},
		"the old failure alone":        {before, delivery.Standing{State: delivery.StateRetrying, Delivered: 5, LastErrorAt: then}, retryUnderWay},
		"under way":                    {before, delivery.Standing{State: delivery.StateRetrying, Delivered: 5, LastErrorAt: then, UnderWay: 1}, retryUnderWay},
		"taken":                        {before, delivery.Standing{State: delivery.StateIdle, Delivered: 6, LastErrorAt: then}, retryTaken},
		"taken in part":                {before, delivery.Standing{State: delivery.StateRetrying, Delivered: 6, LastErrorAt: now}, retryFailed},
		"nothing waits":                {before, delivery.Standing{State: delivery.StateIdle, Delivered: 5, LastErrorAt: then}, retryNothing},
		"nothing may be sent":          {before, delivery.Standing{State: delivery.StateHeld, Delivered: 5}, retryNothing},
		"gone, and not asked yet":      {gone, gone, retryUnderWay},
		"gone, and looked up anew":     {gone, delivery.Standing{State: delivery.StateUnused}, retryUnderWay},
		"gone, and counted anew":       {gone, delivery.Standing{State: delivery.StateSending, Delivered: 1}, retryTaken},
		"gone again":                   {gone, delivery.Standing{State: delivery.StateGone, LastErrorAt: now}, retryFailed},
		"nothing ever waited for it":   {delivery.Standing{State: delivery.StateUnused}, delivery.Standing{State: delivery.StateUnused}, retryNothing},
		"what waits is read from disk": {before, delivery.Standing{State: delivery.StateWaiting, Delivered: 5, LastErrorAt: then}, retryUnderWay},
	} {
		if got := cameOf(&c.before, &c.now); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
		text := printed(t, func(o *options, c2 *cobra.Command) error {
			return o.print(c2, retriedView{"store", c.want, c.now})
		})
		says(t, text, map[string]string{retryTaken: "it took", retryFailed: "did not take", retryUnderWay: "`destination show store` says", retryNothing: "nothing was sent, the destination is " + string(c.now.State)}[c.want])
	}
}

// Money is taken from whoever agreed, and from nobody else.
func TestNobodyAgreesBySilence(t *testing.T) {
	for typed, wants := range map[string]string{"yes\n": "", "Y\n": "", "no\n": "nothing was sent", "\n": "nothing was sent", "": "give --yes", "maybe": "nothing was sent"} {
		c, out := &cobra.Command{}, &bytes.Buffer{}
		c.SetIn(strings.NewReader(typed))
		c.SetErr(out)
		err := consents(t.Context(), c, "Pay 10 DTX?")
		if wants == "" && err != nil || wants != "" && (err == nil || !strings.Contains(err.Error(), wants)) || !strings.Contains(out.String(), "Pay 10 DTX?") {
			t.Errorf("%q typed: %v\n%s", typed, err, out)
		}
	}
}

// A key the buyer pins and the bridge does not sign with is refused before anything is fetched, and both are named.
func TestAWrongKeyIsNamedBesideTheRightOne(t *testing.T) {
	const right, wrong = "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "whpk_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"operator":4,"webhook_key":%q}`, right)
	}))
	defer server.Close()
	r := &receiver{once: true, signIn: func(context.Context, *api.Client) error { return nil }, say: func(error) {}}
	for given, wants := range map[string]string{"": "", right: "", wrong: right, strings.TrimPrefix(right, "whpk_"): ""} {
		key := given
		err := r.meet(t.Context(), api.NewClient(server.URL, ""), &key)
		switch {
		case wants == "" && (err != nil || strings.TrimPrefix(key, "whpk_") != strings.TrimPrefix(right, "whpk_")):
			t.Errorf("--key %q: %q, %v", given, key, err)
		case wants != "" && (!errors.Is(err, errUsage) || !strings.Contains(err.Error(), wants) || !strings.Contains(err.Error(), given) || !strings.Contains(err.Error(), "operator show 4")):
			t.Errorf("--key %q: %v", given, err)
		}
	}
}
