package ledger_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

func TestADeviceHasOneOwnerAndOneSaltWhoeverAsksAtOnce(t *testing.T) {
	path := t.TempDir() + "/ledger.db"
	l, err := ledger.Open(path, ledgertest.Options())
	ok(t, err)
	var all sync.WaitGroup
	results := make([]error, 40)
	for i := range results { // twenty of each of two owners, each with a salt of his own
		all.Go(func() {
			d := ledgertest.Device(1)
			d.Owner, d.Salt = common.Address{byte(1 + i%2)}, common.Hash{byte(i)}
			d.Commitment = contracts.DeviceCommitment(d.DevEUI, d.Salt)
			results[i] = l.PutDevice(d)
		})
	}
	all.Wait()
	taken, owned, salted := 0, 0, 0
	for _, err := range results {
		switch {
		case err == nil:
			taken++
		case errors.Is(err, ledger.ErrOwned):
			owned++
		case errors.Is(err, ledger.ErrSalt):
			salted++
		}
	}
	devices, err := l.Devices()
	ok(t, err)
	if len(devices) != 1 || taken != 1 || owned != 20 || salted != 19 {
		t.Fatalf("%d devices; %d taken, %d of another owner, %d with another salt", len(devices), taken, owned, salted)
	}
	ok(t, l.Close())

	l = ledgertest.Open(t, path, ledgertest.Options()) // known after a restart too
	d := devices[0]
	other := d
	other.Owner = common.Address{9}
	if err := l.PutDevice(other); !errors.Is(err, ledger.ErrOwned) || !strings.Contains(err.Error(), d.Owner.Hex()) {
		t.Errorf("another owner after a restart: %v", err)
	}
	ok(t, l.PutDevice(d)) // the owner again
	if err := l.ReleaseDevice(ledgertest.Dev(2)); !errors.Is(err, ledger.ErrNoDevice) {
		t.Errorf("a device nobody knows was released: %v", err)
	}
	c := &ledgertest.Chain{}
	listed := ledgertest.Listed(1, 1)
	listed.Device = d.Commitment
	ok(t, l.Advance([]market.Block{c.Mine(listed)}, 0))
	if err := l.ReleaseDevice(d.DevEUI); !errors.Is(err, ledger.ErrListed) || !strings.Contains(err.Error(), "stream 1 ") {
		t.Errorf("a listed device was released: %v", err)
	}
	ok(t, l.Advance([]market.Block{c.Mine(&contracts.DataMarketStreamClosed{Stream: 1, StopAt: common.Big1})}, 0))
	ok(t, l.ReleaseDevice(d.DevEUI))
	ok(t, l.PutDevice(other))
	if devices, err = l.Devices(); err != nil || len(devices) != 1 || devices[0].Owner != other.Owner || devices[0].Salt != d.Salt {
		t.Errorf("%+v %v", devices, err)
	}
}
