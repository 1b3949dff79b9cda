package verify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
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

// A fleet that plays twice with one seed measures the same under the same counters, in other
// sessions: each delivery is judged by the run whose time of reception it tells.
func TestEachDeliveryIsJudgedByTheRunItIsOf(t *testing.T) {
	// The world's clock shows another hour in each run. In front of a real server that has one
	// of its own, which is where both runs are minutes apart.
	run := func(hour, fate, data string) string {
		return fmt.Sprintf(`{"type":"reading","at":"2026-06-01T%[1]s:00:00Z","reading":1,"dev_eui":"70b3d57edb000001","f_cnt":5,"f_port":2,"data":%[3]q}
{"type":"message","at":"2026-06-01T%[1]s:00:01Z","output":"udp","fate":%[2]q,"counted_in":"70b3d57edb000001/%[1]s","counter":5,"TIMES","carries":1}
`, hour, fate, data)
	}
	simulated := func(hour, fate, data string) string {
		return strings.Replace(run(hour, fate, data), `"TIMES"`, `"server_time":"2026-06-01T`+hour+`:00:01.123456789Z"`, 1)
	}
	gateways := func(hour, fate, data string) string {
		return strings.Replace(run(hour, fate, data), `"TIMES"`, `"gateway_times":["2026-06-01T`+hour+`:00:00.9Z","2026-06-01T`+hour+`:00:00.8Z"]`, 1)
	}
	external := func(hour, fate, data string) string {
		return strings.Replace(run(hour, fate, data), `"TIMES"`, `"sent":"2026-12-01T09:`+hour+`:00Z"`, 1)
	}
	delivery := func(id, times, data string) string {
		return fmt.Sprintf(`{"id":%q,"purchase":3,"dev":"0xaa","f_cnt":5,"f_port":2,"data":%q,"received":"2026-12-01T10:00:00Z"%s}`+"\n", id, data, times)
	}
	server := func(hour string) string { return `,"time":"2026-06-01T` + hour + `:00:01.123456Z"` }
	gateway := func(hour string) string { // the bridge opened the frame, when it was up again
		return `,"time":"2026-12-01T09:59:59Z","gateway_time":"2026-06-01T` + hour + `:00:00.8Z"`
	}
	real := func(minute string) string { return `,"time":"2026-12-01T09:` + minute + `:03Z"` }
	for _, c := range []struct {
		name  string
		runs  []string
		sink  string
		want  Report
		kinds []string // of what is wrong, and the example that must be named
	}{
		{"both are owed", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "AQ==")},
			delivery("msg_b", server("13"), "AQ==") + delivery("msg_a", server("12"), "AQ=="), Report{Owed: 2, Delivered: 2}, nil},
		{"the second was altered", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "AQ==")},
			delivery("msg_b", server("13"), "Ag==") + delivery("msg_a", server("12"), "AQ=="), Report{Owed: 2, Delivered: 2, Altered: 1}, []string{"altered", "msg_b,"}},
		{"the first was refused, and leaked", []string{simulated("12", "bad_mic", "AQ=="), simulated("13", "posted", "AQ==")},
			delivery("msg_a", server("12"), "AQ==") + delivery("msg_b", server("13"), "AQ=="), Report{Owed: 1, Delivered: 1, Leaked: 1}, []string{"leaked: owed to nobody: its messages have the fate bad_mic", "msg_a,"}},
		{"the second tells the first's value", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "Ag==")},
			delivery("msg_b", server("13"), "AQ=="), Report{Owed: 2, Delivered: 1, Lost: 1, Altered: 1}, []string{"altered", "msg_b,", "lost", "of log 1"}},
		{"the second came twice, the first never", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "AQ==")},
			delivery("msg_b", server("13"), "AQ==") + delivery("msg_c", server("13"), "AQ=="), Report{Owed: 2, Delivered: 1, Lost: 1, Duplicated: 1}, []string{"duplicated", "as msg_b and as msg_c", "lost", "of log 1"}},
		{"the third of three came twice", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "AQ=="), simulated("14", "posted", "AQ==")},
			delivery("msg_c", server("14"), "AQ==") + delivery("msg_d", server("14"), "AQ==") + delivery("msg_a", server("12"), "AQ==") + delivery("msg_b", server("13"), "AQ=="),
			Report{Owed: 3, Delivered: 3, Duplicated: 1}, []string{"duplicated", "as msg_c and as msg_d"}},

		{"gateways' times tell, after a bridge's downtime too", []string{gateways("12", "posted", "AQ=="), gateways("13", "posted", "Ag==")},
			delivery("msg_a", gateway("12"), "AQ==") + delivery("msg_b", gateway("13"), "Ag=="), Report{Owed: 2, Delivered: 2}, nil},
		{"by gateways' times the second came twice", []string{gateways("12", "posted", "AQ=="), gateways("13", "posted", "AQ==")},
			delivery("msg_a", gateway("13"), "AQ==") + delivery("msg_b", gateway("13"), "AQ=="), Report{Owed: 2, Delivered: 1, Lost: 1, Duplicated: 1}, []string{"duplicated", "as msg_a and as msg_b"}},

		{"a real server's clock is this machine's, not the world's", []string{external("12", "posted", "AQ=="), external("13", "posted", "Ag==")},
			delivery("msg_a", real("12"), "AQ==") + delivery("msg_b", real("13"), "Ag=="), Report{Owed: 2, Delivered: 2}, nil},
		{"a real server's second run came twice", []string{external("12", "posted", "AQ=="), external("13", "posted", "AQ==")},
			delivery("msg_b", real("13"), "AQ==") + delivery("msg_c", real("13"), "AQ=="), Report{Owed: 2, Delivered: 1, Lost: 1, Duplicated: 1}, []string{"duplicated", "as msg_b and as msg_c"}},
		{"a real server's second run tells the first's value", []string{external("12", "posted", "AQ=="), external("13", "posted", "Ag==")},
			delivery("msg_b", real("13"), "AQ=="), Report{Owed: 2, Delivered: 1, Lost: 1, Altered: 1}, []string{"altered", "msg_b,"}},
		{"a real server's clock may be as near to one as to the other", []string{external("12", "posted", "AQ=="), external("13", "posted", "Ag==")},
			delivery("msg_a", `,"time":"2026-12-01T09:12:35Z"`, "AQ==") + delivery("msg_b", `,"time":"2026-12-01T09:13:35Z"`, "Ag=="), Report{Owed: 2, Delivered: 2}, nil},

		{"no time is told, and what is equal is as good", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "Ag==")},
			delivery("msg_b", "", "Ag==") + delivery("msg_a", "", "AQ=="), Report{Owed: 2, Delivered: 2}, nil},
		{"no time is told, and one is altered", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "Ag==")},
			delivery("msg_x", "", "Aw==") + delivery("msg_a", "", "AQ=="), Report{Owed: 2, Delivered: 2, Altered: 1}, []string{"altered", "msg_x,"}},
		{"no time is told, and there is one too many", []string{simulated("12", "posted", "AQ=="), simulated("13", "posted", "AQ==")},
			delivery("msg_a", "", "AQ==") + delivery("msg_b", "", "AQ==") + delivery("msg_c", "", "AQ=="), Report{Owed: 2, Delivered: 2, Duplicated: 1}, []string{"duplicated", "msg_c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := compared(t, c.runs, c.sink)
			var told strings.Builder
			for _, k := range rep.Kinds {
				fmt.Fprintln(&told, k.What, k.Examples)
			}
			for _, k := range c.kinds {
				if !strings.Contains(told.String(), k) {
					t.Errorf("%q is not told:\n%s", k, told.String())
				}
			}
			rep.Readings, rep.Faults, rep.Kinds = 0, nil, nil
			if diff := cmp.Diff(c.want, *rep); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, told.String())
			}
		})
	}
}

// compared judges what a buyer of one device received by the logs of several runs.
func compared(t *testing.T, runs []string, sink string) *Report {
	t.Helper()
	var tr *Truth
	for _, text := range runs {
		one, err := ReadTruth(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if tr == nil {
			tr = one
		} else {
			tr.Add(one)
		}
	}
	got, err := ReadSink(strings.NewReader(sink))
	if err != nil {
		t.Fatal(err)
	}
	return Compare(tr, []Sale{{DevEUI: lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xdb, 0, 0, 1}, Device: "0xaa", Purchase: 3}}, got, 0)
}

const everything = `
seed = 11
start = "2026-06-01T12:00:00Z"
duration = "15m"
speed = 0
[[gateways]]
count = 3
radius = 400
[[devices]]
count = 6
kinds = ["climate", "leak"]
activation = "mixed"
interval = "20s"
radius = 300
duty_cycle = false
f_cnt = 900
[faults]
after = "20s"
loss = 0.03
bad_mic = 0.05
replay = 0.06
duplicate = 0.06
f_cnt_reset = 0.06
rejoin = 0.05
reorder = 0.06
late = 0.06
malformed = 0.05
spoofed = 0.05
flood = 0.03
`

// played is the truth log of a scenario through one output of a format.
func played(t *testing.T, text string, f sim.Format) string {
	t.Helper()
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	setup, err := s.Setup()
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	enc := json.NewEncoder(&log)
	write := func(r *sim.Record) {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	oracle := sim.Oracle{Format: f}
	w.Read = func(r *sim.Reading) { write(sim.ReadingRecord(r)) }
	w.Lost = func(r *sim.Reading, where, why string) { write(sim.LostRecord(w.Now(), r, where, why)) }
	w.Event = func(e *sim.Event) {
		if topic, _ := f.Render(e); topic != "" {
			write(sim.MessageRecord("app", e, oracle.Foretell(e), ""))
		}
	}
	w.RunUntil(setup.Start.Add(15 * time.Minute))
	return log.String()
}

// A bridge knows in a second run what it took in the first: a run that is played again, with the
// sessions and counters it had, owes nothing more; one whose ABP devices count on owes what is new.
// And the counters that judge several logs say of one what the log says itself.
func TestALaterRunOwesWhatItsCountersHadNotUsed(t *testing.T) {
	for _, f := range []sim.Format{sim.V4JSON, sim.V3JSONv3} {
		t.Run(string(f), func(t *testing.T) {
			read := func(text string) *Truth {
				tr, err := ReadTruth(strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				return tr
			}
			first := played(t, everything, f)
			alone, both := read(first), read(first)
			if n := alone.Fates["app"]; n["posted"] < 100 || n["repeat"] < 10 || n["reset"]+n["late"] == 0 {
				t.Fatalf("too little happened: %v", n)
			}
			fresh := read(`{"type":"reading","reading":1,"dev_eui":"0000000000000001","f_cnt":0,"f_port":2}`)
			fresh.Add(read(first))
			if diff := cmp.Diff(alone.Fates, fresh.Fates); diff != "" || fresh.Owed() != alone.Owed() {
				t.Errorf("the counters say otherwise than the log (-log +counters):\n%s", diff)
			}
			both.Add(read(first))
			if both.Owed() != alone.Owed() || both.Fates["app"]["posted"] != alone.Fates["app"]["posted"] {
				t.Errorf("%d are owed, %d of them once already: %v", both.Owed(), alone.Owed(), both.Fates)
			}
			on := read(first)
			on.Add(read(played(t, strings.Replace(everything, "f_cnt = 900", "f_cnt = 3000", 1), f)))
			if on.Owed() <= alone.Owed() {
				t.Errorf("%d are owed, %d by the first run alone", on.Owed(), alone.Owed())
			}
		})
	}
}

// What a bridge delivers of two runs that use the same counters is owed once, and is no loss;
// under two ids it is one too many.
func TestWhatTwoRunsShareIsOwedOnce(t *testing.T) {
	const shared = `{"type":"reading","at":"2026-06-01T12:00:00Z","reading":1,"dev_eui":"70b3d57edb000001","f_cnt":5,"f_port":2,"data":"AQ=="}
{"type":"message","at":"2026-06-01T12:00:01Z","output":"app","fate":"posted","counted_in":"70b3d57edb000001/26000001","counter":5,"server_time":"2026-06-01T12:00:01Z","carries":1}
`
	line := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"purchase":3,"dev":"0xaa","f_cnt":5,"f_port":2,"data":"AQ==","time":"2026-06-01T12:00:01Z"}`+"\n", id)
	}
	for sink, want := range map[string]Report{
		line("msg_a"):                 {Owed: 1, Delivered: 1},
		line("msg_a") + line("msg_b"): {Owed: 1, Delivered: 1, Duplicated: 1},
		"":                            {Owed: 1, Lost: 1},
	} {
		rep := compared(t, []string{shared, shared}, sink)
		rep.Readings, rep.Faults, rep.Kinds = 0, nil, nil
		if diff := cmp.Diff(want, *rep); diff != "" {
			t.Errorf("%q (-want +got):\n%s", sink, diff)
		}
	}
}
