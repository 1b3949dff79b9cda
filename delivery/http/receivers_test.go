package http

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

const (
	formerSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	freshSecret  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1bX3n4qTWHw="
	otherSecret  = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

// receivers are the programs of docs/receiving.md, by language: what starts one in its folder.
var receivers = map[string]func(t *testing.T, dir, addr string) []string{
	"receiver.go": func(t *testing.T, dir, _ string) []string {
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "receiver"), filepath.Join(dir, "receiver.go")).CombinedOutput()
		if err != nil {
			t.Fatalf("it does not compile: %v\n%s", err, out)
		}
		return []string{"./receiver"}
	},
	"receiver.py": func(t *testing.T, _, _ string) []string { return []string{servers.BuyersPython(t), "receiver.py"} },
	"receiver.js": func(*testing.T, string, string) []string { return []string{"node", "receiver.js"} },
	"receiver.php": func(t *testing.T, _, addr string) []string {
		servers.Need(t, "php")
		return []string{"php", "-S", addr, "receiver.php"}
	},
}

// The code that docs/receiving.md shows, run as it stands there, each program against real
// deliveries: it believes what the secret signed, and nothing else, and stores an id once.
func TestTheReceiversOfTheDocument(t *testing.T) {
	for name, command := range receivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := servers.Fragment(t, name)
			addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
			run := command(t, dir, addr)
			r := receiver{t, filepath.Join(dir, "readings"), servers.Run(t, dir, addr, []string{"LISTEN=" + addr, "WEBHOOK_SECRET=" + formerSecret}, run...)}
			if err := os.Mkdir(r.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			r.believes()
			rotated := r.rotates()
			r.server.Stop() // and comes back with the new secret
			r.server = servers.Run(t, dir, addr, []string{"LISTEN=" + addr, "WEBHOOK_SECRET=" + freshSecret}, run...)
			r.takes(rotated, 0, r.parcel(5), "both sign, it holds the new secret")
			r.refuses(`{"secret":"`+formerSecret+`"}`, 0, r.parcel(6), "the former secret alone")
			if name == "receiver.php" {
				r.server.Stop()
				key := "whpk_" + base64.StdEncoding.EncodeToString(sinktest.Key[32:])
				r.server = servers.Run(t, dir, addr, []string{"OPERATOR_KEY=" + key}, run...)
				r.takes(`{}`, 0, r.parcel(7), "the operator's key")
				r.refuses(`{}`, -6*time.Minute, r.parcel(8), "the operator's key, an old timestamp")
				r.server.Stop()
				r.server = servers.Run(t, dir, addr, []string{"OPERATOR_KEY=whpk_" + base64.StdEncoding.EncodeToString(make([]byte, 32))}, run...)
				r.refuses(`{}`, 0, r.parcel(9), "another's key")
				return
			}
			if err := os.RemoveAll(r.dir); err != nil {
				t.Fatal(err)
			}
			if res := r.deliver(rotated, 0, r.parcel(10)); res.Taken != 0 || res.Reason.Text != "HTTP 503" {
				t.Errorf("it cannot store, and answers %+v", res)
			}
		})
	}
}

// receiver is a program that runs; dir is its store.
type receiver struct {
	t      *testing.T
	dir    string
	server *servers.Process
}

func (r *receiver) parcel(seq int) delivery.Batch {
	return delivery.NewBatch(0, sinktest.Parcels(3, seq, 1))
}

// deliver sends a batch with a destination's options, from a bridge whose clock is off.
func (r *receiver) deliver(options string, off time.Duration, b delivery.Batch) delivery.Result {
	r.t.Helper()
	target, err := delivery.Kinds{Kind}.Parse("http", []byte(sinktest.With(options, "url", r.server.URL+"/readings")), netguard.Guard{AllowPrivate: true})
	if err != nil {
		r.t.Fatal(err)
	}
	sink, err := target.Open(delivery.Env{Dial: (&net.Dialer{}).DialContext, Key: sinktest.Key, Now: func() time.Time { return time.Now().Add(off) }})
	if err != nil {
		r.t.Fatal(err)
	}
	defer sink.Close()
	return sink.Deliver(r.t.Context(), b)
}

func (r *receiver) stored() (ids []string) {
	r.t.Helper()
	all, err := os.ReadDir(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range all {
		ids = append(ids, f.Name())
	}
	return ids
}

func (r *receiver) takes(options string, off time.Duration, b delivery.Batch, what string) {
	r.t.Helper()
	if res := r.deliver(options, off, b); res.Taken != len(b.Parcels) {
		r.t.Errorf("%s: %+v", what, res)
		return
	}
	body, err := os.ReadFile(filepath.Join(r.dir, b.ID))
	if err != nil || len(b.Parcels) == 1 && string(body) != string(b.Parcels[0].Body) {
		r.t.Errorf("%s: stored is %q (%v)", what, body, err)
	}
}

func (r *receiver) refuses(options string, off time.Duration, b delivery.Batch, what string) {
	r.t.Helper()
	before := r.stored()
	if res := r.deliver(options, off, b); res.Taken != 0 || res.Reason.Code != delivery.CodeCredentials {
		r.t.Errorf("%s: %+v", what, res)
	}
	if after := r.stored(); len(after) != len(before) {
		r.t.Errorf("%s: it stored %v", what, after)
	}
}

func (r *receiver) believes() {
	mine := `{"secret":"` + formerSecret + `"}`
	r.takes(mine, 0, r.parcel(0), "a delivery")
	path := filepath.Join(r.dir, r.parcel(0).ID)
	first, err := os.Stat(path)
	if err != nil {
		r.t.Fatal(err)
	}
	r.takes(mine, 2*time.Second, r.parcel(0), "the same id again")
	if again, err := os.Stat(path); err != nil || !os.SameFile(first, again) || len(r.stored()) != 1 {
		r.t.Errorf("the same id again is stored again: %v %v", r.stored(), err)
	}
	r.takes(mine, -4*time.Minute, r.parcel(1), "a timestamp within five minutes")
	r.refuses(mine, -6*time.Minute, r.parcel(2), "an old timestamp")
	r.refuses(mine, 6*time.Minute, r.parcel(2), "a timestamp to come")
	r.refuses(`{"secret":"`+otherSecret+`"}`, 0, r.parcel(2), "another's secret")
	r.refuses(`{}`, 0, r.parcel(2), "no signature by a secret")
	r.takes(mine, 0, r.parcel(3), "another")
	r.takes(`{"secret":"`+formerSecret+`","batch":3,"body":"json_array"}`, 0, delivery.NewBatch(0, sinktest.Parcels(4, 0, 3)), "a batch")
}

// rotates has the secret replaced: the former one signs as well until the time that was named,
// and not after. It gives the options of the rotation under way.
func (r *receiver) rotates() (options string) {
	r.t.Helper()
	rotate := func(until time.Time) string {
		config, err := Kind.Rotate([]byte(`{"secret":"`+formerSecret+`"}`), freshSecret, until)
		if err != nil {
			r.t.Fatal(err)
		}
		return string(config)
	}
	under := rotate(time.Now().Add(2 * time.Minute))
	r.takes(under, 0, r.parcel(4), "both sign, it holds the former secret")
	r.refuses(under, 3*time.Minute, r.parcel(11), "the former secret's time is over")
	if strings.Count(under, "whsec_") != 2 {
		r.t.Errorf("the rotation is %s", under)
	}
	return under
}
