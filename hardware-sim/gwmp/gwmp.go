// Package gwmp is a gateway's side of Semtech's UDP protocol between packet
// forwarder and network server, version 2 (PROTOCOL.TXT of Lora-net/packet_forwarder).
//
// It knows datagrams. It refuses to know frames, time and radio: what it received
// for transmission it hands on, and reports what came of it.
package gwmp

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Version is the protocol version in every datagram's first byte.
const Version = 2

// The identifiers of the datagrams, their fourth byte.
const (
	PushData byte = 0x00
	PushAck  byte = 0x01
	PullData byte = 0x02
	PullResp byte = 0x03
	PullAck  byte = 0x04
	TxAck    byte = 0x05
)

// MHz is a frequency in Hz that JSON carries as MHz, to the Hz.
type MHz uint32

// MarshalJSON writes e.g. 868.1.
func (f MHz) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(f)/1e6, 'f', -1, 64), nil
}

// UnmarshalJSON reads a number of MHz.
func (f *MHz) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || v < 0 || v > 4000 {
		return fmt.Errorf("%q is no frequency in MHz", b)
	}
	*f = MHz(v*1e6 + 0.5)
	return nil
}

// RXPK is a frame received (section 4).
type RXPK struct {
	Time *time.Time `json:"time,omitempty"` // UTC, µs
	Tmst uint32     `json:"tmst"`           // µs counter at the end of the frame
	Freq MHz        `json:"freq"`
	Chan int        `json:"chan"`
	RFCh int        `json:"rfch"`
	Stat int        `json:"stat"` // 1: CRC OK
	Modu string     `json:"modu"`
	Datr string     `json:"datr"` // e.g. SF7BW125
	Codr string     `json:"codr"`
	RSSI int        `json:"rssi"` // dBm
	LSNR float64    `json:"lsnr"` // dB
	Size int        `json:"size"`
	Data []byte     `json:"data"`
}

// Stat is a gateway's report (section 4).
type Stat struct {
	Time string  `json:"time"` // 2014-01-12 08:59:28 GMT
	Lati float64 `json:"lati"`
	Long float64 `json:"long"`
	Alti int     `json:"alti"`
	RXNb uint32  `json:"rxnb"`
	RXOK uint32  `json:"rxok"`
	RXFw uint32  `json:"rxfw"`
	AckR float64 `json:"ackr"` // % of PUSH_DATA acknowledged
	DWNb uint32  `json:"dwnb"`
	TXNb uint32  `json:"txnb"`
}

// StatTime is the layout of Stat.Time.
const StatTime = "2006-01-02 15:04:05 GMT"

// Base64 is a byte string in base64 whose padding may be missing, as txpk has it.
type Base64 []byte

// UnmarshalJSON reads it.
func (b *Base64) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	for len(s) > 0 && s[len(s)-1] == '=' {
		s = s[:len(s)-1]
	}
	v, err := base64.RawStdEncoding.DecodeString(s)
	*b = v
	return err
}

// TXPK is a frame to be sent (section 6).
type TXPK struct {
	Imme bool            `json:"imme"`
	Tmst *uint32         `json:"tmst"`
	Time *string         `json:"time"`
	Freq MHz             `json:"freq"`
	RFCh int             `json:"rfch"`
	Powe int             `json:"powe"` // dBm
	Modu string          `json:"modu"`
	Datr json.RawMessage `json:"datr"` // LoRa: a string
	Codr string          `json:"codr"`
	IPol bool            `json:"ipol"`
	Size int             `json:"size"`
	Data Base64          `json:"data"`
	NCRC bool            `json:"ncrc"`
}

// LoRa gives spreading factor and bandwidth in Hz.
func (t *TXPK) LoRa() (sf, bandwidth int, err error) {
	var text string
	if t.Modu != "LORA" || json.Unmarshal(t.Datr, &text) != nil {
		return 0, 0, errors.New("not LoRa")
	}
	if n, err := fmt.Sscanf(text, "SF%dBW%d", &sf, &bandwidth); n != 2 || err != nil {
		return 0, 0, fmt.Errorf("%q is no data rate", text)
	}
	return sf, bandwidth * 1000, nil
}

// Client is a gateway. Its server may be away: datagrams then are lost, as UDP has it.
type Client struct {
	gateway   [8]byte
	conn      net.Conn
	keepAlive time.Duration

	mu      sync.Mutex
	tokens  map[byte]*rand.Rand  // one stream for each kind of datagram, so that pushes do not depend on the clock
	pushed  map[uint16]time.Time // awaiting their PUSH_ACK
	sent    atomic.Uint32
	acked   atomic.Uint32
	down    atomic.Uint32
	emitted atomic.Uint32
	polled  atomic.Uint32 // PULL_DATA
	pulled  atomic.Uint32 // PULL_ACKs
	refused atomic.Uint32 // datagrams answered with "port unreachable"
	heard   atomic.Int64  // when the server last said anything, ns since 1970
}

// Dial prepares a gateway's client; nothing is sent before Run or Push.
func Dial(server string, gateway [8]byte, keepAlive time.Duration, seed uint64) (*Client, error) {
	conn, err := net.Dial("udp", server)
	if err != nil {
		return nil, fmt.Errorf("packet forwarder: %w", err)
	}
	if keepAlive <= 0 {
		keepAlive = 5 * time.Second
	}
	tokens := map[byte]*rand.Rand{}
	for _, kind := range []byte{PushData, PullData} {
		tokens[kind] = rand.New(rand.NewPCG(seed^uint64(kind), binary.BigEndian.Uint64(gateway[:])))
	}
	return &Client{gateway: gateway, conn: conn, keepAlive: keepAlive, tokens: tokens, pushed: map[uint16]time.Time{}}, nil
}

// header begins a datagram with a random token.
func (c *Client) header(kind byte) (b []byte, token uint16) {
	c.mu.Lock()
	token = uint16(c.tokens[kind].Uint32())
	c.mu.Unlock()
	b = append(make([]byte, 0, 512), Version, byte(token>>8), byte(token), kind)
	return append(b, c.gateway[:]...), token
}

// Push sends frames received, a report, or both.
func (c *Client) Push(rx []RXPK, stat *Stat) error {
	if stat != nil {
		stat.DWNb, stat.TXNb, stat.AckR = c.down.Load(), c.emitted.Load(), c.AckRatio()
	}
	body, err := json.Marshal(struct {
		RXPK []RXPK `json:"rxpk,omitempty"`
		Stat *Stat  `json:"stat,omitempty"`
	}{rx, stat})
	if err != nil {
		return fmt.Errorf("packet forwarder: %w", err)
	}
	b, token := c.header(PushData)
	c.mu.Lock()
	for t, at := range c.pushed {
		if time.Since(at) > 30*time.Second { // given up
			delete(c.pushed, t)
		}
	}
	c.pushed[token] = time.Now()
	c.mu.Unlock()
	c.sent.Add(1)
	_, err = c.conn.Write(append(b, body...))
	return c.ignoreRefused(err)
}

// AckRatio is the share of PUSH_DATA that was acknowledged, in percent.
func (c *Client) AckRatio() float64 {
	if c.sent.Load() == 0 {
		return 100
	}
	return 100 * float64(c.acked.Load()) / float64(c.sent.Load())
}

// Counts is what passed between a gateway and its server.
type Counts struct {
	Pushed, PushAcked int // PUSH_DATA
	Pulled, PullAcked int // PULL_DATA
	Refused           int // datagrams the server's host refused: nothing listens on the port
	Heard             time.Time
}

// Counts gives what passed so far. A zero Heard: the server has never said anything.
func (c *Client) Counts() Counts {
	n := Counts{Pushed: int(c.sent.Load()), PushAcked: int(c.acked.Load()), Pulled: int(c.polled.Load()), PullAcked: int(c.pulled.Load()), Refused: int(c.refused.Load())}
	if at := c.heard.Load(); at > 0 {
		n.Heard = time.Unix(0, at)
	}
	return n
}

// Run polls the server and hands over what it wants sent, until ctx ends. transmit
// must arrange to call done once, with "" or the error of PROTOCOL.TXT (TOO_LATE,
// TX_FREQ …); it may do so later and from another goroutine.
func (c *Client) Run(ctx context.Context, transmit func(t TXPK, done func(problem string))) error {
	var pulling sync.WaitGroup
	defer pulling.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetReadDeadline(time.Now()) })
	defer stop()
	pulling.Go(func() {
		tick := time.NewTicker(c.keepAlive)
		defer tick.Stop()
		for {
			b, _ := c.header(PullData)
			_, err := c.conn.Write(b)
			_ = c.ignoreRefused(err) // the next keep-alive tries again
			c.polled.Add(1)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	buf := make([]byte, 65536)
	for ctx.Err() == nil {
		n, err := c.conn.Read(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if c.ignoreRefused(err) == nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			return fmt.Errorf("packet forwarder: %w", err)
		}
		c.datagram(buf[:n], transmit)
	}
	return nil
}

func (c *Client) datagram(b []byte, transmit func(TXPK, func(string))) {
	if len(b) < 4 || b[0] != Version {
		return
	}
	token := binary.BigEndian.Uint16(b[1:])
	c.heard.Store(time.Now().UnixNano())
	switch b[3] {
	case PushAck:
		c.mu.Lock()
		_, ok := c.pushed[token]
		delete(c.pushed, token)
		c.mu.Unlock()
		if ok {
			c.acked.Add(1)
		}
	case PullAck:
		c.pulled.Add(1)
	case PullResp:
		c.down.Add(1)
		var m struct {
			TXPK *TXPK `json:"txpk"`
		}
		if err := json.Unmarshal(b[4:], &m); err != nil || m.TXPK == nil {
			return
		}
		var once sync.Once
		transmit(*m.TXPK, func(problem string) { once.Do(func() { c.txAck(token, problem) }) })
	}
}

func (c *Client) txAck(token uint16, problem string) {
	b := append([]byte{Version, byte(token >> 8), byte(token), TxAck}, c.gateway[:]...)
	if problem == "" {
		c.emitted.Add(1)
		problem = "NONE"
	}
	b = append(b, `{"txpk_ack":{"error":`+strconv.Quote(problem)+`}}`...)
	_, _ = c.conn.Write(b) // lost like any datagram
}

// Close ends the client.
func (c *Client) Close() error { return c.conn.Close() }

// ignoreRefused passes over what an absent server makes of a connected UDP socket, and
// counts it.
func (c *Client) ignoreRefused(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && !op.Timeout() && !errors.Is(err, net.ErrClosed) {
		c.refused.Add(1)
		return nil
	}
	return err
}
