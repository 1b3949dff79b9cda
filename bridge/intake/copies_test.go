package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// twoSources is a yard whose network is also read from a network server's broker.
func twoSources(t *testing.T, wait time.Duration) (y *bridgetest.Yard, server *intake.Entrance) {
	t.Helper()
	y = bridgetest.OpenYard(t, filepath.Join(t.TempDir(), "ledger.db"), 5*time.Millisecond, bridgetest.Ours)
	now := uint64(time.Now().Unix())
	y.Index.Set(&market.Entitlement{Purchase: market.PurchaseID(bridgetest.Ours.DevEUI[7]), Stream: 1, DevEUI: bridgetest.Ours.DevEUI, Start: now - 1e6, End: now + 1e6, Price: 1, Interval: 1, Quota: 2e6,
		Sale: lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldData | lorawan.FieldLink}, State: market.PurchaseActive})
	template, err := lorawan.ParseTemplate("events/{any}")
	if err != nil {
		t.Fatal(err)
	}
	server = y.Entrance("chirpstack", "yard", template, detect.Decode)
	y.Copies.Share("yard")
	y.Copies.Wait(wait)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { y.Copies.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	t.Cleanup(y.Run(t))
	return y, server
}

// event is what the network server makes of a frame.
func event(fCnt int, object string) mqtt.Message {
	return mqtt.Message{Topic: "events/1", QoS: 1, Payload: fmt.Appendf(nil, `{"deduplicationId":"a","deviceInfo":{"applicationId":"x","devEui":%q},"devAddr":"01020304","fCnt":%d,"fPort":2,"data":"cmVhZGluZw=="%s}`,
		bridgetest.Ours.DevEUI, fCnt, object)}
}

func TestTheCopyWithValuesWinsWhicheverComesFirst(t *testing.T) {
	y, server := twoSources(t, time.Minute)
	const object = `,"object":{"temperature":21.5}`
	check := func(why string, fCnt int) {
		t.Helper()
		body := y.Parcel(t)
		values, _ := json.Marshal(body["values"])
		if body["f_cnt"] != float64(fCnt) || string(values) != `{"temperature":21.5}` || body["data"] != "cmVhZGluZw==" {
			t.Errorf("%s: %v", why, body)
		}
	}
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 1, "reading"), -60, ""))
	time.Sleep(50 * time.Millisecond) // the frame's own window is over: it is held
	y.HandleAt(server, event(1, object))
	check("the frame first", 1)
	y.Ended(t)
	if y.Count(intake.FateDuplicateCopy) != 1 {
		t.Errorf("the frame is %d times a copy", y.Count(intake.FateDuplicateCopy))
	}
	y.HandleAt(server, event(2, object))
	check("the event first", 2)
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 2, "reading"), -60, ""))
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 3, "reading"), -60, ""))
	time.Sleep(50 * time.Millisecond)
	y.HandleAt(server, event(4, object)) // no event came for 3: it goes before 4 all the same
	if body := y.Parcel(t); body["f_cnt"] != 3.0 || body["values"] != nil {
		t.Errorf("what is held of a device goes before a later one: %v", body)
	}
	check("the later one", 4)
	y.Ended(t)
	if got := y.Count(intake.FateRepeat); got != 0 && got != 1 {
		t.Errorf("%d repeats", got)
	}
}

func TestAnUplinkWithoutARicherCopyIsSoldWhenItsWaitIsOver(t *testing.T) {
	y, server := twoSources(t, 100*time.Millisecond)
	y.Hear(bridgetest.GatewayA, bridgetest.OnAir(bridgetest.Sealed(t, bridgetest.Ours, 1, "reading"), -60, ""))
	if body := y.Parcel(t); body["values"] != nil || body["f_cnt"] != 1.0 {
		t.Errorf("%v", body)
	}
	y.HandleAt(server, event(1, "")) // late, and as poor
	y.Ended(t)
	y.HandleAt(server, event(2, `,"object":{"temperature":21.5}`)) // rich at once: nothing waits
	if body := y.Parcel(t); !strings.Contains(fmt.Sprint(body["values"]), "21.5") {
		t.Errorf("%v", body)
	}
}
