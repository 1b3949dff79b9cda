package ledger

// Check will be replaced.
func (l *Ledger) Check() error { return nil }

// Closed tells whether Close was called.
func (l *Ledger) Closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}
