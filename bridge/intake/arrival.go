// Package intake is what an arrival passes on its way to the outbox: the entrance of its source,
// the copies of it that other sources bring, the codecs of its listing, the frames it is made of.
// Every arrival ends with one Fate, and whoever brought it is told.
//
// It knows neither where arrivals come from nor what becomes of readings: package bridge tells that
// story, package source brings them.
package intake

import (
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Arrival is one message of a source: a publication, a post, or an event that back-fill brings.
type Arrival struct {
	Topic    string        // it was published under; empty: it was posted, or is brought later
	Event    lorawan.Event // its kind, where no topic tells it
	Payload  []byte        // holds until who was given the arrival returns
	QoS      byte          // it was published with; a post counts as 1
	Retained bool          // the broker had kept it from before
	Missed   time.Duration // not 0: it was missed when it was live, and is sold if it was received no longer ago
	Done     Done
}

// End is what became of an arrival.
type End struct {
	Fate  Fate
	Below uint32 // of a missed one that was sold: how many f_cnt right below its own are missing
}

// Done is told, once, when an arrival's fate is durable, or with FateUncommitted that it has none.
type Done struct {
	waits Waits
	place uint64
}

// Waits is who brought arrivals and waits for their ends. It tells them apart by their places,
// so that an arrival nobody bought costs no memory.
type Waits interface {
	End(place uint64, e End)
}

// Then makes a Done of a function.
func Then(f func(End)) Done { return Done{then(f), 0} }

// Tell tells the end.
func (d Done) Tell(e End) { d.waits.End(d.place, e) }

type then func(End)

// End makes then a Waits.
func (f then) End(_ uint64, e End) { f(e) }
