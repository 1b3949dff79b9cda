package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// R11: EIP-4361's rules, field by field. Each case is one change to a message that is accepted.
func TestASignInKeepsEveryRuleOfEIP4361(t *testing.T) {
	f, s, _ := serve(t)
	ann, sign, _ := newWallet(t)
	f.ann = ann
	now := time.Now().UTC()
	stamp := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	message := func(nonce string) string {
		return SignInMessage(domain, "https://"+domain+"/console", ann, 1337, nonce, now)
	}
	lower := strings.ToLower(ann.Hex())
	change := func(old, with string) func(string) string {
		return func(m string) string { return strings.Replace(m, old, with, 1) }
	}
	add := func(more string) func(string) string { return func(m string) string { return m + more } }
	issued := "Issued At: " + stamp(0)
	for name, c := range map[string]struct {
		to func(string) string
		ok bool
	}{
		"as the client writes it": {change("", ""), true},
		// domain
		"domain: another":             {change(domain, "evil.example"), false},
		"domain: ours as a part":      {change(domain+" ", domain+".evil.example "), false},
		"domain: ours behind a user":  {change(domain+" ", domain+"@evil.example "), false},
		"domain: another port":        {change(domain+" ", domain+":8443 "), false},
		"domain: none":                {change(domain+" ", " "), false},
		"domain: with its scheme":     {change(domain+" ", "https://"+domain+" "), true},
		"domain: another scheme":      {change(domain+" ", "http://"+domain+" "), false},
		"domain: in capitals":         {change(domain+" ", strings.ToUpper(domain)+" "), true},
		"first line: another text":    {change("sign in with your", "log in with your"), false},
		"first line: after an empty":  {change("", "\n"), false},
		"first line: ends otherwise":  {change("account:\n", "account: \n"), false},
		"lines: that end as Windows'": {change("\n", "\r\n"), false},
		// address
		"address: no checksum":       {change(ann.Hex(), lower), false},
		"address: a wrong checksum":  {change(ann.Hex(), flip(ann.Hex())), false},
		"address: too short":         {change(ann.Hex(), ann.Hex()[:41]), false},
		"address: without 0x":        {change(ann.Hex(), ann.Hex()[2:]), false},
		"address: none":              {change(ann.Hex()+"\n", ""), false},
		"address: no line behind it": {change(ann.Hex()+"\n\n", ann.Hex()+"\n"), false},
		// statement
		"statement: none":                {change("Sign in to dbdao-bridge.\n", ""), true},
		"statement: of two lines":        {change("dbdao-bridge.\n", "dbdao-bridge.\nAnd pay.\n"), false},
		"statement: no line behind it":   {change("dbdao-bridge.\n\n", "dbdao-bridge.\n"), false},
		"statement: that names a field":  {change("Sign in to dbdao-bridge.", "Chain ID: 1"), true},
		"statement: with a control code": {change("dbdao-bridge.", "dbdao\x07bridge."), false},
		// URI
		"URI: none":           {change("URI: https://"+domain+"/console\n", ""), false},
		"URI: empty":          {change("URI: https://"+domain+"/console", "URI: "), false},
		"URI: no scheme":      {change("URI: https://", "URI: "), false},
		"URI: a relative one": {change("URI: https://"+domain, "URI: "), false},
		"URI: with a space":   {change("/console", "/a b"), false},
		"URI: a bad percent":  {change("/console", "/%zz"), false},
		// F4: the URI is of the domain
		"URI: without a host":         {change("URI: https://"+domain+"/console", "URI: urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"), false},
		"URI: of another site":        {change("URI: https://"+domain, "URI: https://evil.example"), false},
		"URI: ours behind a user":     {change("URI: https://"+domain, "URI: https://"+domain+"@evil.example"), false},
		"URI: ours with a user":       {change("URI: https://", "URI: https://evil@"), false},
		"URI: ours as a part":         {change("URI: https://"+domain, "URI: https://"+domain+".evil.example"), false},
		"URI: ours as its path":       {change("URI: https://"+domain, "URI: https://evil.example/"+domain), false},
		"URI: ours in its query":      {change("URI: https://"+domain, "URI: https://evil.example/?"+domain), false},
		"URI: at another port":        {change("URI: https://"+domain, "URI: https://"+domain+":8443"), false},
		"URI: in capitals":            {change("URI: https://"+domain, "URI: https://"+strings.ToUpper(domain)), true},
		"URI: of the site, no path":   {change("/console", ""), true},
		"URI: with query and a place": {change("/console", "/console?a=b#c"), true},
		// version
		"Version: none":         {change("Version: 1\n", ""), false},
		"Version: 2":            {change("Version: 1", "Version: 2"), false},
		"Version: 1.0":          {change("Version: 1", "Version: 1.0"), false},
		"Version: behind Chain": {change("Version: 1\nChain ID: 1337", "Chain ID: 1337\nVersion: 1"), false},
		// chain
		"Chain ID: none":       {change("Chain ID: 1337\n", ""), false},
		"Chain ID: another":    {change("Chain ID: 1337", "Chain ID: 1"), false},
		"Chain ID: no number":  {change("Chain ID: 1337", "Chain ID: 0x539"), false},
		"Chain ID: with sign":  {change("Chain ID: 1337", "Chain ID: +1337"), false},
		"Chain ID: very large": {change("Chain ID: 1337", "Chain ID: 18446744073709552953"), false}, // 2^64 + 1337
		// nonce
		"Nonce: none":          {func(m string) string { return cutLine(m, "Nonce: ") }, false},
		"Nonce: not ours":      {func(m string) string { return replaceLine(m, "Nonce: ", "0123456789abcdef") }, false},
		"Nonce: seven":         {func(m string) string { return replaceLine(m, "Nonce: ", "1234567") }, false},
		"Nonce: in capitals":   {func(m string) string { return replaceLine(m, "Nonce: ", strings.ToUpper(lineOf(m, "Nonce: "))) }, false},
		"Nonce: with one more": {func(m string) string { return replaceLine(m, "Nonce: ", lineOf(m, "Nonce: ")+"0") }, false},
		"Nonce: twice":         {func(m string) string { return m + "\nNonce: " + lineOf(m, "Nonce: ") }, false},
		// times
		"Issued At: none":                 {change("\n"+issued, ""), false},
		"Issued At: an hour ago":          {change(issued, "Issued At: "+stamp(-time.Hour)), false},
		"Issued At: in an hour":           {change(issued, "Issued At: "+stamp(time.Hour)), false},
		"Issued At: of another zone":      {change(issued, "Issued At: "+now.In(time.FixedZone("", 7200)).Format(time.RFC3339)), true},
		"Issued At: with a fraction":      {change(issued, "Issued At: "+now.Format("2006-01-02T15:04:05.000Z")), true},
		"Issued At: no zone":              {change(issued, "Issued At: "+now.Format("2006-01-02T15:04:05")), false},
		"Issued At: a space for T":        {change(issued, "Issued At: "+now.Format("2006-01-02 15:04:05Z")), false},
		"Issued At: a comma":              {change(issued, "Issued At: "+now.Format("2006-01-02T15:04:05")+",5Z"), false},
		"Issued At: a day there is not":   {change(issued, "Issued At: 2026-02-30T00:00:00Z"), false},
		"Expiration Time: over":           {add("\nExpiration Time: " + stamp(-time.Second)), false},
		"Expiration Time: to come":        {add("\nExpiration Time: " + stamp(time.Hour)), true},
		"Expiration Time: no time":        {add("\nExpiration Time: tomorrow"), false},
		"Expiration Time: empty":          {add("\nExpiration Time: "), false},
		"Not Before: to come":             {add("\nNot Before: " + stamp(time.Minute)), false},
		"Not Before: over":                {add("\nNot Before: " + stamp(-time.Minute)), true},
		"Not Before: no time":             {add("\nNot Before: x"), false},
		"Not Before: before Expiration":   {add("\nNot Before: " + stamp(-time.Minute) + "\nExpiration Time: " + stamp(time.Hour)), false},
		"Not Before: behind Expiration":   {add("\nExpiration Time: " + stamp(time.Hour) + "\nNot Before: " + stamp(-time.Minute)), true},
		"Request ID: some":                {add("\nRequest ID: a-1%20b"), true},
		"Request ID: none behind it":      {add("\nRequest ID: "), true},
		"Request ID: with a slash":        {add("\nRequest ID: a/b"), false},
		"Resources: none":                 {add("\nResources:"), true},
		"Resources: two":                  {add("\nResources:\n- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/\n- https://example.com/x.json"), true},
		"Resources: no URI":               {add("\nResources:\n- x"), false},
		"Resources: without a dash":       {add("\nResources:\nhttps://example.com"), false},
		"Resources: before Request ID":    {add("\nResources:\n- https://example.com\nRequest ID: 1"), false},
		"the end: an empty line":          {add("\n"), false},
		"the end: a field of no standard": {add("\nAdmin: yes"), false},
	} {
		m := c.to(message(s.sessions.nonce()))
		_, who, err := s.sessions.signIn(t.Context(), m, sign(m))
		if c.ok && (err != nil || who != ann) || !c.ok && !errors.Is(err, ErrSignIn) {
			t.Errorf("%s: %v, want it taken: %t\n%s", name, err, c.ok, m)
		}
	}
}

func flip(address string) string {
	b := []byte(address)
	for i := 2; i < len(b); i++ {
		if b[i] >= 'a' {
			b[i] -= 'a' - 'A'
			break
		}
	}
	return string(b)
}

func lineOf(m, name string) string {
	_, rest, _ := strings.Cut(m, "\n"+name)
	v, _, _ := strings.Cut(rest, "\n")
	return v
}

func cutLine(m, name string) string { return strings.Replace(m, "\n"+name+lineOf(m, name), "", 1) }

func replaceLine(m, name, with string) string {
	return strings.Replace(m, "\n"+name+lineOf(m, name), "\n"+name+with, 1)
}

// R2: the dates of a sign-in are held against the checked time: a clock that is wrong lets nothing
// expired in, and keeps nobody out.
func TestASignInIsDatedByTheCheckedTime(t *testing.T) {
	f, s, _ := serve(t)
	ann, sign, _ := newWallet(t)
	for _, off := range []time.Duration{60 * 24 * time.Hour, -40 * 365 * 24 * time.Hour} {
		f.late = off
		m := SignInMessage(domain, "https://"+domain, ann, 1337, s.sessions.nonce(), time.Now().Add(off))
		if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); err != nil {
			t.Errorf("a message of the right time, on a machine that is %v late: %v", off, err)
		}
		m = SignInMessage(domain, "https://"+domain, ann, 1337, s.sessions.nonce(), time.Now())
		if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); !errors.Is(err, ErrSignIn) {
			t.Errorf("a message of the machine's time, on a machine that is %v late: %v", off, err)
		}
	}
}

// A nonce signs in once, whoever is faster, and sessions and nonces are not exchanged for each other.
func TestANonceSignsInOnce(t *testing.T) {
	_, s, _ := serve(t)
	ann, sign, _ := newWallet(t)
	m := SignInMessage(domain, "https://"+domain, ann, 1337, s.sessions.nonce(), time.Now())
	sig, in := sign(m), make(chan bool)
	for range 32 {
		go func() {
			_, _, err := s.sessions.signIn(context.Background(), m, sig)
			in <- err == nil
		}()
	}
	taken := 0
	for range 32 {
		if <-in {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("one nonce signed in %d times", taken)
	}
	token, _ := s.sessions.open(t, ann, sign)
	if _, ok := s.sessions.who("Bearer " + token); !ok {
		t.Error("a session is not known")
	}
	for name, text := range map[string]string{
		"a nonce": s.sessions.nonce(), "another process's": newSessions(s.sessions.place, nil, time.Now).mark(&[32]byte{}, ann[:], time.Hour),
		"one that is over": s.sessions.mark(&s.sessions.tokens, ann[:], -time.Second), "a changed one": "ff" + token[2:], "a longer one": token + "00",
		"in capitals": strings.ToUpper(token), "nothing": "",
	} {
		if _, ok := s.sessions.who("Bearer " + text); ok {
			t.Errorf("%s is a session", name)
		}
	}
	over := s.sessions.mark(&s.sessions.nonces, nil, -time.Second)
	m = SignInMessage(domain, "https://"+domain, ann, 1337, over, time.Now())
	if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); !errors.Is(err, ErrSignIn) {
		t.Errorf("a nonce that is over: %v", err)
	}
}

func (s *sessions) open(t *testing.T, who common.Address, sign func(string) string) (token, message string) {
	t.Helper()
	m := SignInMessage(domain, "https://"+domain, who, 1337, s.nonce(), s.clock())
	token, _, err := s.signIn(t.Context(), m, sign(m))
	if err != nil {
		t.Fatal(err)
	}
	return token, m
}

// R6: who signs in ten thousand times, and asks for as many nonces, pushes nobody out and leaves
// nothing behind but the nonces he used.
func TestTenThousandSignInsPushNobodyOut(t *testing.T) {
	_, s, _ := serve(t)
	ann, sign, _ := newWallet(t)
	session, _ := s.sessions.open(t, ann, sign)
	waits := s.sessions.nonce()
	for range 10_000 {
		s.sessions.mu.Lock()
		key := s.sessions.nonces
		s.sessions.mu.Unlock()
		if !s.sessions.use(s.sessions.mark(&key, nil, nonceLife)) { // a sign-in, without the signature's work
			t.Fatal("a nonce is not taken")
		}
		s.sessions.nonce()
	}
	if _, ok := s.sessions.who("Bearer " + session); !ok {
		t.Error("ten thousand sign-ins ended another's session")
	}
	m := SignInMessage(domain, "https://"+domain, ann, 1337, waits, time.Now())
	if _, _, err := s.sessions.signIn(t.Context(), m, sign(m)); err != nil {
		t.Errorf("ten thousand nonces voided another's: %v", err)
	}
	// Beyond what is remembered every nonce is void, so that no used one comes again.
	spare, used := s.sessions.nonce(), waits
	for i := range usedMax {
		s.sessions.mu.Lock()
		s.sessions.used[fmt.Sprint(i)] = struct{}{}
		s.sessions.mu.Unlock()
	}
	if !s.sessions.use(s.sessions.nonce()) || s.sessions.fresh(used) || s.sessions.fresh(spare) {
		t.Error("a used nonce may come again")
	}
	if _, ok := s.sessions.who("Bearer " + session); !ok {
		t.Error("and a session is over for it")
	}
}

// R11: an account that is a contract signs in if its contract takes the signature; if nobody can be
// asked, he is told so, and the nonce stays good.
func TestAWalletThatIsAContractSignsIn(t *testing.T) {
	f, s, h := serve(t)
	contract := common.HexToAddress("0x00000000000000000000000000000000000000C0")
	m := SignInMessage(domain, "https://"+domain, contract, 1337, s.sessions.nonce(), time.Now())
	post := func(sig string) error {
		return NewClient(h.URL, "").do(t.Context(), "POST", "/v1/session", SignIn{m, sig}, nil)
	}
	f.wallets = func(common.Address, common.Hash, []byte) (bool, error) { return false, errors.New("node down") }
	if err := post("0x1234"); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "could be asked") || strings.Contains(err.Error(), "node down") {
		t.Errorf("nobody knows: %v", err)
	}
	f.wallets = func(w common.Address, _ common.Hash, sig []byte) (bool, error) {
		return w == contract && string(sig) == "\x12\x34", nil
	}
	if err := post("0x1235"); !errors.Is(err, ErrSignedOut) {
		t.Errorf("a signature the contract refuses: %v", err)
	}
	if err := post("0x1234"); err != nil {
		t.Errorf("one it takes: %v", err)
	}
	if err := post("0x1234"); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the same again: %v", err)
	}
}

// A bridge cannot have a buyer's wallet sign in at another bridge.
func TestTheClientSignsForTheBridgeItTalksToAlone(t *testing.T) {
	for base, ok := range map[string]bool{"https://bridge.example": true, "https://bridge.example:8443/x": true, "http://127.0.0.1:8180": true, "http://localhost": true,
		"https://evil.example": false, "https://bridge.example.evil.example": false, "http://192.0.2.1": false} {
		if err := mayName(base, domain); (err == nil) != ok {
			t.Errorf("%s: %v", base, err)
		}
	}
}
