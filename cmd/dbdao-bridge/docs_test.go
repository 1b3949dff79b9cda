package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

func generated(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != text {
		t.Errorf("%s is stale (%v): run go test ./cmd/dbdao-bridge -run Document -update", path, err)
	}
}

func TestTheCommandDocumentListsEveryCommandAndFlag(t *testing.T) {
	var b strings.Builder
	root := newRoot()
	b.WriteString("# Commands\n\nEvery command takes `-o json`. Keys come from keystore v3 files; passwords from a file or a prompt, never from a flag.\n\n## Flags of every command\n\n")
	flags(&b, root.PersistentFlags())
	describe(&b, root)
	generated(t, "../../docs/cli.md", b.String())
}

func describe(b *strings.Builder, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if sub.HasSubCommands() {
			fmt.Fprintf(b, "\n## %s\n\n%s.\n", sub.CommandPath(), sub.Short)
			if sub.HasPersistentFlags() {
				b.WriteString("\n")
				flags(b, sub.PersistentFlags())
			}
		} else {
			fmt.Fprintf(b, "\n### `%s`\n\n%s.\n", strings.TrimSuffix(sub.UseLine(), " [flags]"), sub.Short)
			if sub.LocalNonPersistentFlags().HasFlags() {
				b.WriteString("\n")
				flags(b, sub.LocalNonPersistentFlags())
			}
		}
		describe(b, sub)
	}
}

func flags(b *strings.Builder, fs *pflag.FlagSet) {
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		def := ""
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			def = " (default `" + f.DefValue + "`)"
		}
		fmt.Fprintf(b, "- `--%s`: %s%s\n", f.Name, f.Usage, def)
	})
}

func TestTheConfigurationDocumentIsWhatConfigfilePrints(t *testing.T) {
	generated(t, "../../docs/dbdao-bridge.toml", config.Defaults())
}
