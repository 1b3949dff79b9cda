package main

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// mined is the part of a result every transaction has.
type mined struct {
	Tx      common.Hash `json:"tx"`
	Block   uint64      `json:"block"`
	GasUsed uint64      `json:"gas_used"`
}

func of(r *types.Receipt) mined { return mined{r.TxHash, r.BlockNumber.Uint64(), r.GasUsed} }

func contractsCommand(o *options) *cobra.Command {
	var profile, token, platform, guardian, arbiter, out string
	deploy := &cobra.Command{
		Use: "deploy", Short: "Deploy a market (and a DTX, unless --token names one)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			rules, ok := map[string]func() contracts.Config{"mainnet": contracts.MainnetRules, "demo": contracts.DemoRules}[profile]
			if !ok {
				return fmt.Errorf("%w: --profile must be mainnet or demo", errUsage)
			}
			ch, err := o.signer(c.Context(), false)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r := rules()
			r.Owner = ch.key.Address()
			for _, role := range []struct {
				text string
				to   *common.Address
				or   common.Address
			}{{token, &r.Token, common.Address{}}, {platform, &r.Platform, r.Owner}, {guardian, &r.Guardian, r.Owner}, {arbiter, &r.Arbiter, r.Owner}} {
				*role.to = role.or
				if role.text != "" {
					if *role.to, err = address(role.text); err != nil {
						return err
					}
				}
			}
			d, err := contracts.Deploy(c.Context(), ch.client, ch.opts(c.Context()), r)
			if err != nil {
				return ch.explain(err)
			}
			m, err := contracts.Describe(c.Context(), ch.client, d)
			if err != nil {
				return err
			}
			if out == "" {
				return o.print(c, m)
			}
			if _, err := contracts.WriteManifest(out, m); err != nil {
				return errors.Join(o.print(c, m), err) // it is deployed: say where
			}
			return o.print(c, m)
		},
	}
	deploy.Flags().StringVar(&out, "out", "", "folder to write <chain id>.json into: addresses, rules, code hash and compiler settings")
	deploy.Flags().StringVar(&profile, "profile", "mainnet", "mainnet, or demo with short times")
	deploy.Flags().StringVar(&token, "token", "", "ERC-20 everything is paid in (default: a new DTX)")
	deploy.Flags().StringVar(&platform, "platform", "", "address of the platform's 10 % (default: the deployer)")
	deploy.Flags().StringVar(&guardian, "guardian", "", "address that may pause sales (default: the deployer)")
	deploy.Flags().StringVar(&arbiter, "arbiter", "", "address that rules on challenges (default: the deployer)")
	return group("contracts", "Deploy the market", deploy)
}

func operatorCommand(o *options) *cobra.Command {
	var signer, payout, uri, keyFile string
	register := &cobra.Command{
		Use: "register", Short: "Register as an operator; the key that signs becomes its admin", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			who, to := ch.key.Address(), ch.key.Address()
			if signer != "" {
				if who, err = address(signer); err != nil {
					return err
				}
			}
			if payout != "" {
				if to, err = address(payout); err != nil {
					return err
				}
			}
			keys, err := o.keysHash(keyFile)
			if err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackRegisterOperator(who, to, keys, uri, crypto.Keccak256Hash([]byte(uri))))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackOperatorRegisteredEvent)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Operator uint64         `json:"operator"`
				Admin    common.Address `json:"admin"`
				Signer   common.Address `json:"signer"`
				Payout   common.Address `json:"payout"`
				Keys     common.Hash    `json:"keys"`
				mined
			}{e.Operator, e.Admin, e.Signer, e.Payout, e.Keys, of(r)})
		},
	}
	register.Flags().StringVar(&signer, "signer", "", "hot key of the bridge (default: the key that signs)")
	register.Flags().StringVar(&payout, "payout", "", "cold address of your 10 % (default: the key that signs)")
	register.Flags().StringVar(&keyFile, "signing-key", "", "the bridge's signing.key, whose hash is published (default: the configuration's data_dir's; without -c none)")
	register.Flags().StringVar(&uri, "uri", "", "where buyers find name and API address")
	show := &cobra.Command{
		Use: "show ID", Short: "Show an operator", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.OperatorID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			op, err := ch.reader.Operator(c.Context(), n)
			if err != nil {
				return err
			}
			if op.Admin == (common.Address{}) {
				return fmt.Errorf("there is no operator %d", n)
			}
			credit, err := ch.reader.Credit(c.Context(), op.Payout)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Operator market.OperatorID `json:"operator"`
				Admin    common.Address    `json:"admin"`
				Signer   common.Address    `json:"signer"`
				Payout   common.Address    `json:"payout"`
				Verified bool              `json:"verified"`
				URI      string            `json:"uri"`
				Keys     common.Hash       `json:"keys"`
				Credit   string            `json:"credit"`
			}{n, op.Admin, op.Signer, op.Payout, op.Verified, op.MetadataURI, op.Keys, credit.String()})
		},
	}
	return group("operator", "Register operators and look after them", append([]*cobra.Command{register, show}, o.operatorMore()...)...)
}

// streamView is a stream as commands print it.
type streamView struct {
	Stream     market.StreamID    `json:"stream"`
	State      market.StreamState `json:"state"`
	Operator   market.OperatorID  `json:"operator"`
	Owner      common.Address     `json:"owner"`
	Price      string             `json:"price_dtx"`
	Interval   uint32             `json:"interval"`
	MinTime    uint32             `json:"min_duration"`
	Stake      string             `json:"stake_dtx"`
	Restricted bool               `json:"restricted"`
	Device     common.Hash        `json:"device"`
	Terms      common.Hash        `json:"terms"`
}

func viewStream(s market.Stream) streamView {
	return streamView{s.ID, s.State, s.Operator, s.Owner, dtx(contracts.Gross(1, s.Price)), s.Interval, s.MinDuration, dtx(s.Stake), s.Restricted, s.Device, s.Terms}
}

func streamCommand(o *options) *cobra.Command {
	var file, each, stake string
	var parents []string
	var interval, least time.Duration
	create := &cobra.Command{
		Use: "create --attestation FILE --price DTX --interval DURATION", Short: "List a device's stream under stake (owners)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := attestation(file)
			if err != nil {
				return err
			}
			micro, err := price(each)
			if err != nil {
				return err
			}
			lineage := []uint64{}
			for _, text := range parents {
				n, err := id[uint64](text)
				if err != nil {
					return err
				}
				lineage = append(lineage, n)
			}
			amount, err := config.Decimal(stake, 18)
			if err != nil {
				return fmt.Errorf("%w: --stake: %w", errUsage, err)
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			if a.Owner != ch.key.Address() {
				return fmt.Errorf("the attestation is for %s, not for %s: ask the operator for one of your own", a.Owner, ch.key.Address())
			}
			if err := ch.afford(c.Context(), amount); err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackList(contracts.Listing{
				Operator: a.Operator, Device: a.Device, Price: micro, Interval: uint32(interval / time.Second), MinDuration: uint32(least / time.Second),
				Terms: a.Terms, Stake: amount, ProofKind: a.ProofKind, Nonce: a.Nonce, Deadline: new(big.Int).SetUint64(a.Deadline),
				OperatorSig: common.FromHex(a.Signature), Parents: lineage,
			}))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackStreamListedEvent)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Stream uint64 `json:"stream"`
				mined
			}{e.Stream, of(r)})
		},
	}
	create.Flags().StringVar(&file, "attestation", "", "the operator's attestation of the device")
	create.Flags().StringVar(&each, "price", "", "DTX per reading, a multiple of 0.00001")
	create.Flags().StringVar(&stake, "stake", "100", "DTX staked: more stake, more visible")
	create.Flags().DurationVar(&interval, "interval", time.Minute, "shortest billable time between readings")
	create.Flags().DurationVar(&least, "min-duration", 0, "shortest purchase")
	create.Flags().StringSliceVar(&parents, "parent", nil, "running purchase of yours the stream derives from (at most 8)")
	var owner string
	var from uint64
	ls := &cobra.Command{
		Use: "ls", Short: "List streams", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			var who common.Address
			if owner != "" {
				if who, err = address(owner); err != nil {
					return err
				}
			}
			all, err := ch.reader.Streams(c.Context(), func(s market.Stream) bool { return owner == "" || s.Owner == who })
			if err != nil {
				return err
			}
			views := []streamView{}
			for _, s := range all {
				views = append(views, viewStream(s))
			}
			return o.print(c, views)
		},
	}
	ls.Flags().StringVar(&owner, "owner", "", "only this owner's")
	show := &cobra.Command{
		Use: "show ID", Short: "Show a stream", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return err
			}
			if s.State == market.StreamNone {
				return fmt.Errorf("there is no stream %d", n)
			}
			listed, err := ch.reader.Listed(c.Context(), n, max(from, ch.start))
			if err != nil {
				return err
			}
			view := struct {
				streamView
				ProofKind uint8               `json:"proof_kind"`
				Parents   []market.PurchaseID `json:"parents"`
				Round     *roundView          `json:"round,omitempty"` // the last round of challenges
			}{streamView: viewStream(s), ProofKind: listed.ProofKind, Parents: listed.Parents}
			rounds, err := ch.reader.Rounds(c.Context(), n, listed.Block)
			if err != nil {
				return err
			}
			if len(rounds) > 0 {
				rules, err := ch.reader.Config(c.Context())
				if err != nil {
					return err
				}
				view.Round = new(viewRound(rounds[len(rounds)-1], rules.Quorum, uint64(time.Now().Unix())))
			}
			return o.print(c, view)
		},
	}
	fromBlock(show, &from)
	closing := o.onStream("close ID", "End sales for ever and start unbonding (owners)", func(ch *chain, n uint64) []byte { return ch.dm.PackClose(n) })
	withdraw := o.onStream("withdraw-stake ID", "Take the stake out after unbonding (owners)", func(ch *chain, n uint64) []byte { return ch.dm.PackWithdrawStake(n) })
	return group("stream", "List streams and look after them", append([]*cobra.Command{create, ls, show, closing, withdraw}, o.streamMore()...)...)
}

// onStream is a command that sends one call about a stream.
func (o *options) onStream(use, short string, pack func(*chain, uint64) []byte) *cobra.Command {
	return o.onID(use, short, "stream", pack)
}

func (o *options) onID(use, short, noun string, pack func(*chain, uint64) []byte) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[uint64](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			r, err := ch.transact(c.Context(), pack(ch, n))
			if err != nil {
				return err
			}
			return o.print(c, map[string]any{noun: n, "tx": r.TxHash, "block": r.BlockNumber.Uint64(), "gas_used": r.GasUsed})
		},
	}
}

// purchaseView is a purchase as commands print it.
type purchaseView struct {
	Purchase  market.PurchaseID    `json:"purchase"`
	State     market.PurchaseState `json:"state"`
	Stream    market.StreamID      `json:"stream"`
	Buyer     common.Address       `json:"buyer"`
	Start     time.Time            `json:"start"`
	End       time.Time            `json:"end"`
	Price     string               `json:"price_dtx"`
	Interval  uint32               `json:"interval"`
	Quota     uint32               `json:"quota"`
	Delivered uint32               `json:"delivered"`
}

func viewPurchase(p market.Purchase) purchaseView {
	at := func(t uint64) time.Time { return time.Unix(int64(t), 0).UTC() }
	return purchaseView{p.ID, p.State, p.Stream, p.Buyer, at(p.Start), at(p.End), dtx(contracts.Gross(1, p.Price)), p.Interval, p.Quota, p.Delivered}
}

func purchaseCommand(o *options) *cobra.Command {
	var duration time.Duration
	var most, beneficiary string
	buy := &cobra.Command{
		Use: "buy STREAM --duration DURATION", Short: "Buy a stream's readings for a while (buyers)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.StreamID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			s, err := ch.reader.Stream(c.Context(), n)
			if err != nil {
				return err
			}
			if s.State != market.StreamOpen {
				return fmt.Errorf("stream %d is %s: only an open one can be bought", n, s.State)
			}
			seconds := uint64(duration / time.Second)
			total := contracts.Gross(uint32((seconds+uint64(s.Interval)-1)/uint64(s.Interval)), s.Price)
			if most != "" {
				limit, err := config.Decimal(most, 18)
				if err != nil {
					return fmt.Errorf("%w: --max-total: %w", errUsage, err)
				}
				if total.Cmp(limit) > 0 {
					return fmt.Errorf("it would escrow %s DTX, more than --max-total %s", dtx(total), most)
				}
			}
			var to common.Address
			if beneficiary != "" {
				if to, err = address(beneficiary); err != nil {
					return err
				}
			}
			if err := ch.afford(c.Context(), total); err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackBuy(uint64(n), uint32(seconds), total, s.Terms, to, [32]byte{}))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackPurchasedEvent)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Purchase uint64 `json:"purchase"`
				Stream   uint64 `json:"stream"`
				Quota    uint32 `json:"quota"`
				Escrow   string `json:"escrow_dtx"`
				mined
			}{e.Purchase, e.Stream, e.Quota, dtx(contracts.Gross(e.Quota, e.Price.Uint64())), of(r)})
		},
	}
	buy.Flags().DurationVar(&duration, "duration", 24*time.Hour, "how long, from now on")
	buy.Flags().StringVar(&most, "max-total", "", "DTX to escrow at most")
	buy.Flags().StringVar(&beneficiary, "beneficiary", "", "who owns the purchase (default: the key that signs)")
	var extra time.Duration
	extend := &cobra.Command{
		Use: "extend PURCHASE --duration DURATION", Short: "Move the end of a running purchase (buyers)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			p, err := ch.reader.Purchase(c.Context(), n)
			if err != nil {
				return err
			}
			if p.State != market.PurchaseActive {
				return fmt.Errorf("purchase %d is %s: only an active one can be extended", n, p.State)
			}
			seconds := uint64(extra / time.Second)
			quota := (p.End - p.Start + seconds + uint64(p.Interval) - 1) / uint64(p.Interval)
			total := contracts.Gross(uint32(quota)-p.Quota, p.Price)
			if err := ch.afford(c.Context(), total); err != nil {
				return err
			}
			r, err := ch.transact(c.Context(), ch.dm.PackExtend(uint64(n), uint32(seconds), total))
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Purchase market.PurchaseID `json:"purchase"`
				Quota    uint64            `json:"quota"`
				mined
			}{n, quota, of(r)})
		},
	}
	extend.Flags().DurationVar(&extra, "duration", 24*time.Hour, "how much longer")
	var buyer string
	ls := &cobra.Command{
		Use: "ls", Short: "List purchases", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			var who common.Address
			if buyer != "" {
				if who, err = address(buyer); err != nil {
					return err
				}
			}
			all, err := ch.reader.Purchases(c.Context(), func(p market.Purchase) bool { return buyer == "" || p.Buyer == who })
			if err != nil {
				return err
			}
			views := []purchaseView{}
			for _, p := range all {
				views = append(views, viewPurchase(p))
			}
			return o.print(c, views)
		},
	}
	ls.Flags().StringVar(&buyer, "buyer", "", "only this buyer's")
	show := &cobra.Command{
		Use: "show ID", Short: "Show a purchase", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			p, err := ch.reader.Purchase(c.Context(), n)
			if err != nil {
				return err
			}
			if p.State == market.PurchaseNone {
				return fmt.Errorf("there is no purchase %d", n)
			}
			return o.print(c, viewPurchase(p))
		},
	}
	cancel := o.onID("cancel ID", "End a running purchase now (buyers)", "purchase", func(ch *chain, n uint64) []byte { return ch.dm.PackCancel(n) })
	finish := o.onID("finish ID", "Refund what was not delivered, after the claim window", "purchase", func(ch *chain, n uint64) []byte { return ch.dm.PackFinish(n) })
	return group("purchase", "Buy readings and look after purchases", buy, extend, ls, show, cancel, finish)
}

func routeCommand(o *options) *cobra.Command {
	var webhook, mqtt, topic, user, passFile, secretFile, caFile string
	var batch int
	var wait time.Duration
	set := &cobra.Command{
		Use: "set PURCHASE --webhook URL | --mqtt URL --topic TOPIC", Short: "Say where a purchase's readings go (buyers)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			r := delivery.Route{Kind: delivery.KindWebhook, URL: webhook, Batch: batch}
			switch {
			case (webhook == "") == (mqtt == ""):
				return fmt.Errorf("%w: give either --webhook or --mqtt", errUsage)
			case mqtt != "":
				r = delivery.Route{Kind: delivery.KindMQTT, URL: mqtt, Topic: topic, Username: user}
			}
			for _, f := range []struct {
				path string
				to   *string
			}{{passFile, &r.Password}, {secretFile, &r.Secret}} {
				if f.path != "" {
					if *f.to, err = settlement.ReadSecret(f.path); err != nil {
						return err
					}
				}
			}
			if caFile != "" {
				pem, err := os.ReadFile(caFile)
				if err != nil {
					return fmt.Errorf("%w: --ca-file: %w", errUsage, err)
				}
				r.CA = string(pem)
			}
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			set, err := client.SetRoute(c.Context(), n, r)
			for end := time.Now().Add(wait); errors.Is(err, api.ErrNotFound) && time.Now().Before(end); { // the bridge has not seen the block yet
				time.Sleep(500 * time.Millisecond)
				set, err = client.SetRoute(c.Context(), n, r)
			}
			if err != nil {
				return err
			}
			return o.print(c, set)
		},
	}
	f := set.Flags()
	f.StringVar(&webhook, "webhook", "", "https URL that takes signed POSTs")
	f.DurationVar(&wait, "wait", 30*time.Second, "how long to wait for the bridge to see a fresh purchase")
	f.IntVar(&batch, "batch", 0, "parcels in one POST at most (a JSON array)")
	f.StringVar(&secretFile, "secret-file", "", "file with a whsec_… secret for an HMAC signature too")
	f.StringVar(&mqtt, "mqtt", "", "mqtts URL of your broker")
	f.StringVar(&topic, "topic", "", "topic to publish to")
	f.StringVar(&user, "username", "", "of your broker")
	f.StringVar(&passFile, "mqtt-password-file", "", "file with the broker's password")
	f.StringVar(&caFile, "ca-file", "", "PEM of the CA that signed your server's certificate")
	show := &cobra.Command{
		Use: "show PURCHASE", Short: "Show where a purchase's readings go", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			r, err := client.Route(c.Context(), n)
			if err != nil {
				return err
			}
			return o.print(c, r)
		},
	}
	g := group("route", "Say where readings go", set, show)
	g.PersistentFlags().StringVar(&o.api, "api", "", "URL of the operator's public API (default $DBDAO_API, then http://127.0.0.1:8180)")
	return g
}

// buyerClient signs in at the operator's API.
func (o *options) buyerClient(c *cobra.Command) (*api.Client, error) {
	key, err := o.wallet()
	if err != nil {
		return nil, err
	}
	client := api.NewClient(cmp.Or(o.api, os.Getenv("DBDAO_API"), "http://127.0.0.1:8180"), "")
	return client, client.SignIn(c.Context(), key)
}

func withdrawCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "withdraw [ACCOUNT]", Short: "Send an account's credit to it (anyone may pay the gas)",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%w: %s", errUsage, c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			who := ch.key.Address()
			if len(args) == 1 {
				if who, err = address(args[0]); err != nil {
					return err
				}
			}
			r, err := ch.transact(c.Context(), ch.dm.PackWithdraw(who))
			if err != nil {
				return err
			}
			e, err := event(r, ch.dm.UnpackWithdrawnEvent)
			if err != nil {
				return err
			}
			return o.print(c, struct {
				Account common.Address `json:"account"`
				Wei     string         `json:"wei"`
				DTX     string         `json:"dtx"`
				mined
			}{who, e.Amount.String(), dtx(e.Amount), of(r)})
		},
	}
}

func tokenCommand(o *options) *cobra.Command {
	balance := &cobra.Command{
		Use: "balance ACCOUNT", Short: "Show an account's tokens, and its credit in the market", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			who, err := address(args[0])
			if err != nil {
				return err
			}
			ch, err := o.dial(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			rules, err := ch.reader.Config(c.Context())
			if err != nil {
				return err
			}
			wei, err := ch.reader.Balance(c.Context(), rules.Token, who)
			if err != nil {
				return err
			}
			credit, err := ch.reader.Credit(c.Context(), who)
			if err != nil {
				return err
			}
			return o.print(c, map[string]string{"account": who.Hex(), "wei": wei.String(), "dtx": dtx(wei), "credit_wei": credit.String()})
		},
	}
	transfer := &cobra.Command{
		Use: "transfer TO DTX", Short: "Send tokens", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			to, err := address(args[0])
			if err != nil {
				return err
			}
			amount, err := config.Decimal(args[1], 18)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			ch, err := o.signer(c.Context(), true)
			if err != nil {
				return err
			}
			defer ch.client.Close()
			rules, err := ch.reader.Config(c.Context())
			if err != nil {
				return err
			}
			r, err := ch.send(c.Context(), rules.Token, ch.dtx.PackTransfer(to, amount))
			if err != nil {
				return err
			}
			return o.print(c, struct {
				To  common.Address `json:"to"`
				Wei string         `json:"wei"`
				mined
			}{to, amount.String(), of(r)})
		},
	}
	return group("token", "Show and send tokens", balance, transfer)
}

func walletCommand(o *options) *cobra.Command {
	light := false
	create := &cobra.Command{
		Use: "new --keystore FILE", Short: "Make a key and store it sealed (keystore v3)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			file := cmp.Or(o.keystore, os.Getenv("DBDAO_KEYSTORE"))
			if file == "" {
				return fmt.Errorf("%w: where to? give --keystore FILE", errUsage)
			}
			password, err := o.secret(true)
			if err != nil {
				return err
			}
			key, err := crypto.GenerateKey()
			if err != nil {
				return fmt.Errorf("make a key: %w", err)
			}
			n, p := keystore.StandardScryptN, keystore.StandardScryptP
			if light {
				n, p = keystore.LightScryptN, keystore.LightScryptP
			}
			sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key}, password, n, p)
			if err != nil {
				return fmt.Errorf("seal the key: %w", err)
			}
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("store the key (an existing file is never overwritten): %w", err)
			}
			if _, err := f.Write(sealed); err != nil {
				return fmt.Errorf("store the key: %w", err)
			}
			if err := f.Close(); err != nil {
				return fmt.Errorf("store the key: %w", err)
			}
			return o.print(c, map[string]string{"address": crypto.PubkeyToAddress(key.PublicKey).Hex(), "keystore": file})
		},
	}
	create.Flags().BoolVar(&light, "light", false, "seal it with less work (4 MB instead of 256 MB of memory to open): for tests")
	show := &cobra.Command{
		Use: "show", Short: "Show a key's address (the password is checked)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			key, err := o.wallet()
			if err != nil {
				return err
			}
			return o.print(c, map[string]string{"address": key.Address().Hex()})
		},
	}
	return group("wallet", "Make and show keys", create, show)
}
