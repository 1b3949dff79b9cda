package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/spf13/cobra"
)

var errUsage = errors.New("usage")

// options are the flags every command knows.
type options struct {
	output   string
	config   string
	rpc      string
	viaAPI   string
	market   string
	keystore string
	password string
	admin    string

	adminToken string // file
	api        string
	wei        bool // show money in wei
	csv        bool // print comma-separated values

	yes            bool   // of commands that pay: nobody is asked
	unsigned       bool   // of commands that send: print instead
	from           string // who will sign then
	permit         string
	permitDeadline uint64

	now time.Time // of the chain's head; zero: no node was asked
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use: "dbdao-bridge", Short: "Sell LoRaWAN readings to those who bought them on Ethereum",
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	f := root.PersistentFlags()
	f.StringVarP(&o.output, "output", "o", "text", "text or json")
	f.StringVarP(&o.config, "config", "c", "", "configuration file (default: the environment and built-in defaults)")
	f.StringVar(&o.rpc, "rpc", "", "JSON-RPC URLs of Ethereum nodes, by commas, in order of preference (default $DBDAO_RPC, then the configuration's)")
	f.StringVar(&o.viaAPI, "via-api", "", "URL of an operator's public API, whose Ethereum node is used instead of one of your own; it is the default of --api too (default $DBDAO_VIA_API)")
	f.StringVar(&o.market, "market", "", "address of the DataMarket (default $DBDAO_MARKET, then the configuration's)")
	f.StringVar(&o.keystore, "keystore", "", "keystore v3 file of the key that signs (default $DBDAO_KEYSTORE)")
	f.StringVar(&o.password, "password-file", "", "file with its password (default $DBDAO_PASSWORD_FILE, then a prompt)")
	f.BoolVar(&o.wei, "wei", false, "show money in wei instead of DTX")
	f.StringVar(&o.admin, "admin", "", "URL of the running bridge's admin API (default: the configuration's)")
	f.StringVar(&o.adminToken, "admin-token-file", "", "file with the admin API's token (default $DBDAO_ADMIN_TOKEN_FILE, then admin.token in data_dir)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w (see `%s --help`)", errUsage, err, c.CommandPath())
	})
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if o.output != "text" && o.output != "json" {
			return fmt.Errorf("%w: -o must be text or json", errUsage)
		}
		return knownVariables(os.Environ())
	}
	for _, of := range sections(o) {
		root.AddGroup(&cobra.Group{ID: of.who, Title: of.who + ":"})
		for _, c := range of.commands {
			c.GroupID = of.who
		}
		root.AddCommand(of.commands...)
	}
	root.SetHelpCommandGroupID("Everybody")
	return root
}

// section is the commands of those who are something, as the help lists them.
type section struct {
	who      string
	commands []*cobra.Command
}

func sections(o *options) []section {
	return []section{
		{"Operators", []*cobra.Command{
			operatorCommand(o), checkCommand(o), configfileCommand(), runCommand(o), statusCommand(o), deviceCommand(o), settleCommand(o), earningsCommand(o),
			sessionCommand(o), backfillCommand(o), backupCommand(o), restoreCommand(o), refoldCommand(o),
		}},
		{"Owners", []*cobra.Command{offerCommand(o), streamCommand(o), ownerCommand(o)}},
		{"Buyers", []*cobra.Command{purchaseCommand(o), destinationCommand(o), parcelCommand(o), receiveCommand(o), evidenceCommand(o), readingsCommand(o), challengeCommand(o)}},
		{"Everybody", []*cobra.Command{
			walletCommand(o), tokenCommand(o), withdrawCommand(o), contractsCommand(o), frameCommand(o), uplinkCommand(o), codecCommand(o), versionCommand(o),
		}},
	}
}

// variables of the environment stand for flags that are not given.
var variables = []string{"DBDAO_RPC", "DBDAO_MARKET", "DBDAO_KEYSTORE", "DBDAO_PASSWORD_FILE", "DBDAO_API", "DBDAO_VIA_API", "DBDAO_ADMIN_TOKEN_FILE"}

// knownVariables complains of a variable that was probably meant to be one of ours.
func knownVariables(environ []string) error {
	for _, one := range environ {
		name, value, _ := strings.Cut(one, "=")
		if value == "" || !strings.HasPrefix(strings.ToUpper(name), "DBDAO_") {
			continue
		}
		if meant, edits := manual.Nearest(strings.ToUpper(name), variables); edits <= 2 && name != meant {
			return fmt.Errorf("%w: the environment sets %s, but there is no such variable: did you mean %s?", errUsage, name, meant)
		}
	}
	return nil
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		_ = c.Help()
		return fmt.Errorf("%w: %s needs one of its commands", errUsage, c.CommandPath())
	}}
	c.AddCommand(commands...)
	return c
}

// exactly is cobra.ExactArgs with our exit code.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%w: %s", errUsage, c.UseLine())
		}
		return nil
	}
}

// print writes a result: as JSON, or as text, in words of its own if it has them, else the
// same members, where times also stand relative to the chain's and spans have units. Money
// is in DTX, or in wei with --wei, and its member is named so. With --csv, it is a table of
// comma-separated values, money in wei.
func (o *options) print(c *cobra.Command, v any) error {
	if t, ok := v.(tabular); ok && o.csv {
		return csv.NewWriter(c.OutOrStdout()).WriteAll(t.records())
	}
	if t, ok := v.(texter); ok && o.output == "text" {
		return t.text(o, c.OutOrStdout())
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	b = o.shape(b)
	if o.output == "text" {
		return printText(c.OutOrStdout(), b)
	}
	return o.printJSON(c, json.RawMessage(b))
}

func (o *options) printJSON(c *cobra.Command, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), string(b))
	return err
}

// shape turns amounts into members of one unit, and for readers times into both forms.
func (o *options) shape(b json.RawMessage) json.RawMessage {
	if rows, ok := array(b); ok {
		for i := range rows {
			rows[i] = o.shape(rows[i])
		}
		return encode(rows)
	}
	m, ok := object1(b)
	if !ok {
		return o.times(b)
	}
	unit := map[bool]string{false: "dtx", true: "wei"}[o.wei]
	var out bytes.Buffer
	for i, one := range m {
		inner, _ := object1(one.value)
		if len(inner) == 2 && inner[0].name == "dtx" && inner[1].name == "wei" { // client.Amount
			one.name, one.value = one.name+"_"+unit, inner[map[bool]int{false: 0, true: 1}[o.wei]].value
		} else if seconds, err := strconv.ParseUint(string(one.value), 10, 32); err == nil && one.name == "interval" && o.output == "text" {
			one.value = encode(span(time.Duration(seconds) * time.Second))
		} else {
			one.value = o.shape(one.value)
		}
		out.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		out.Write(encode(one.name))
		out.WriteByte(':')
		out.Write(one.value)
	}
	if len(m) == 0 {
		return json.RawMessage("{}")
	}
	out.WriteByte('}')
	return out.Bytes()
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("bug: what was JSON is none: " + err.Error())
	}
	return b
}

// times says of a time how far away it is.
func (o *options) times(b json.RawMessage) json.RawMessage {
	var text string
	if o.output != "text" || json.Unmarshal(b, &text) != nil || len(text) < len("2006-01-02T15:04:05Z") {
		return b
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return b
	}
	return encode(text + " (" + relative(at.Sub(o.clock())) + ")")
}

// clock is the chain's, if a node was asked, else this machine's.
func (o *options) clock() time.Time {
	if o.now.IsZero() {
		return time.Now()
	}
	return o.now
}

// member is a member of a JSON object, in the order it stands there.
type member struct {
	name  string
	value json.RawMessage
}

func array(b []byte) (rows []json.RawMessage, ok bool) {
	b = bytes.TrimSpace(b)
	return rows, len(b) > 0 && b[0] == '[' && json.Unmarshal(b, &rows) == nil
}

func object1(b []byte) (m []member, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		name, isName := t.(string)
		var v json.RawMessage
		if err != nil || !isName || d.Decode(&v) != nil {
			return nil, false
		}
		m = append(m, member{name, v})
	}
	return m, true
}
