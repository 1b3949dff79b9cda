package buyer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
)

const (
	replayFor   = 30 * time.Second // one request; its caller asks again for the rest
	replaysMax  = 4                // under way at once, of different buyers
	replayParts = 500              // readings in a batch at most
)

// Replay has parked parcels tried again; where a range is named, what was delivered in it is
// sent again too. That makes no receipts: there are some.
func (b *Desk) Replay(ctx context.Context, p market.PurchaseID, r api.Range) (done api.Replay, err error) {
	if err := b.given(); err != nil {
		return done, err
	}
	from, to := uint32(0), uint32(math.MaxUint32)
	if r.From != nil {
		from = *r.From
	}
	if r.To != nil {
		to = *r.To
	}
	if r.From != nil || r.To != nil {
		if err := b.resend(ctx, p, from, to, &done); err != nil || done.Next != nil {
			return done, err // parked ones come back when the range is through
		}
	}
	if done.Unparked, err = b.ledger.Unpark(p, from, to); err == nil && done.Unparked > 0 {
		b.courier.Replayed(p)
		b.bells.ring(p)
	}
	return done, err
}

// resend sends readings that have receipts to the purchase's destination, from the archive,
// in order, until one is refused or the time is over: then Next says where to go on.
func (b *Desk) resend(ctx context.Context, p market.PurchaseID, from, to uint32, done *api.Replay) error {
	d, ok, err := b.ledger.Destination(p)
	if err != nil || !ok {
		return err // they are fetched
	}
	t, sink, err := b.openDestination(d)
	if err != nil {
		return refused(err)
	}
	defer sink.Close()
	limits := t.Limits()
	if limits.Pull {
		return nil
	}
	leave, err := b.replays.enter(d.Buyer)
	if err != nil {
		return err
	}
	defer leave()
	for end := time.Now().Add(replayFor); from < to; {
		if time.Now().After(end) || ctx.Err() != nil {
			done.Next = &from
			return nil
		}
		some, err := b.ledger.Received(p, from, min(limits.Parcels, replayParts))
		if err != nil || len(some) == 0 {
			return err
		}
		batch, next, expired, err := again(some, limits.Bytes, to)
		if err != nil {
			return err
		}
		res := delivery.Result{}
		if len(batch.Parcels) > 0 {
			res = b.attempt(ctx, sink, batch)
		}
		done.Resent += res.Taken
		done.Expired += expired
		if res.Taken < len(batch.Parcels) {
			done.Next, done.Reason = &batch.Parcels[res.Taken].Seq, res.Reason
			if len(res.Never) > 0 && res.Never[0].Index == res.Taken {
				done.Reason = res.Never[0].Reason
			}
			return nil
		}
		from = next
	}
	return nil
}

func (b *Desk) attempt(ctx context.Context, sink delivery.Sink, batch delivery.Batch) delivery.Result {
	ctx, cancel := context.WithTimeout(ctx, b.delivery.Timeout)
	defer cancel()
	return sink.Deliver(ctx, batch)
}

// again makes a batch of readings from the archive, as they were sent: the same ids and bytes.
// next is the seq behind them; expired counts those whose time is over.
func again(some []ledger.Received, bytes int, to uint32) (batch delivery.Batch, next uint32, expired int, err error) {
	var parcels []delivery.Parcel
	size := 0
	next = to
	for _, r := range some {
		if r.Seq >= to {
			break
		}
		if size += len(r.Body); bytes > 0 && size > bytes && len(parcels) > 0 {
			next = r.Seq
			break
		}
		next = min(r.Seq, math.MaxUint32-1) + 1
		if r.Body == nil {
			expired++
			continue
		}
		var body struct {
			ID       delivery.ParcelID
			FCnt     uint32 `json:"f_cnt"`
			Received time.Time
		}
		if err := json.Unmarshal(r.Body, &body); err != nil || body.ID == "" {
			return batch, 0, 0, errors.Join(fmt.Errorf("the archived reading %d of purchase %d is none", r.Seq, r.Purchase), err)
		}
		parcels = append(parcels, delivery.Parcel{ID: body.ID, Purchase: r.Purchase, Seq: r.Seq, FCnt: body.FCnt,
			Received: uint64(body.Received.Unix()), Created: r.At, Body: r.Body})
	}
	if len(parcels) > 0 {
		batch = delivery.NewBatch(0, parcels)
		batch.Again = true
	}
	return batch, next, expired, nil
}
