package market

import (
	"context"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// narrow is a node that takes 500 alternatives, and has a log of each id, the highest id first.
type narrow struct {
	Chain
	t     *testing.T
	asked int
}

func (n *narrow) FilterLogs(_ context.Context, q ethereum.FilterQuery) (logs []types.Log, err error) {
	if n.asked++; len(q.Topics) != 2 || len(q.Topics[0]) != 2 || len(q.Topics[1]) > 500 || q.FromBlock.Uint64() != 7 || q.ToBlock != nil {
		n.t.Errorf("asked for %d topics, %d ids, from block %v to %v", len(q.Topics), len(q.Topics[1]), q.FromBlock, q.ToBlock)
	}
	for _, id := range q.Topics[1] {
		logs = append(logs, types.Log{BlockNumber: 10_000 - id.Big().Uint64()/2, Index: uint(1 - id.Big().Uint64()%2), Topics: []common.Hash{q.Topics[0][0], id}})
	}
	slices.Reverse(logs)
	return logs, nil
}

// The events of more ids than a node takes alternatives are asked for in parts, and come in the
// chain's order all the same.
func TestEventsOfManyIDsComeInTheChainsOrder(t *testing.T) {
	n := &narrow{t: t}
	var ids []uint64
	for id := uint64(1); id <= 1201; id++ {
		ids = append(ids, id)
	}
	logs, err := NewReader(n, common.Address{1}).LogsAbout(t.Context(), 7, []string{"Settled", "Ruled"}, ids)
	if err != nil || len(logs) != len(ids) || n.asked != 3 {
		t.Fatalf("%d logs in %d questions, %v", len(logs), n.asked, err)
	}
	for i, l := range logs {
		if got := l.Topics[1].Big().Uint64(); got != uint64(1201-i) {
			t.Fatalf("log %d is of id %d", i, got)
		}
	}
}
