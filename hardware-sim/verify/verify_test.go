package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
)

// Three readings: two owed, the third refused by the network server; the second
// device is nobody's.
const truth = `
{"type":"reading","at":"2026-06-01T12:00:00Z","device":"70b3d57edb000001","reading":1,"dev_eui":"70b3d57edb000001","session":"26000001","f_cnt":0,"f_port":2,"kind":"climate","form":"lpp","time":"2026-06-01T12:00:00Z","values":{"temperature":21.5,"humidity":40},"data":"AWcA1wJoUA==","object":{"humiditySensor":{"2":40},"temperatureSensor":{"1":21.5}},"sold":true}
{"type":"message","at":"2026-06-01T12:00:01Z","output":"app","event":"up","device":"70b3d57edb000001","in_session":"26000001","counter":0,"server_time":"2026-06-01T12:00:01Z","fate":"posted","carries":1}
{"type":"message","at":"2026-06-01T12:00:03Z","output":"app","event":"up","device":"70b3d57edb000001","in_session":"26000001","counter":0,"server_time":"2026-06-01T12:00:01Z","fate":"repeat","label":"replay","carries":1}
{"type":"reading","at":"2026-06-01T12:01:00Z","device":"70b3d57edb000001","reading":2,"dev_eui":"70b3d57edb000001","session":"26000001","f_cnt":1,"f_port":2,"kind":"climate","form":"lpp","time":"2026-06-01T12:01:00Z","values":{"temperature":21.6,"humidity":40},"data":"AWcA2AJoUA==","object":{"humiditySensor":{"2":40},"temperatureSensor":{"1":21.6}},"sold":true}
{"type":"message","at":"2026-06-01T12:01:01Z","output":"app","event":"up","device":"70b3d57edb000001","in_session":"26000001","counter":1,"server_time":"2026-06-01T12:01:01Z","fate":"posted","carries":2}
{"type":"reading","at":"2026-06-01T12:02:00Z","device":"70b3d57edb000001","reading":3,"dev_eui":"70b3d57edb000001","session":"26000001","f_cnt":2,"f_port":2,"kind":"climate","form":"lpp","time":"2026-06-01T12:02:00Z","values":{"temperature":21.7,"humidity":40},"data":"AWcA2QJoUA==","fault":"bad_mic","sold":true}
{"type":"lost","at":"2026-06-01T12:02:01Z","device":"70b3d57edb000001","counter":2,"label":"bad_mic","carries":3,"where":"server","why":"the MIC is wrong"}
{"type":"reading","at":"2026-06-01T12:02:00Z","device":"70b3d57edb000002","reading":4,"dev_eui":"70b3d57edb000002","session":"26000002","f_cnt":7,"f_port":2,"kind":"climate","form":"lpp","time":"2026-06-01T12:02:00Z","values":{"temperature":1},"data":"AQ==","sold":false}
{"type":"message","at":"2026-06-01T12:02:01Z","output":"app","event":"up","device":"70b3d57edb000002","in_session":"26000002","counter":7,"server_time":"2026-06-01T12:02:01Z","fate":"unbought","carries":4}
`

const devices = `{"dev_eui":"70B3D57EDB000001","device":"0xAA","purchase":3}
{"dev_eui":"70b3d57edb000002","device":"0xbb"}`

func line(id string, fCnt int, more string) string {
	return fmt.Sprintf(`{"sink_time":"2026-06-01T12:10:00Z","webhook_id":%q,"body":{"id":%q,"stream":1,"purchase":3,"seq":0,"dev":"0xaa","f_cnt":%d,"f_port":2,"received":"2026-06-01T12:09:00Z","time":"2026-06-01T12:0%d:01Z"%s}}`, id, id, fCnt, fCnt, more)
}

func judge(t *testing.T, sink ...string) *Report {
	t.Helper()
	tr, err := ReadTruth(strings.NewReader(truth))
	if err != nil {
		t.Fatal(err)
	}
	sales, err := ReadSales(strings.NewReader(devices))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSink(strings.NewReader(strings.Join(sink, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	rep := Compare(tr, sales, got, time.Hour)
	if rep.Readings != 4 || rep.Owed != 2 || rep.Faults["bad_mic"] != 1 || rep.Faults["replay"] != 1 {
		t.Errorf("%+v", rep)
	}
	rep.Readings, rep.Owed, rep.Faults = 0, 0, nil
	counted := 0
	for _, k := range rep.Kinds {
		if counted += k.Count; len(k.Examples) != min(k.Count, examplesMax) {
			t.Errorf("%+v", k)
		}
	}
	if bad := rep.Lost + rep.Duplicated + rep.Leaked + rep.Altered; bad > 0 != (rep.Err() != nil) || bad != counted {
		t.Errorf("%v of %+v", rep.Err(), rep)
	}
	rep.Kinds = nil
	return rep
}

const (
	v0 = `,"values":{"temperatureSensor":{"1":21.5},"humiditySensor":{"2":40.0}}`
	v1 = `,"values":{"temperatureSensor":{"1":21.6},"humiditySensor":{"2":40.0}}`
)

func TestEveryWrongIsFoundUnderItsName(t *testing.T) {
	good0, good1 := line("msg_0", 0, v0), line("msg_1", 1, v1)
	for _, c := range []struct {
		name string
		sink []string
		want Report
	}{
		{"all is well", []string{good0, good1}, Report{Delivered: 2}},
		{"an id may come twice", []string{good0, good1, good1}, Report{Delivered: 2, Repeats: 1}},
		{"nothing came", nil, Report{Lost: 2}},
		{"one is missing", []string{good1}, Report{Delivered: 1, Lost: 1}},
		{"one came under two ids", []string{good0, good1, line("msg_2", 1, v1)}, Report{Delivered: 2, Duplicated: 1}},
		{"a value is another", []string{good0, line("msg_1", 1, strings.Replace(v1, "21.6", "21.61", 1))}, Report{Delivered: 2, Altered: 1}},
		{"an id has two bodies", []string{good0, good1, line("msg_1", 1, v0)}, Report{Delivered: 2, Repeats: 1, Altered: 1}},
		{"the bytes are others", []string{good0, line("msg_1", 1, `,"data":"AWcA1wJoUA=="`)}, Report{Delivered: 2, Altered: 1}},
		{"the bytes are right", []string{good0, line("msg_1", 1, `,"data":"AWcA2AJoUA=="`)}, Report{Delivered: 2}},
		{"a codec named the numbers otherwise", []string{good0, line("msg_1", 1, `,"values":{"t":21.6,"h":40}`)}, Report{Delivered: 2}},
		{"it was refused by the network server", []string{good0, good1, line("msg_2", 2, `,"data":"AWcA2QJoUA=="`)}, Report{Delivered: 2, Leaked: 1}},
		{"it was never measured", []string{good0, good1, line("msg_2", 9, "")}, Report{Delivered: 2, Leaked: 1}},
		{"it is of another's device", []string{good0, good1, strings.Replace(strings.Replace(line("msg_2", 7, ""), "0xaa", "0xbb", 1), "12:07", "12:02", 1)}, Report{Delivered: 2, Leaked: 1}},
		{"it is of a device nobody named", []string{good0, good1, strings.Replace(line("msg_2", 7, ""), "0xaa", "0xcc", 1)}, Report{Delivered: 2, Leaked: 1}},
		{"it took its time", []string{strings.Replace(good0, "12:10:00", "22:10:00", 1), good1}, Report{Delivered: 2, Late: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, *judge(t, c.sink...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodiesComeAloneAndInArraysAndMayBeCutOff(t *testing.T) {
	body := func(l string) string { return strings.TrimSuffix(l[strings.Index(l, `"body":`)+7:], "}") }
	got := judge(t, "["+body(line("msg_0", 0, v0))+","+body(line("msg_1", 1, v1))+"]", body(line("msg_1", 1, v1)), `{"webhook_id":"msg_3","bo`)
	if diff := cmp.Diff(Report{Delivered: 2, Repeats: 1}, *got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilesThatAreSomethingElseAreRefused(t *testing.T) {
	for _, text := range []string{"", "{}", `{"type":"x"}`, "no JSON\n"} {
		if _, err := ReadTruth(strings.NewReader(text)); err == nil {
			t.Errorf("truth %q was taken", text)
		}
	}
	for _, text := range []string{"", "dev_eui,device\n", `{"dev_eui":"xyz"}`} {
		if _, err := ReadSales(strings.NewReader(text)); err == nil {
			t.Errorf("devices %q were taken", text)
		}
	}
	csv, err := ReadSales(strings.NewReader("dev_eui,device,purchase\n70-b3-d5-7e-db-00-00-01,0xAA,3\n"))
	if err != nil || len(csv) != 1 || csv[0].Purchase != 3 || csv[0].Device != "0xaa" {
		t.Errorf("%+v %v", csv, err)
	}
}

// Of a hundred failures of one kind and one of another, the kinds come first, with how
// many devices they befell and why nobody is owed what was delivered.
func TestKindsOfFailuresAreSummedUp(t *testing.T) {
	const dev = "70b3d57edb000001"
	var log, sink strings.Builder
	for i := range 100 {
		at := time.Date(2026, 6, 1, 12, i/60, i%60, 0, time.UTC).Format(time.RFC3339)
		fmt.Fprintf(&log, `{"type":"reading","at":%q,"reading":%d,"dev_eui":%q,"f_cnt":%d,"f_port":2,"data":"AQ=="}`+"\n", at, i+1, dev, i)
		fmt.Fprintf(&log, `{"type":"message","at":%q,"output":"udp","fate":"unknown_session","carries":%d}`+"\n", at, i+1)
		fmt.Fprintf(&sink, `{"id":"msg_%d","purchase":3,"dev":"0xaa","f_cnt":%d,"f_port":2,"data":"AQ=="}`+"\n", i, i)
	}
	fmt.Fprintf(&log, `{"type":"session","at":"2026-06-01T12:00:00Z","device":%q,"in_session":"01020304"}`+"\n", dev)
	sink.WriteString(`{"id":"msg_x","purchase":3,"dev":"0xcc","f_cnt":1,"f_port":2}`)
	tr, err := ReadTruth(strings.NewReader(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSink(strings.NewReader(sink.String()))
	if err != nil {
		t.Fatal(err)
	}
	rep := Compare(tr, []Sale{{DevEUI: lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xdb, 0, 0, 1}, Device: "0xaa", Purchase: 3}}, got, 0)
	if rep.Joins != 1 || len(rep.Kinds) != 2 || rep.Kinds[0].Count != 100 || rep.Kinds[0].Devices != 1 || len(rep.Kinds[0].Examples) != 3 || !strings.Contains(rep.Kinds[0].What, "unknown_session") ||
		rep.Kinds[1].Count != 1 || !strings.Contains(rep.Kinds[1].What, "does not name") {
		t.Errorf("%+v %+v", rep, rep.Kinds)
	}
}

// Two worlds, each with readings from number 1 on: neither takes the other's messages.
func TestTwoTruthLogsAreOne(t *testing.T) {
	one := func(dev, fate string) *Truth {
		tr, err := ReadTruth(strings.NewReader(fmt.Sprintf(`{"type":"reading","reading":1,"dev_eui":%q,"f_cnt":0,"f_port":2}
{"type":"message","output":"udp","fate":%q,"carries":1}
`, dev, fate)))
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	both := one("70b3d57edb000001", "posted")
	both.Add(one("70b3d57edb000002", "unbought"))
	if both.Owed() != 1 || len(both.all) != 2 || both.Fates["udp"]["unbought"] != 1 || both.Fates["udp"]["posted"] != 1 {
		t.Errorf("%d owed, %+v", both.Owed(), both.Fates)
	}
}

// A fleet that plays twice with one seed measures the same under the same counters: of what is
// equal, the nearest in time is meant.
func TestOfSeveralRunsOfOneSeedTheNearestIsMeant(t *testing.T) {
	run := func(hour, fate, data string) *Truth {
		tr, err := ReadTruth(strings.NewReader(fmt.Sprintf(`{"type":"reading","at":"2026-06-01T%[1]s:00:00Z","reading":1,"dev_eui":"70b3d57edb000001","f_cnt":5,"f_port":2,"data":%[3]q}
{"type":"message","at":"2026-06-01T%[1]s:00:01Z","output":"udp","fate":%[2]q,"server_time":"2026-06-01T%[1]s:00:01Z","carries":1}
`, hour, fate, data)))
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	delivery := func(id, hour, data string) string {
		return fmt.Sprintf(`{"id":%q,"purchase":3,"dev":"0xaa","f_cnt":5,"f_port":2,"data":%q,"time":"2026-06-01T%s:00:01Z"}`+"\n", id, data, hour)
	}
	for _, c := range []struct {
		name        string
		runs        []*Truth
		sink        string
		want        Report
		kind, names string
	}{
		{"both are owed", []*Truth{run("12", "posted", "AQ=="), run("13", "posted", "AQ==")}, delivery("msg_b", "13", "AQ==") + delivery("msg_a", "12", "AQ=="), Report{Owed: 2, Delivered: 2}, "", ""},
		{"the second was altered", []*Truth{run("12", "posted", "AQ=="), run("13", "posted", "AQ==")}, delivery("msg_b", "13", "Ag==") + delivery("msg_a", "12", "AQ=="),
			Report{Owed: 2, Delivered: 2, Altered: 1}, "altered: not what was measured", "msg_b,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := c.runs[0]
			for _, other := range c.runs[1:] {
				tr.Add(other)
			}
			got, err := ReadSink(strings.NewReader(c.sink))
			if err != nil {
				t.Fatal(err)
			}
			rep := Compare(tr, []Sale{{DevEUI: lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xdb, 0, 0, 1}, Device: "0xaa", Purchase: 3}}, got, 0)
			named := c.kind == ""
			for _, k := range rep.Kinds {
				named = named || k.What == c.kind && len(k.Examples) == 1 && strings.Contains(k.Examples[0], c.names)
			}
			if !named {
				t.Errorf("%+v", rep.Kinds)
			}
			rep.Readings, rep.Faults, rep.Kinds = 0, nil, nil
			if diff := cmp.Diff(c.want, *rep); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
