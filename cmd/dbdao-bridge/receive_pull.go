package main

import (
	"context"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement/overclaim"
	"github.com/ethereum/go-ethereum/crypto"
)

// pullAll fetches everything the bridge has of a purchase, from its beginning, and stores what is
// not stored yet, of a purchase that pays at most quota. Its error says why it did not come to its end.
func (r *receiver) pullAll(ctx context.Context, p market.PurchaseID, quota uint32) (done overclaim.Pulled, err error) {
	var at mark
	var seen, gone seqs
	for {
		page, err := r.asked(ctx, p, at.Cursor)
		if err != nil {
			return done, err
		}
		before := seen.count()
		for _, one := range page.Readings {
			if seen = seen.with(one.Seq); one.Body == "" {
				gone = gone.with(one.Seq)
			}
		}
		if seen.count() == before {
			break
		}
		if uint64(seen.count()) > 2*uint64(quota)+1000 {
			return done, fmt.Errorf("the bridge shows more readings than %d can have been bought", quota)
		}
		if at, err = r.takeAgain(ctx, p, at, page); err != nil {
			return done, err
		}
	}
	have := r.mark(p).Have
	done = overclaim.Pulled{Complete: true, Received: have.count()}
	for _, run := range gone {
		for seq := uint64(run[0]); seq <= uint64(run[1]); seq++ {
			if _, has := have.find(uint32(seq)); !has {
				done.Excused++
			}
		}
	}
	return done, nil
}

// takeAgain is take for a page of a pull that began at the beginning; at is how far that is.
func (r *receiver) takeAgain(ctx context.Context, p market.PurchaseID, at mark, page api.Page) (mark, error) {
	defer r.alone(p)()
	have := r.mark(p).Have
	next, readings, err := r.verify(p, at, page)
	if err != nil {
		return at, err
	}
	next.Cursor = page.Cursor
	var fresh []api.PageReading
	for _, one := range readings {
		if _, has := have.find(one.Seq); !has {
			fresh = append(fresh, one)
		}
	}
	if len(fresh) == 0 {
		return next, nil
	}
	if err := r.keep(ctx, p, fresh); err != nil {
		return at, err
	}
	if err := r.remember(p, func(m *mark) { m.hold(fresh) }); err != nil {
		return at, err
	}
	for _, one := range fresh {
		r.pulled.Store(crypto.Keccak256Hash([]byte(one.Body)), true)
	}
	return next, r.saved(p)
}

// asked is a page behind a cursor.
func (r *receiver) asked(ctx context.Context, p market.PurchaseID, cursor string) (page api.Page, err error) {
	c, err := r.as(ctx)
	if err != nil {
		return page, err
	}
	return c.Readings(ctx, p, cursor)
}

// delivery is how a purchase's readings fare, as the bridge tells.
func (r *receiver) delivery(ctx context.Context, p market.PurchaseID) (v api.DeliveryView, err error) {
	c, err := r.as(ctx)
	if err != nil {
		return v, err
	}
	return c.Delivery(ctx, p)
}
