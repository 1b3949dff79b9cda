package output

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
)

// A port nobody listens on, and one whose owner says nothing, are told with what to
// check, and so is a server that falls silent; one that answers is not.
func TestAServerThatDoesNotAnswerOverUDPIsTold(t *testing.T) {
	begin := func(addr string) Output {
		t.Helper()
		w, err := sim.New(sim.Setup{Seed: 1, Start: time.Now(), Region: sim.Regions["eu868"], Gateways: sim.Grid(1, 2, 300), External: true})
		if err != nil {
			t.Fatal(err)
		}
		out, err := Semtech(t.Context(), "udp", addr, 20*time.Millisecond, 1, w, make(chan func(), 1), func(*sim.Record) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = out.Close() })
		return out
	}
	listen := func(answer bool) string {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			buf := make([]byte, 2048)
			for {
				n, from, err := conn.ReadFromUDP(buf)
				if err != nil {
					return
				}
				if answer && n >= 4 {
					_, _ = conn.WriteToUDP([]byte{2, buf[1], buf[2], 0x04}, from)
				}
			}
		}()
		return conn.LocalAddr().String()
	}
	free, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	dead := free.LocalAddr().String()
	free.Close()
	for _, c := range []struct{ name, addr, want string }{
		{"nobody listens", dead, "nothing listens on " + dead}, {"no answer", listen(false), "has never answered: check"}, {"it answers", listen(true), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := begin(c.addr)
			s := out.(*semtech)
			answered := func() bool {
				for _, one := range s.clients {
					if one.Counts().Heard.IsZero() {
						return false
					}
				}
				return true
			}
			for end := time.Now().Add(time.Minute); time.Now().Before(end) && (c.want != "" && out.Problem() == "" || c.want == "" && !answered()); {
				time.Sleep(5 * time.Millisecond)
			}
			got := out.Problem()
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || c.want != "" && !strings.Contains(got, "0 of ") || s.Silent() != (c.want != "") {
				t.Errorf("%q, silent %v", got, s.Silent())
			}
		})
	}
}
