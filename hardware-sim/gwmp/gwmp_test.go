package gwmp

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"
)

// pair is a client and the server it talks to.
func pair(t testing.TB) (*Client, *net.UDPConn) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(conn.LocalAddr().String(), [8]byte{0, 0x16, 0xc0, 1, 0xf1, 0x53, 0xa1, 0x4c}, time.Hour, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	return c, conn
}

func read(t *testing.T, conn *net.UDPConn) []byte {
	t.Helper()
	b := make([]byte, 65536)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := conn.ReadFromUDP(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// The example of PROTOCOL.TXT, section 4, field by field.
func TestAPushIsWhatTheProtocolDocumentShows(t *testing.T) {
	c, conn := pair(t)
	at := time.Date(2013, 3, 31, 16, 21, 17, 528_002_000, time.UTC)
	if err := c.Push([]RXPK{{Time: &at, Tmst: 3_512_348_611, Freq: 866_349_812, Chan: 2, Stat: 1, Modu: "LORA", Datr: "SF7BW125", Codr: "4/6", RSSI: -35, LSNR: 5.1, Size: 3, Data: []byte{1, 2, 3}}},
		&Stat{Time: "2014-01-12 08:59:28 GMT", Lati: 46.24, Long: 3.2523, Alti: 145, RXNb: 2, RXOK: 2, RXFw: 2}); err != nil {
		t.Fatal(err)
	}
	b := read(t, conn)
	want := `{"rxpk":[{"time":"2013-03-31T16:21:17.528002Z","tmst":3512348611,"freq":866.349812,"chan":2,"rfch":0,"stat":1,"modu":"LORA","datr":"SF7BW125","codr":"4/6","rssi":-35,"lsnr":5.1,"size":3,"data":"AQID"}],` +
		`"stat":{"time":"2014-01-12 08:59:28 GMT","lati":46.24,"long":3.2523,"alti":145,"rxnb":2,"rxok":2,"rxfw":2,"ackr":100,"dwnb":0,"txnb":0}}`
	if b[0] != 2 || b[3] != PushData || string(b[4:12]) != "\x00\x16\xc0\x01\xf1\x53\xa1\x4c" || string(b[12:]) != want {
		t.Errorf("% x\n%s", b[:12], b[12:])
	}
	if c.AckRatio() != 0 {
		t.Errorf("acknowledged %v %% before any acknowledgement", c.AckRatio())
	}
	c.datagram([]byte{2, b[1], b[2], PushAck}, nil)
	c.datagram([]byte{2, b[1], b[2], PushAck}, nil) // a duplicate counts once
	if c.AckRatio() != 100 {
		t.Errorf("acknowledged %v %%", c.AckRatio())
	}
}

func TestEveryDownlinkIsAnsweredOnceUnderItsToken(t *testing.T) {
	c, conn := pair(t)
	for i, problem := range []string{"", "TOO_LATE"} {
		b := append([]byte{2, 0xab, byte(i), PullResp}, `{"txpk":{"imme":true,"freq":864.123456,"powe":14,"modu":"LORA","datr":"SF11BW125","codr":"4/6","ipol":false,"size":3,"data":"AQID"}}`...)
		c.datagram(b, func(tx TXPK, done func(string)) {
			if sf, bandwidth, err := tx.LoRa(); err != nil || sf != 11 || bandwidth != 125_000 || tx.Freq != 864_123_456 || string(tx.Data) != "\x01\x02\x03" || !tx.Imme {
				t.Errorf("%+v: %d %d %v", tx, sf, bandwidth, err)
			}
			done(problem)
			done("again")
		})
		got := read(t, conn)
		want := problem
		if want == "" {
			want = "NONE"
		}
		if got[3] != TxAck || binary.BigEndian.Uint16(got[1:]) != uint16(0xab00+i) || string(got[12:]) != `{"txpk_ack":{"error":"`+want+`"}}` {
			t.Errorf("% x %s", got[:12], got[12:])
		}
	}
	if c.emitted.Load() != 1 || c.down.Load() != 2 {
		t.Errorf("%d emitted of %d", c.emitted.Load(), c.down.Load())
	}
}

// Nothing a server sends may end a gateway.
func FuzzDatagram(f *testing.F) {
	c, _ := pair(f)
	f.Add([]byte{2, 0, 0, PullAck})
	f.Add([]byte{1, 0, 0, PushAck})
	f.Add(append([]byte{2, 0, 0, PullResp}, `{"txpk":{"tmst":1,"freq":868.1,"modu":"LORA","datr":"SF7BW125","data":"AQ=="}}`...))
	f.Add(append([]byte{2, 0, 0, PullResp}, `{"txpk":{"freq":-1,"datr":50000,"data":"%"}}`...))
	f.Fuzz(func(t *testing.T, b []byte) {
		c.datagram(b, func(tx TXPK, done func(string)) {
			if sf, bandwidth, err := tx.LoRa(); err == nil && (strings.Contains(string(tx.Datr), "\x00") || sf == 0 && bandwidth == 0 && !json.Valid(tx.Datr)) {
				t.Errorf("%q is no data rate", tx.Datr)
			}
		})
	})
}
