package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// chain is a market on a node, for the account that gives the command.
type chain struct {
	*client.Client
	node  *node.Client
	start uint64 // block to look for events from
}

// A plan prepares what a command sends, show says what is printed of it, look is what a
// command prints that only reads.
type (
	plan[T any] func(ctx context.Context, m *chain) (*client.Prepared[T], error)
	show[T any] func(ctx context.Context, m *chain, done []T) (any, error)
	look        func(ctx context.Context, m *chain) (any, error)
)

// sends makes a command one that sends: parse reads flags and arguments before anything
// is unlocked or asked. Without then, the results themselves are printed.
func sends[T any](o *options, c *cobra.Command, parse func(c *cobra.Command, args []string) (plan[T], error), then show[T]) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		prepare, err := parse(c, args)
		if err != nil {
			return err
		}
		from, key, err := o.account(c.Context())
		if err != nil {
			return err
		}
		m, err := o.dial(c.Context(), from)
		if err != nil {
			return err
		}
		defer m.node.Close()
		if m.Permit, err = o.permitSignature(); err != nil {
			return err
		}
		p, err := prepare(c.Context(), m)
		if err != nil {
			return err
		}
		if err := meant(o, c, m, p); err != nil {
			return err
		}
		return carry(o, c, m, p, key, then)
	}
	o.unsignedFlags(c)
	return c
}

// carry sends what is prepared and prints what came of it, or prints it unsigned.
func carry[T any](o *options, c *cobra.Command, m *chain, p *client.Prepared[T], key *settlement.Key, then show[T]) error {
	if o.unsigned {
		u, err := p.Unsigned(c.Context())
		if err != nil {
			return err
		}
		if u.Permit != nil {
			fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: instead of the approval, sign `permit` and repeat the command with --permit-deadline %d --permit-signature SIGNATURE\n", u.Deadline)
		}
		return o.printJSON(c, u)
	}
	done, err := p.SendAll(c.Context(), key)
	if len(done) == 0 {
		return err
	}
	if then == nil {
		then = func(_ context.Context, _ *chain, done []T) (any, error) { return single(done), nil }
	}
	if head, err := m.node.HeaderByNumber(c.Context(), nil); err == nil {
		o.now = time.Unix(int64(head.Time), 0) // what was sent is mined, and perhaps long after the head that was asked for first
	}
	v, terr := then(c.Context(), m, done)
	if terr == nil {
		terr = o.print(c, v)
	}
	return errors.Join(err, terr) // what was done stands, and is told
}

// single is the only one of a list, or the list.
func single[T any](all []T) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// reads makes a command one that asks a node and sends nothing.
func reads(o *options, c *cobra.Command, parse func(c *cobra.Command, args []string) (look, error)) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		ask, err := parse(c, args)
		if err != nil {
			return err
		}
		m, err := o.dial(c.Context(), common.Address{})
		if err != nil {
			return err
		}
		defer m.node.Close()
		v, err := ask(c.Context(), m)
		if err != nil {
			return err
		}
		return o.print(c, v)
	}
	return c
}

// unsignedFlags are those of commands that send.
func (o *options) unsignedFlags(c *cobra.Command) {
	c.Flags().BoolVar(&o.unsigned, "unsigned", false, "print the transaction as JSON (to, data, value, gas, what it does) for a multisig or hardware wallet instead of sending it; needs no key")
	c.Flags().StringVar(&o.from, "from", "", "account that will sign it, with --unsigned")
}

// explained is how many calls of a basket are told before it is paid.
const explained = 20

// meant says what the market is about to take and what is left, and asks whoever sits at a terminal
// whether he means it. --yes has agreed before.
func meant[T any](o *options, c *cobra.Command, m *chain, p *client.Prepared[T]) error {
	price := p.Pays()
	if o.yes || o.unsigned || price.Wei == nil || price.Wei.Sign() == 0 {
		return nil
	}
	have, err := m.Reader.Balance(c.Context(), m.Rules.Token, m.From)
	if err != nil {
		return err
	}
	left := new(big.Int).Sub(have, price.Wei)
	if left.Sign() < 0 {
		return nil // the token refuses it, and says so
	}
	if _, err := p.Unsigned(c.Context()); err != nil { // what the contract refuses nobody is told of, or asked about
		return err
	}
	all := p.Explains()
	for _, does := range all[:min(len(all), explained)] {
		fmt.Fprintln(c.ErrOrStderr(), "dbdao-bridge: "+does)
	}
	if more := len(all) - explained; more > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: and %d more\n", more)
	}
	fmt.Fprintf(c.ErrOrStderr(), "dbdao-bridge: it takes %s of the %s that %s has: %s are left\n", o.money(price), o.money(m.Amount(have)), m.From, o.money(m.Amount(left)))
	if in, is := c.InOrStdin().(*os.File); !is || !isTerminal(in) {
		return nil
	}
	return consents(c.Context(), c, "Pay that?")
}

// pays adds the flags of commands whose account pays the market.
func (o *options) pays(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&o.yes, "yes", false, "agree to what is paid without being told and, on a terminal, asked: for scripts")
	c.Flags().StringVar(&o.permit, "permit-signature", "", "signature (0x…) of the permit that --unsigned printed: it takes the place of the approval")
	c.Flags().Uint64Var(&o.permitDeadline, "permit-deadline", 0, "permit_deadline that --unsigned printed beside that permit")
	return c
}

func (o *options) permitSignature() (*client.PermitSignature, error) {
	if o.permit == "" {
		return nil, nil
	}
	sig, err := hexutil.Decode(o.permit)
	if err != nil || o.permitDeadline == 0 || !o.unsigned {
		return nil, fmt.Errorf("%w: --permit-signature is 0x and hexadecimal digits, and comes with --unsigned and --permit-deadline", errUsage)
	}
	return &client.PermitSignature{Deadline: o.permitDeadline, Signature: sig}, nil
}

// account is who sends: the key's, or --from with --unsigned.
func (o *options) account(ctx context.Context) (common.Address, *settlement.Key, error) {
	if o.unsigned {
		if o.from == "" {
			return common.Address{}, nil, fmt.Errorf("%w: --unsigned wants to know who will sign: give --from ADDRESS", errUsage)
		}
		from, err := address(o.from)
		return from, nil, err
	}
	if o.from != "" {
		return common.Address{}, nil, fmt.Errorf("%w: --from comes with --unsigned; a key knows its own address", errUsage)
	}
	key, err := o.wallet(ctx)
	if err != nil {
		return common.Address{}, nil, err
	}
	return key.Address(), key, nil
}

// load reads the configuration if one is named. It may be unfinished: before
// `operator register` nobody has an operator id.
func (o *options) load() (config.Config, error) {
	if o.config == "" {
		return config.Config{}, nil
	}
	return config.Draft(o.config)
}

// lender is the API whose operator lends his node; "": one of our own is asked.
func (o *options) lender() string {
	if o.viaAPI == "" && o.rpc == "" && os.Getenv("DBDAO_RPC") == "" {
		return strings.TrimRight(os.Getenv("DBDAO_VIA_API"), "/")
	}
	return strings.TrimRight(o.viaAPI, "/")
}

// reach finds the node.
func (o *options) reach(ctx context.Context) (*node.Client, config.Config, error) {
	cfg, err := o.load()
	if err != nil {
		return nil, cfg, err
	}
	urls := cfg.Chain.RPC
	switch lender, given := o.lender(), cmp.Or(o.rpc, os.Getenv("DBDAO_RPC")); {
	case lender != "" && o.rpc != "":
		return nil, cfg, fmt.Errorf("%w: --rpc and --via-api both name a node: give one of them", errUsage)
	case lender != "":
		urls = []string{lender + "/v1/chain"}
	case given != "":
		urls = strings.Split(given, ",")
	}
	if len(urls) == 0 {
		return nil, cfg, fmt.Errorf("%w: which Ethereum node? give --rpc, or --via-api and an operator's public URL if you have none, set DBDAO_RPC, or name a configuration with -c", errUsage)
	}
	nodes, err := node.New(node.Config{URLs: urls, ChainID: cfg.Chain.ChainID, Timeout: cfg.Chain.RequestTimeout})
	if err != nil {
		if o.lender() != "" {
			return nil, cfg, fmt.Errorf("%w: --via-api must begin with https:// or http://, e.g. https://bridge.example", errUsage)
		}
		return nil, cfg, fmt.Errorf("%w: --rpc is no URL of a node: it begins with http:// or https://, e.g. http://127.0.0.1:8545", errUsage)
	}
	head, err := nodes.HeaderByNumber(ctx, nil)
	if err != nil {
		nodes.Close()
		return nil, cfg, err
	}
	o.now = time.Unix(int64(head.Time), 0)
	return nodes, cfg, nil
}

// dial finds the node and the market on it.
func (o *options) dial(ctx context.Context, from common.Address) (*chain, error) {
	cfg, err := o.load()
	if err != nil {
		return nil, err
	}
	at := cmp.Or(o.market, os.Getenv("DBDAO_MARKET"), cfg.Chain.Market)
	if !common.IsHexAddress(at) && o.lender() != "" {
		if op, err := o.publicClient().Operator(ctx); err == nil {
			return nil, fmt.Errorf("%w: which market? This operator serves %s on chain %d. Compare it with where you learned of the market: whoever names another one takes your tokens. Then give --market, or set DBDAO_MARKET", errUsage, op.Market, op.ChainID)
		}
	}
	if !common.IsHexAddress(at) {
		return nil, fmt.Errorf("%w: which market? give --market, set DBDAO_MARKET, or name a configuration with -c", errUsage)
	}
	nodes, cfg, err := o.reach(ctx)
	if err != nil {
		return nil, err
	}
	m, err := client.New(ctx, nodes, common.HexToAddress(at), from)
	if err != nil {
		nodes.Close()
		return nil, err
	}
	return &chain{m, nodes, cfg.Chain.StartBlock}, nil
}

// wallet opens the key that signs.
func (o *options) wallet(ctx context.Context) (*settlement.Key, error) {
	file := cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE"))
	if file == "" {
		return nil, fmt.Errorf("%w: which key? give --keystore or set DBDAO_KEYSTORE (`dbdao-bridge wallet new` makes one)", errUsage)
	}
	password, err := o.secret(ctx, false)
	if err != nil {
		return nil, err
	}
	return settlement.OpenKey(file, password)
}

// passwordFile is the file with the password of the key that signs; "": somebody is asked.
func (o *options) passwordFile() string { return cmp.Or(o.password, os.Getenv("DBDAO_PASSWORD_FILE")) }

// secret reads the password from its file, or asks for it.
func (o *options) secret(ctx context.Context, twice bool) (string, error) {
	if file := o.passwordFile(); file != "" {
		return settlement.ReadSecret(file)
	}
	if twice {
		return hiddenTwice(ctx, "Password: ", "password-file")
	}
	return hidden(ctx, "Password: ", "password-file")
}

// hiddenTwice asks for a new secret until it was typed the same twice. Enter alone is the empty one, once.
func hiddenTwice(ctx context.Context, prompt, flag string) (string, error) {
	indent := prompt[:len(prompt)-len(strings.TrimLeft(prompt, " "))]
	for {
		password, err := hidden(ctx, prompt, flag)
		if err != nil || password == "" {
			return password, err
		}
		again, err := hidden(ctx, indent+"Again: ", flag)
		if err != nil || again == password {
			return password, err
		}
		fmt.Fprintln(os.Stderr, indent+"the passwords differ: type both once more")
	}
}

// hidden asks for a secret on the terminal, which does not show it. Whoever interrupts the program need not
// press Enter first, and has a terminal that shows what he types.
func hidden(ctx context.Context, prompt, flag string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("%w: give --%s, or run on a terminal to be asked", errUsage, flag)
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type read struct {
		text []byte
		err  error
	}
	got := make(chan read, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		got <- read{text, err}
	}()
	select {
	case r := <-got:
		return string(r.text), r.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// address reads a positional address.
func address(text string) (common.Address, error) {
	if !common.IsHexAddress(text) {
		return common.Address{}, fmt.Errorf("%w: %q is no address", errUsage, text)
	}
	return common.HexToAddress(text), nil
}

func addresses(texts []string) ([]common.Address, error) { return list(texts, address) }

// id reads a positional id.
func id[T ~uint64](text string) (T, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%w: %q is no id: ids are numbers from 1", errUsage, text)
	}
	return T(n), nil
}

func list[T any](texts []string, read func(string) (T, error)) ([]T, error) {
	var all []T
	for _, text := range texts {
		one, err := read(text)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// hash32 reads 32 bytes of hexadecimal digits.
func hash32(text string) (h common.Hash, err error) {
	if err = h.UnmarshalText([]byte(text)); err != nil {
		return h, fmt.Errorf("%w: %q is no hash: 0x and 64 hexadecimal digits", errUsage, text)
	}
	return h, nil
}

// moment is a time on chain.
func moment(unix uint64) time.Time { return time.Unix(int64(unix), 0).UTC() }

// price reads --price: a multiple of 0.00001 DTX, in 10⁻⁶ DTX.
func price(text string) (uint64, error) {
	p, err := config.Decimal(text, 6)
	if err != nil {
		return 0, fmt.Errorf("%w: --price: %w", errUsage, err)
	}
	if p.Sign() == 0 || !p.IsUint64() || new(big.Int).Mod(p, big.NewInt(10)).Sign() != 0 {
		return 0, fmt.Errorf("%w: --price must be a multiple of 0.00001 DTX, so that 80/10/10 is exact", errUsage)
	}
	return p.Uint64(), nil
}

// least is cobra.MinimumNArgs with our exit code.
func least(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return fmt.Errorf("%w: %s", errUsage, c.UseLine())
		}
		return nil
	}
}
