package app

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// lent is the bridge's nodes as others may use them.
type lent struct{ *parts }

// token is the market's, which never changes.
type token struct {
	mu sync.Mutex
	at common.Address // zero: not asked for yet
}

func (l lent) Contracts(ctx context.Context) (market, dtx common.Address, err error) {
	l.token.mu.Lock()
	defer l.token.mu.Unlock()
	if l.token.at == (common.Address{}) {
		c, err := l.reader.Config(ctx)
		if err != nil {
			return market, dtx, err
		}
		l.token.at = c.Token
	}
	return l.market(), l.token.at, nil
}

// Client prepares transactions of an account.
func (l lent) Client(ctx context.Context, account common.Address) (*client.Client, error) {
	return client.New(ctx, l.nodes, l.market(), account)
}

// Ask puts a question to the first node that answers. A transaction goes to all of them.
func (l lent) Ask(ctx context.Context, method string, params []any) (json.RawMessage, error) {
	switch method {
	case "eth_maxPriorityFeePerGas": // not every node knows it
		tip, err := l.nodes.SuggestGasTipCap(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal((*hexutil.Big)(tip))
	case "eth_sendRawTransaction":
		raw, ok := params[0].(hexutil.Bytes)
		tx := new(types.Transaction)
		if !ok || tx.UnmarshalBinary(raw) != nil {
			return nil, errors.New("bug: what is sent is no transaction")
		}
		if err := l.nodes.SendTransaction(ctx, tx); err != nil {
			return nil, err
		}
		return json.Marshal(tx.Hash())
	}
	return l.nodes.Ask(ctx, method, params...)
}
