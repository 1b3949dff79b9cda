package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// seenFile has the last time that the chain bore out: a witness at a start at which no node answers.
const seenFile = "seen"

// recallTime reads it. Without it there is one witness less.
func (p *parts) recallTime() {
	text, err := os.ReadFile(p.cfg.Path(seenFile))
	if err != nil {
		return
	}
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text))); err == nil {
		p.index.Remember(at)
	}
}

// keepTime writes it down, once a minute.
func (p *parts) keepTime(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
		if err := p.writeTime(); err != nil {
			p.log.Warn("the time was not written down", "err", err)
		}
	}
}

func (p *parts) writeTime() error {
	past := p.index.Past()
	if past.IsZero() { // no node has shown it
		return nil
	}
	_, err := durably(p.cfg.Path(seenFile), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, past.UTC().Format(time.RFC3339))
		return err
	})
	return err
}
