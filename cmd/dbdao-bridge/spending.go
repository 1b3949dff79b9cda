package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/statement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// spent is what became of money: what was locked before and what was escrowed is what was paid,
// what was refunded and what is locked.
type spent struct {
	Readings uint64        `json:"readings"` // paid
	Carried  client.Amount `json:"carried"`  // locked before --from
	Escrowed client.Amount `json:"escrowed"`
	Paid     client.Amount `json:"paid"`
	Refunded client.Amount `json:"refunded"` // to the buyer's credit
	Locked   client.Amount `json:"locked"`
}

func (s *spent) add(one spent) {
	s.Readings += one.Readings
	add(&s.Carried, one.Carried)
	add(&s.Escrowed, one.Escrowed)
	add(&s.Paid, one.Paid)
	add(&s.Refunded, one.Refunded)
	add(&s.Locked, one.Locked)
}

// spentOn is what became of a purchase's money.
type spentOn struct {
	Purchase market.PurchaseID `json:"purchase"`
	Stream   market.StreamID   `json:"stream"`
	Start    time.Time         `json:"start"`
	End      time.Time         `json:"end"`             // at the latest
	Payer    *common.Address   `json:"payer,omitempty"` // who bought it, if it was not the buyer
	spent
}

// buyerBook is a buyer's book as commands print it.
type buyerBook struct {
	Buyer     common.Address `json:"buyer"`
	Purchases []spentOn      `json:"purchases"`
	Sum       spent          `json:"sum"`
}

func (b buyerBook) text(o *options, w io.Writer) error {
	if len(b.Purchases) == 0 {
		_, err := fmt.Fprintf(w, "nothing of %s's was spent or locked in that time\n", b.Buyer)
		return err
	}
	t := table{head: []string{"PURCHASE", "STREAM", "START", "END", "BOUGHT BY", "CARRIED OVER", "ESCROWED", "PAID READINGS", "PAID", "REFUNDED", "LOCKED"}}
	row := func(purchase, stream, start, end, payer string, s spent) {
		t.row(purchase, stream, start, end, payer, o.some(s.Carried), o.money(s.Escrowed), fmt.Sprint(s.Readings), o.money(s.Paid), o.money(s.Refunded), o.money(s.Locked))
	}
	for _, p := range b.Purchases {
		row(fmt.Sprint(p.Purchase), fmt.Sprint(p.Stream), rfc3339(p.Start), rfc3339(p.End), p.payer(), p.spent)
	}
	row("all", "", "", "", "", b.Sum)
	return t.print(w, "")
}

func (p *spentOn) payer() string {
	if p.Payer == nil {
		return ""
	}
	return p.Payer.Hex()
}

func (b buyerBook) records() [][]string {
	rows := [][]string{{"purchase", "stream", "start", "end", "payer", "readings", "decimals", "carried_wei", "escrowed_wei", "paid_wei", "refunded_wei", "locked_wei"}}
	for _, p := range b.Purchases {
		rows = append(rows, []string{fmt.Sprint(p.Purchase), fmt.Sprint(p.Stream), rfc3339(p.Start), rfc3339(p.End), p.payer(), fmt.Sprint(p.Readings), fmt.Sprint(p.Paid.Places),
			p.Carried.Wei.String(), p.Escrowed.Wei.String(), p.Paid.Wei.String(), p.Refunded.Wei.String(), p.Locked.Wei.String()})
	}
	return rows
}

func (o *options) purchaseSpending() *cobra.Command {
	var days period
	c := &cobra.Command{Use: "spending [ADDRESS]", Short: "Show what a buyer's purchases escrowed, paid, got back and still hold, exact to the wei, from the chain alone; deposits of challenges are not in it (default: of the key that signs)", Args: most(1)}
	days.flags(c)
	o.csvFlag(c)
	return reads(o, c, func(c *cobra.Command, args []string) (look, error) {
		if err := days.read(); err != nil {
			return nil, err
		}
		who, err := o.whose(c, args)
		return func(ctx context.Context, m *chain) (any, error) {
			b, err := statement.OfBuyer(ctx, m.Client, who)
			if err != nil {
				return nil, err
			}
			blocks, err := b.Between(ctx, days.from, days.to)
			return m.viewBuyerBook(who, b, blocks), err
		}, err
	})
}

func (m *chain) viewBuyerBook(who common.Address, b *statement.Book, blocks statement.Span) buyerBook {
	of := map[market.StreamID]market.Stream{}
	for _, s := range b.Streams {
		of[s.ID] = s
	}
	v := buyerBook{Buyer: who, Purchases: []spentOn{}}
	for _, a := range b.ByPurchase(blocks) {
		s := of[a.Stream]
		one := spentOn{a.ID, a.Stream, moment(a.Start), moment(s.EndOf(a.End)), nil,
			spent{a.Readings, m.Amount(a.Carried), m.Amount(a.Escrowed), m.Amount(a.Paid), m.Amount(a.Refunded), m.Amount(a.Locked)}}
		if a.Gift() {
			one.Payer = &a.Payer
		}
		v.Purchases = append(v.Purchases, one)
		v.Sum.add(one.spent)
	}
	return v
}
