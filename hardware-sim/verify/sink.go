package verify

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// lines visits the JSON lines of a file. A line cut off at the end is passed over:
// whoever wrote it was stopped.
func lines(r io.Reader, visit func(line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := b.ReadBytes('\n')
		if errors.Is(err, io.EOF) && !json.Valid(line) {
			return nil
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := visit(text); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Sale is a device somebody may have bought.
type Sale struct {
	DevEUI   lorawan.DevEUI
	Device   string // its commitment, as readings carry it in dev
	Purchase uint64 // 0: any
}

// ReadSales reads which device has which commitment, and which purchase is of which
// device: JSON, an array or one object a line, with dev_eui, device and perhaps
// purchase; or CSV of these three.
func ReadSales(r io.Reader) ([]Sale, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	type entry struct {
		DevEUI   string      `json:"dev_eui"`
		Device   string      `json:"device"`
		Purchase json.Number `json:"purchase"`
	}
	var entries []entry
	switch t := bytes.TrimSpace(text); {
	case len(t) > 0 && t[0] == '[':
		err = json.Unmarshal(t, &entries)
	case len(t) > 0 && t[0] == '{':
		dec := json.NewDecoder(bytes.NewReader(t))
		for err == nil && dec.More() {
			var e entry
			if err = dec.Decode(&e); err == nil {
				entries = append(entries, e)
			}
		}
	default:
		for line := range strings.Lines(string(t)) {
			f := strings.Split(strings.TrimSpace(line), ",")
			if len(f) < 2 || f[0] == "dev_eui" || strings.HasPrefix(f[0], "#") {
				continue
			}
			e := entry{DevEUI: f[0], Device: f[1]}
			if len(f) > 2 {
				e.Purchase = json.Number(f[2])
			}
			entries = append(entries, e)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	var sales []Sale
	for _, e := range entries {
		s := Sale{Device: strings.ToLower(e.Device)}
		if s.DevEUI, err = lorawan.ParseDevEUI(e.DevEUI); err != nil {
			return nil, fmt.Errorf("devices: %w", err)
		}
		if e.Purchase != "" {
			n, err := e.Purchase.Int64()
			if err != nil || n < 0 {
				return nil, fmt.Errorf("devices: %q is no purchase", e.Purchase)
			}
			s.Purchase = uint64(n)
		}
		sales = append(sales, s)
	}
	if len(sales) == 0 {
		return nil, errors.New("devices: the file names none")
	}
	return sales, nil
}

// Delivery is a reading as a buyer has it.
type Delivery struct {
	ID       string // webhook-id
	At       time.Time
	Purchase uint64
	Dev      string
	FCnt     uint32
	FPort    uint8
	Received time.Time // when the bridge took it in
	Time     time.Time // when the network server received it; zero if it says nothing
	Gateway  time.Time // when a gateway did; zero if none says
	Data     []byte
	hasData  bool
	Values   any
	body     string
}

// ReadSink reads what a buyer received: lines of hardware-sim sink, or the bodies
// themselves, one or an array of them a line.
func ReadSink(r io.Reader) (all []Delivery, err error) {
	err = lines(r, func(line []byte) error {
		var l struct {
			At   time.Time       `json:"sink_time"`
			ID   string          `json:"webhook_id"`
			Body json.RawMessage `json:"body"`
		}
		bodies := []json.RawMessage{line}
		if line[0] == '{' {
			if err := json.Unmarshal(line, &l); err != nil {
				return err
			}
			if len(l.Body) > 0 {
				bodies = []json.RawMessage{l.Body}
			}
		}
		if b := bytes.TrimSpace(bodies[0]); len(b) > 0 && b[0] == '[' {
			var many []json.RawMessage
			if err := json.Unmarshal(b, &many); err != nil {
				return err
			}
			bodies = many
		}
		for _, b := range bodies {
			one, err := readDelivery(b, l.ID)
			if err != nil {
				return err
			}
			one.At = l.At
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// readDelivery reads one body; id is what came with it.
func readDelivery(body []byte, id string) (one Delivery, err error) {
	var d struct {
		ID       string    `json:"id"`
		Purchase uint64    `json:"purchase"`
		Dev      string    `json:"dev"`
		FCnt     uint32    `json:"f_cnt"`
		FPort    uint8     `json:"f_port"`
		Received time.Time `json:"received"`
		Time     time.Time `json:"time"`
		Gateway  time.Time `json:"gateway_time"`
		Data     *string   `json:"data"`
		Values   any       `json:"values"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return one, fmt.Errorf("not a reading: %w", err)
	}
	if d.ID == "" {
		d.ID = id
	}
	one = Delivery{ID: d.ID, Purchase: d.Purchase, Dev: strings.ToLower(d.Dev), FCnt: d.FCnt, FPort: d.FPort, Received: d.Received, Time: d.Time, Gateway: d.Gateway, Values: d.Values, body: string(body)}
	if d.Data != nil {
		one.hasData = true
		if one.Data, err = base64.StdEncoding.DecodeString(*d.Data); err != nil {
			return one, fmt.Errorf("data: %w", err)
		}
	}
	return one, nil
}
