package app

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// challenges are the streams whose round of challenges is not over, as folded: what an
// operator should see coming. Streams are read again when the head moves.
type challenges struct {
	mu    sync.Mutex
	head  market.Position
	live  []market.Stream
	rules *contracts.Config // nil until a node answered
	asked time.Time
}

// list gives the challenged streams at chain time now.
func (c *challenges) list(now uint64) []api.ChallengedStream {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []api.ChallengedStream{}
	for i := range c.live {
		s := &c.live[i]
		one := api.ChallengedStream{Stream: s.ID, State: s.State, Round: s.Round}
		if c.rules != nil {
			one.Quorum = c.rules.Quorum
			if s.Round.State == market.RoundOpen {
				one.Round.Deadline = s.Round.Opened + c.rules.Ttl.Uint64()
			}
		}
		one.Over = one.Round.Deadline > 0 && now >= one.Round.Deadline
		all = append(all, one)
	}
	return all
}

// refresh reads the streams again if the head moved, and the rules if they are needed.
func (p *parts) refreshChallenges() {
	c := &p.accused
	c.mu.Lock()
	defer c.mu.Unlock()
	if head, _ := p.index.Head(); head.Hash != c.head.Hash || head.Number == 0 {
		live, err := p.ledger.Challenged()
		if err != nil {
			return // the ledger says so itself
		}
		c.head, c.live = head, live
	}
	if len(c.live) == 0 || c.rules != nil || time.Since(c.asked) < 10*time.Second {
		return
	}
	c.asked = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if rules, err := p.reader.Config(ctx); err == nil {
		c.rules = &rules
	}
}

// lookAtChallenges raises a condition for each stream that is challenged or in review.
func (p *parts) lookAtChallenges() {
	p.refreshChallenges()
	holds := map[[2]string]bool{}
	for _, s := range p.accused.list(p.index.Now()) {
		subject := fmt.Sprintf("stream %d", s.Stream)
		switch {
		case s.Round.State == market.RoundReview:
			p.health.Raise(health.Condition{Code: "stream_in_review", Subject: subject, Text: reviewText(s)})
			holds[[2]string{"stream_in_review", subject}] = true
		case !s.Over:
			p.health.Raise(health.Condition{Code: "stream_challenged", Subject: subject, Text: challengedText(s)})
			holds[[2]string{"stream_challenged", subject}] = true
		}
	}
	for _, c := range p.health.List() {
		if (c.Code == "stream_in_review" || c.Code == "stream_challenged") && !holds[[2]string{c.Code, c.Subject}] {
			p.tellRuling(c.Subject)
			p.health.Clear(c.Code, c.Subject)
		}
	}
}

// tellRuling says how a round ended that is no longer open: "recovered" alone would read as
// good news.
func (p *parts) tellRuling(subject string) {
	var id market.StreamID
	if _, err := fmt.Sscanf(subject, "stream %d", &id); err != nil {
		return
	}
	s, ok, err := p.ledger.Stream(id)
	if err != nil || !ok || s.Round.State <= market.RoundReview { // none, or it goes on in review
		return
	}
	switch state := s.Round.State; {
	case state.Slashed() || state == market.RoundOperatorAtFault:
		p.log.Warn("the arbiter upheld the challenge: what was sold of the stream has ended", "stream", uint64(id), "round", s.Round.Number, "ruling", state.String())
	default:
		p.log.Info("a round of challenges is over", "stream", uint64(id), "round", s.Round.Number, "ended", state.String())
	}
}

func until(unix uint64) string {
	if unix == 0 {
		return ""
	}
	return " until " + time.Unix(int64(unix), 0).UTC().Format(time.RFC3339)
}

func reviewText(s api.ChallengedStream) string {
	if s.Over {
		return fmt.Sprintf("the review of stream %d is over without a ruling: `challenge expire %d` (anyone) says so on chain, deposits can be redeemed", s.Stream, s.Stream)
	}
	return fmt.Sprintf("stream %d is in review%s (round %d, %d challengers, a ruling is possible from %s): its stake is locked, nothing else changes; give the arbiter your evidence (`evidence build`) and your answer (`stream respond`)",
		s.Stream, until(s.Round.Deadline), s.Round.Number, s.Round.Count, time.Unix(int64(s.Round.RuleFrom), 0).UTC().Format(time.RFC3339))
}

func challengedText(s api.ChallengedStream) string {
	of := ""
	if s.Quorum > 0 {
		of = fmt.Sprintf(" of %d", s.Quorum)
	}
	var who []string
	for _, c := range s.Round.Challenges {
		who = append(who, fmt.Sprintf("purchase %d", c.Purchase))
	}
	return fmt.Sprintf("stream %d is challenged: %d%s challenges%s (by the buyers of %s); nothing changes yet: look at the device and prepare evidence (`challenge ls --stream %d`, `evidence build`)",
		s.Stream, s.Round.Count, of, until(s.Round.Deadline), strings.Join(who, ", "), s.Stream)
}
