package buyer

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
)

// A hundred configurations of 62 kB burned the processor at each list, and filled the ledger:
// an account that bought nothing keeps little, and a list leaves long options out.
func TestLongConfigurationsAreBoundedAndLeftOutOfLists(t *testing.T) {
	b, _, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	long := strings.Repeat("x", 40_000)
	in := api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"http://192.0.2.1/","body":"template","template":"` + long + `"}`)}
	kept := 0
	for i := range visitorEach {
		switch _, err := b.SetDestination(wallet(1), "192.0.2.7", fmt.Sprint("d", i), in); {
		case err == nil:
			kept++
		case !errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), "bytes together"):
			t.Fatal(err)
		}
	}
	if kept != visitorBytes/40_100 {
		t.Errorf("%d configurations of 40 kB are kept before a purchase", kept)
	}
	if _, err := b.SetDestination(wallet(1), "192.0.2.7", "d0", in); err != nil { // the same again is no more
		t.Error(err)
	}
	all, err := b.Destinations(wallet(1))
	if err != nil || len(all) != kept {
		t.Fatalf("%d, %v", len(all), err)
	}
	for _, v := range all {
		if len(v.Config) > 2*listMax || !strings.Contains(string(v.Config), "192.0.2.1") {
			t.Errorf("the list has %.300s", v.Config)
		}
	}
	one, err := b.Destination(wallet(1), "d0")
	if err != nil || !strings.Contains(string(one.Config), long) {
		t.Errorf("one destination leaves its template out: %v %.100s", err, one.Config)
	}
	if n := testing.AllocsPerRun(20, func() { _, _ = b.Destination(wallet(1), "d0") }); n > 150 {
		t.Errorf("%v allocations to show one: it is read again each time", n)
	}
}
