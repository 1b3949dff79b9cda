package client_test

import (
	"context"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/core/types"
)

// patient is a node that makes a block once so many transactions wait.
type patient struct {
	*node
	wait int
}

func (n *patient) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	err := n.Client.SendTransaction(ctx, tx)
	if err != nil {
		return err
	}
	n.sent = append(n.sent, tx)
	if len(n.sent) == n.wait {
		n.y.Backend.Commit()
	}
	return nil
}

// plain is a node that plays no transactions one after the other.
type plain struct{ client.Node }

// Token and market are sent one after the other without waiting for the first: one block holds both, where
// a block comes only when both wait. A node that cannot play what stands on an unmined contract gets them one by one.
func TestTokenAndMarketShareABlock(t *testing.T) {
	p := newPlace(t, 4)
	rules := contracts.DemoRules()
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = p.Addr(0), p.Addr(1), p.Addr(2), p.Addr(3)
	for name, at := range map[string]client.Node{"a block for both": &patient{p.node, 2}, "a node that does not simulate": plain{p.node}} {
		t.Run(name, func(t *testing.T) {
			p.node.sent = nil
			d, err := client.Deploy(t.Context(), at, p.Addr(0), rules)
			if err != nil {
				t.Fatal(err)
			}
			done, err := d.SendAll(t.Context(), settlement.NewKey(p.Keys[0]))
			if err != nil || len(done) != 2 {
				t.Fatalf("%d contracts: %v", len(done), err)
			}
			m, err := client.New(t.Context(), p.node, done[1].Market, p.Addr(0))
			if err != nil || m.Rules.Token != done[0].Token {
				t.Fatalf("a market paid in %s, not in %s: %v", m.Rules.Token, done[0].Token, err)
			}
			if _, alone := at.(plain); (done[0].Block == done[1].Block) == alone {
				t.Errorf("in blocks %d and %d", done[0].Block, done[1].Block)
			}
		})
	}
}
