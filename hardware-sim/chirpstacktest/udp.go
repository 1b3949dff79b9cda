package chirpstacktest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// window is how long copies of a frame are one: longer than ChirpStack's
// deduplication_delay of 200 ms, because a busy machine may deliver them late.
const window = 2 * time.Second

// rates are the data rates of EU868 and AS923, by their names in Semtech's protocol
// (RP002-1.0.3).
var rates = map[string]uint8{"SF12BW125": 0, "SF11BW125": 1, "SF10BW125": 2, "SF9BW125": 3, "SF8BW125": 4, "SF7BW125": 5, "SF7BW250": 6}

// ListenUDP has the network hear gateways by Semtech's UDP protocol (PROTOCOL.TXT of
// Lora-net/packet_forwarder, version 2), as ChirpStack's gateway bridge does, until stop
// is called. The first copy of a frame is taken.
func (n *Network) ListenUDP() (address string, stop func(), err error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return "", nil, err
	}
	f := &front{network: n, conn: conn, routes: map[[8]byte]*net.UDPAddr{}, heard: map[string]time.Time{}}
	var serving sync.WaitGroup
	serving.Go(f.serve)
	return conn.LocalAddr().String(), func() { conn.Close(); serving.Wait() }, nil
}

type front struct {
	network *Network
	conn    *net.UDPConn
	routes  map[[8]byte]*net.UDPAddr // from PULL_DATA
	heard   map[string]time.Time
	token   uint16
}

func (f *front) serve() {
	buf := make([]byte, 65536)
	for {
		n, from, err := f.conn.ReadFromUDP(buf)
		if err != nil {
			return // closed
		}
		if n < 12 || buf[0] != 2 {
			continue
		}
		gateway := [8]byte(buf[4:12])
		switch buf[3] {
		case 0x00: // PUSH_DATA
			f.send([]byte{2, buf[1], buf[2], 0x01}, from)
			f.push(gateway, buf[12:n])
		case 0x02: // PULL_DATA
			f.routes[gateway] = from
			f.send([]byte{2, buf[1], buf[2], 0x04}, from)
		}
	}
}

// send loses what cannot be sent, as UDP does.
func (f *front) send(b []byte, to *net.UDPAddr) { _, _ = f.conn.WriteToUDP(b, to) }

func (f *front) push(gateway [8]byte, body []byte) {
	var m struct {
		RXPK []struct {
			Tmst uint32  `json:"tmst"`
			Freq float64 `json:"freq"`
			Datr string  `json:"datr"`
			Data []byte  `json:"data"`
		} `json:"rxpk"`
	}
	if json.Unmarshal(body, &m) != nil {
		return
	}
	for _, r := range m.RXPK {
		dr, known := rates[r.Datr]
		key := fmt.Sprintf("%x %v %s", r.Data, r.Freq, r.Datr)
		if !known || time.Since(f.heard[key]) < window || f.routes[gateway] == nil {
			continue
		}
		f.heard[key] = time.Now()
		a := f.network.frame(r.Data, uint32(r.Freq*1e6+0.5), dr)
		if a == nil {
			continue
		}
		down, err := json.Marshal(map[string]any{"txpk": map[string]any{
			"imme": false, "tmst": r.Tmst + uint32(a.after.Microseconds()), "freq": r.Freq, "rfch": 0, "powe": 14, "modu": "LORA", "datr": r.Datr, "codr": "4/5", "ipol": true,
			"size": len(a.phy), "data": base64.StdEncoding.EncodeToString(a.phy),
		}})
		if err != nil {
			panic("bug: " + err.Error())
		}
		f.token++
		f.send(append([]byte{2, byte(f.token >> 8), byte(f.token), 0x03}, down...), f.routes[gateway])
	}
}
