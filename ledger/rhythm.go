package ledger

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Rhythm is how a device sends, as its live uplinks taught it.
type Rhythm struct {
	Last  time.Time     // its newest uplink, by chain time
	Every time.Duration // between two of them; 0: not known yet
}

// Rhythms tells of every device that was heard, by network and by its newest session there. It
// reads all windows there are.
func (l *Ledger) Rhythms() (map[string]map[lorawan.DevEUI]Rhythm, error) {
	networks := map[string]map[lorawan.DevEUI]Rhythm{}
	err := l.view(func(tx *txn) error {
		return tx.Bucket(bWindows).ForEach(func(k, v []byte) error {
			if len(k) < 9 || len(k) < 9+int(k[8]) {
				return ErrCorrupt
			}
			all := networks[string(k[9:9+int(k[8])])]
			if all == nil {
				all = map[lorawan.DevEUI]Rhythm{}
				networks[string(k[9:9+int(k[8])])] = all
			}
			w, err := decodeWindow(k, v)
			if err != nil {
				return err
			}
			dev, last := lorawan.DevEUI(k), time.Unix(int64(w.touched), 0)
			if had, known := all[dev]; !known || last.After(had.Last) {
				every := time.Duration(w.every) * time.Millisecond
				if every == 0 {
					every = had.Every // the session before knew
				}
				all[dev] = Rhythm{last, every}
			}
			return nil
		})
	})
	return networks, err
}
