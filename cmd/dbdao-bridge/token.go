package main

import (
	"context"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func tokenCommand(o *options) *cobra.Command {
	balance := &cobra.Command{Use: "balance ACCOUNT", Short: "Show an account's tokens, and its credit in the market", Args: exactly(1)}
	reads(o, balance, func(_ *cobra.Command, args []string) (look, error) {
		who, err := address(args[0])
		return func(ctx context.Context, m *chain) (any, error) {
			tokens, err := m.Reader.Balance(ctx, m.Rules.Token, who)
			if err != nil {
				return nil, err
			}
			credit, err := m.Reader.Credit(ctx, who)
			return struct {
				Account common.Address `json:"account"`
				Tokens  client.Amount  `json:"tokens"`
				Credit  client.Amount  `json:"credit"`
			}{who, m.Amount(tokens), m.Amount(credit)}, err
		}, err
	})
	transfer := &cobra.Command{Use: "transfer TO DTX", Short: "Send tokens", Args: exactly(2)}
	sends(o, transfer, func(_ *cobra.Command, args []string) (plan[client.Sent], error) {
		to, amount, err := toWhom(args)
		return func(_ context.Context, m *chain) (*client.Prepared[client.Sent], error) {
			wei, err := m.wei(amount)
			return m.Transfer(to, wei), err
		}, err
	}, nil)
	approve := &cobra.Command{Use: "approve SPENDER DTX", Short: "Let somebody take tokens of yours (the market asks by itself for what it needs)", Args: exactly(2)}
	sends(o, approve, func(_ *cobra.Command, args []string) (plan[client.Approved], error) {
		to, amount, err := toWhom(args)
		return func(_ context.Context, m *chain) (*client.Prepared[client.Approved], error) {
			wei, err := m.wei(amount)
			return m.Approve(to, wei), err
		}, err
	}, nil)
	return group("token", "Show and send tokens", balance, transfer, approve)
}

func toWhom(args []string) (to common.Address, amount tokens, err error) {
	if to, err = address(args[0]); err != nil {
		return to, amount, err
	}
	amount, err = readTokens(args[1], "the amount")
	return to, amount, err
}

// tokens is an amount of DTX as it was typed: how many decimals the token has, only the
// chain knows.
type tokens struct{ text, what string }

func readTokens(text, what string) (tokens, error) {
	if _, err := config.Decimal(text, 18); err != nil {
		return tokens{}, fmt.Errorf("%w: %s: %w", errUsage, what, err)
	}
	return tokens{text, what}, nil
}

// wei is an amount in the token's smallest unit.
func (m *chain) wei(t tokens) (*big.Int, error) {
	n, err := config.Decimal(t.text, m.Places)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errUsage, t.what, err)
	}
	return n, nil
}

func withdrawCommand(o *options) *cobra.Command {
	c := &cobra.Command{Use: "withdraw [ACCOUNT…]", Short: "Send accounts their credit (anyone may pay the gas; default: your own)"}
	return sends(o, c, func(_ *cobra.Command, args []string) (plan[client.Withdrawn], error) {
		who, err := addresses(args)
		return func(_ context.Context, m *chain) (*client.Prepared[client.Withdrawn], error) {
			if len(who) == 0 {
				who = []common.Address{m.From}
			}
			return m.Withdraw(who...), nil
		}, err
	}, nil)
}
