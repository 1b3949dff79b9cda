package ledger

// Room says whether a change would be queued at once: false when the queue is
// nearly full, and after a commit failed or Close was called.
func (l *Ledger) Room() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken == nil && !l.closed && len(l.queue) < queueMax-queueMax/8
}
