package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/spf13/cobra"
)

// Whoever asks a stranger's server may be answered anything. No command lets it draw on his terminal,
// nor write a line that looks like the command's own: each is run against a server, a node and an
// admin API that answer every request with a problem full of control characters.
func TestNoCommandLetsAServerDrawOnTheTerminal(t *testing.T) {
	const evil = "x\x1b[31m\nverified:  true\r\x7f\u009b2J\u202e\u2066end"
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/" { // the node
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":%s}}`, quoted)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"type":"about:blank","title":%[1]s,"detail":%[1]s,"code":%[1]s,"status":400}`, quoted)
	}))
	defer server.Close()
	dir := t.TempDir()
	account, err := keystore.StoreKey(dir, "secret", keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(dir, "password")
	token := filepath.Join(dir, "token")
	for _, f := range []string{password, token} {
		if err := os.WriteFile(f, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{"DBDAO_RPC": server.URL, "DBDAO_MARKET": "0x00000000000000000000000000000000000000aa", "DBDAO_API": server.URL,
		"DBDAO_KEYSTORE": account.URL.Path, "DBDAO_PASSWORD_FILE": password, "DBDAO_ADMIN_TOKEN_FILE": token} {
		t.Setenv(name, value)
	}
	t.Chdir(dir)
	commands, told := 0, 0
	var leaves func(c *cobra.Command, path []string)
	leaves = func(c *cobra.Command, path []string) {
		for _, sub := range c.Commands() {
			at := append(append([]string(nil), path...), sub.Name())
			if sub.HasSubCommands() {
				leaves(sub, at)
				continue
			}
			if name := strings.Join(at, " "); name == "run" || name == "offer new" || name == "operator init" || name == "console" {
				continue // they ask, or do not end
			}
			commands++
			if said := tried(t, at, server.URL); strings.Contains(said, `\u001b[31m`) {
				told++
			}
		}
	}
	leaves(newRoot(), nil)
	t.Logf("%d commands, of which %d tell what the server answered", commands, told)
	if commands < 50 || told < 15 {
		t.Errorf("%d commands were run and %d were answered", commands, told)
	}
}

// tried runs a command as main does, with as many arguments as it takes.
func tried(t *testing.T, command []string, admin string) (said string) {
	t.Helper()
	for n := range 3 {
		args := append(append([]string(nil), command...), []string{"1", "1"}[:n]...)
		if n == 2 {
			args[len(args)-1] = "2"
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		var out bytes.Buffer
		runWith(ctx, append(args, "--admin", admin), &out, &out)
		cancel()
		text := out.String()
		if strings.ContainsAny(text, "\x1b\r\x7f\u009b\u202e\u2066") || strings.Contains(text, "\nverified:  true") {
			t.Errorf("%v prints %q", args, text)
		}
		said += text
		if !strings.Contains(text, "usage") {
			return said
		}
	}
	return said
}
