package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// GatewayFormat is how a gateway, or the bridge beside it, puts raw frames into MQTT.
type GatewayFormat string

// The formats of gateway-level messages.
const (
	GatewayV4JSON     GatewayFormat = "gw_v4_json"
	GatewayV4Protobuf GatewayFormat = "gw_v4_protobuf"
	GatewayV3JSON     GatewayFormat = "gw_v3_json"
	GatewayV3Protobuf GatewayFormat = "gw_v3_protobuf"
)

// GatewayFormats lists them.
var GatewayFormats = []GatewayFormat{GatewayV4JSON, GatewayV4Protobuf, GatewayV3JSON, GatewayV3Protobuf}

// Topic is where a gateway's messages go, e.g. eu868/gateway/…/event/up; the prefix
// is the region of ChirpStack v4's forwarders, and empty for v3.
func (f GatewayFormat) Topic(prefix string, g *Gateway, what string) string {
	t := "gateway/" + g.ID.String() + "/" + what
	if prefix != "" {
		t = prefix + "/" + t
	}
	return t
}

// RenderUp gives the body of an uplink: one gateway's copy of a frame.
func (f GatewayFormat) RenderUp(r *Reception, region *Region) []byte {
	switch f {
	case GatewayV4JSON:
		x := v4RxOf(r, region)
		x.NsTime, x.Location = "", nil
		return mustJSON(ordered{{"phyPayload", r.PHY}, {"txInfo", v4TxOf(r.Frequency, r.DataRate, false)}, {"rxInfo", x}})
	case GatewayV4Protobuf:
		x := pbRx(r, region)
		x.NsTime, x.Location = nil, nil
		return marshalPB(&gw.UplinkFrame{PhyPayload: r.PHY, TxInfo: pbTx(r.Frequency, r.DataRate), RxInfo: x})
	case GatewayV3JSON:
		return mustJSON(ordered{{"phyPayload", r.PHY}, {"txInfo", v3GatewayTx(r)}, {"rxInfo", v3GatewayRx(r, nil)}})
	}
	return pb(nil).bytes(1, r.PHY).message(2, v3TxPB(r)).message(3, v3RxPB(r, false))
}

// RenderDown gives the body of a downlink the network server sends to a gateway.
func (f GatewayFormat) RenderDown(dl *Downlink, region *Region) []byte {
	rate := region.DataRates[dl.DR]
	delay := dl.Delay
	if f == GatewayV4JSON || f == GatewayV4Protobuf {
		tx := &gw.DownlinkTxInfo{
			Frequency: dl.Frequency, Power: int32(region.GWPower), Modulation: pbModulation(rate, true), Context: binary.BigEndian.AppendUint32(nil, dl.Tmst-uint32(delay.Microseconds())),
			Timing: &gw.Timing{Parameters: &gw.Timing_Delay{Delay: &gw.DelayTimingInfo{Delay: durationpb.New(delay)}}},
		}
		m := &gw.DownlinkFrame{DownlinkId: dl.ID, GatewayId: dl.Gateway.ID.String(), Items: []*gw.DownlinkFrameItem{{PhyPayload: dl.PHY, TxInfo: tx}}}
		if f == GatewayV4Protobuf {
			return marshalPB(m)
		}
		return mustJSON(ordered{{"downlinkId", dl.ID}, {"items", []ordered{{{"phyPayload", dl.PHY}, {"txInfo", ordered{
			{"frequency", dl.Frequency}, {"power", int(region.GWPower)}, {"modulation", v4TxOf(0, rate, true).Modulation},
			{"timing", ordered{{"delay", ordered{{"delay", fmt.Sprintf("%ds", int(delay.Seconds()))}}}}}, {"context", tx.Context},
		}}}}}, {"gatewayId", dl.Gateway.ID.String()}})
	}
	context := binary.BigEndian.AppendUint32(nil, dl.Tmst-uint32(delay.Microseconds()))
	id := dl.uuid()
	if f == GatewayV3JSON {
		tx := ordered{
			{"frequency", dl.Frequency}, {"power", int(region.GWPower)}, {"modulation", "LORA"},
			{"loRaModulationInfo", ordered{{"bandwidth", rate.Bandwidth / 1000}, {"spreadingFactor", rate.SF}, {"codeRate", "4/5"}, {"polarizationInversion", true}}},
			{"board", 0}, {"antenna", 0}, {"timing", "DELAY"}, {"delayTimingInfo", ordered{{"delay", fmt.Sprintf("%ds", int(delay.Seconds()))}}}, {"context", context},
		}
		return mustJSON(ordered{{"downlinkID", id[:]}, {"gatewayID", dl.Gateway.ID[:]}, {"items", []ordered{{{"phyPayload", dl.PHY}, {"txInfo", tx}}}}})
	}
	lora := pb(nil).varint(1, uint64(rate.Bandwidth/1000)).varint(2, uint64(rate.SF)).bytes(3, []byte("4/5")).bool(4, true)
	timing := pb(nil).message(1, pb(nil).varint(1, uint64(delay.Seconds())))
	tx := pb(nil).varint(5, uint64(dl.Frequency)).varint(6, uint64(region.GWPower)).message(8, lora).varint(12, 1).message(14, timing).bytes(16, context)
	return pb(nil).bytes(4, id[:]).message(5, pb(nil).bytes(1, dl.PHY).message(2, tx)).bytes(6, dl.Gateway.ID[:])
}

// uuid is the id ChirpStack v3 gives a downlink.
func (dl *Downlink) uuid() (u [16]byte) {
	copy(u[:8], dl.Gateway.ID[:])
	binary.BigEndian.PutUint32(u[8:], dl.ID)
	binary.BigEndian.PutUint32(u[12:], dl.Tmst)
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u
}

// ErrDownlink says that a command for a gateway cannot be carried out.
var ErrDownlink = errors.New("not a downlink this gateway can send")

// ParseDown reads a network server's command/down for a gateway, ChirpStack v4, in
// JSON or protobuf. now is when it arrived.
func (w *World) ParseDown(g *Gateway, body []byte) (Downlink, uint32, error) {
	var m gw.DownlinkFrame
	var err error
	if len(body) > 0 && body[0] == '{' {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &m)
	} else {
		err = proto.Unmarshal(body, &m)
	}
	if err != nil || len(m.Items) == 0 || m.Items[0].GetTxInfo() == nil {
		return Downlink{}, 0, fmt.Errorf("%w: no DownlinkFrame with items", ErrDownlink)
	}
	tx := m.Items[0].GetTxInfo()
	lora := tx.GetModulation().GetLora()
	dr, ok := w.region.dataRate(int(lora.GetSpreadingFactor()), int(lora.GetBandwidth()), true)
	if !ok {
		return Downlink{}, m.DownlinkId, fmt.Errorf("%w: no data rate of %s", ErrDownlink, w.region.Name)
	}
	dl := Downlink{Gateway: g, PHY: m.Items[0].GetPhyPayload(), At: w.now, Frequency: tx.GetFrequency(), DR: dr, Power: float64(tx.GetPower()), ID: m.DownlinkId}
	switch t := tx.GetTiming().GetParameters().(type) {
	case *gw.Timing_Delay:
		if len(tx.GetContext()) != 4 {
			return Downlink{}, m.DownlinkId, fmt.Errorf("%w: a delay without this gateway's context", ErrDownlink)
		}
		dl.Delay = t.Delay.GetDelay().AsDuration()
		dl.At = g.At(w.now, binary.BigEndian.Uint32(tx.GetContext())+uint32(dl.Delay.Microseconds()))
	case *gw.Timing_Immediately:
	default:
		return Downlink{}, m.DownlinkId, fmt.Errorf("%w: it has no GPS", ErrDownlink)
	}
	return dl, m.DownlinkId, nil
}

// RenderAck gives the body of a gateway's answer to a downlink; problem is empty or
// a status of the Semtech protocol.
func (f GatewayFormat) RenderAck(g *Gateway, id uint32, problem string) []byte {
	status := gw.TxAckStatus_OK
	if problem != "" {
		status = gw.TxAckStatus_INTERNAL_ERROR
		if n, ok := gw.TxAckStatus_value[problem]; ok {
			status = gw.TxAckStatus(n)
		}
	}
	switch f {
	case GatewayV4JSON:
		return mustJSON(ordered{{"gatewayId", g.ID.String()}, {"downlinkId", id}, {"items", []ordered{{{"status", status.String()}}}}})
	case GatewayV4Protobuf:
		return marshalPB(&gw.DownlinkTxAck{GatewayId: g.ID.String(), DownlinkId: id, Items: []*gw.DownlinkTxAckItem{{Status: status}}})
	case GatewayV3JSON:
		return mustJSON(ordered{{"gatewayID", g.ID[:]}, {"items", []ordered{{{"status", status.String()}}}}})
	}
	return pb(nil).bytes(1, g.ID[:]).message(5, pb(nil).varint(1, uint64(status)))
}

// RenderStats gives the body of a gateway's status report.
func (f GatewayFormat) RenderStats(g *Gateway, at time.Time) []byte {
	switch f {
	case GatewayV4Protobuf:
		return marshalPB(&gw.GatewayStats{GatewayId: g.ID.String(), Time: stamp(at), RxPacketsReceived: g.Received, RxPacketsReceivedOk: g.Received, TxPacketsReceived: g.Sent, TxPacketsEmitted: g.Sent})
	case GatewayV3Protobuf:
		return pb(nil).bytes(1, g.ID[:]).time(2, at).varint(5, uint64(g.Received)).varint(6, uint64(g.Received)).varint(7, uint64(g.Sent)).varint(8, uint64(g.Sent))
	case GatewayV3JSON:
		return mustJSON(ordered{{"gatewayID", g.ID[:]}, {"time", zulu(at)}, {"rxPacketsReceived", g.Received}, {"rxPacketsReceivedOK", g.Received},
			{"txPacketsReceived", g.Sent}, {"txPacketsEmitted", g.Sent}})
	}
	return mustJSON(ordered{{"gatewayId", g.ID.String()}, {"time", zulu(at)}, {"rxPacketsReceived", g.Received}, {"rxPacketsReceivedOk", g.Received},
		{"txPacketsReceived", g.Sent}, {"txPacketsEmitted", g.Sent}})
}

// RenderConn gives the body of a gateway's retained state.
func (f GatewayFormat) RenderConn(g *Gateway) []byte {
	switch f {
	case GatewayV4Protobuf:
		return marshalPB(&gw.ConnState{GatewayId: g.ID.String(), State: gw.ConnState_ONLINE})
	case GatewayV3Protobuf:
		return pb(nil).bytes(1, g.ID[:]).varint(2, 1)
	case GatewayV3JSON:
		return mustJSON(ordered{{"gatewayID", g.ID[:]}, {"state", "ONLINE"}})
	}
	return mustJSON(ordered{{"gatewayId", g.ID.String()}, {"state", "ONLINE"}})
}

// Gateway finds a gateway by its id.
func (w *World) Gateway(id lorawan.DevEUI) *Gateway {
	for _, g := range w.gateways {
		if g.ID == id {
			return g
		}
	}
	return nil
}
