package ledger

// EncodeForTest makes a value as the ledger would store it.
func EncodeForTest(bucket, key string, body []byte) []byte {
	return bind([]byte(bucket), []byte(key), encode(body))
}

// SweepOften has changes go from the journal to where they belong all the time, a few by a
// commit, so that whatever a test does meets every state of a sweep.
func SweepOften() { usual = pace{chunk: 300, recent: 4_000, logged: 16_000, step: 1} }

// ReserveLittle has so many bytes kept free.
func ReserveLittle(n int64) { reserve = n }

// Unswept counts what the journal holds.
func (l *Ledger) Unswept() (n int) {
	l.recent.mu.Lock()
	defer l.recent.mu.Unlock()
	for i := range l.recent.layer {
		n += l.recent.layer[i].Len()
	}
	return n
}

// Sweeping tells whether a sweep is under way.
func (l *Ledger) Sweeping() bool {
	l.recent.mu.Lock()
	defer l.recent.mu.Unlock()
	return l.journal.sweeping
}
