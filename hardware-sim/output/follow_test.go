package output

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brocaar/lorawan"
	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// A network server at the other end of gateway-level MQTT, made of ChirpStack's own
// messages: it answers the first join-request it sees.
type mqttServer struct {
	pub    *mqtt.Publisher
	json   bool
	appKey lorawan.AES128Key

	mu     sync.Mutex
	joined bool
	uplink int
	acks   []string
	faults []string
}

func (s *mqttServer) decode(b []byte, m proto.Message) {
	var err error
	if s.json {
		err = protojson.Unmarshal(b, m) // strict: an unknown member is an error
	} else {
		err = proto.Unmarshal(b, m)
	}
	if err != nil {
		s.faults = append(s.faults, err.Error())
	}
}

func (s *mqttServer) encode(m proto.Message) []byte {
	var b []byte
	var err error
	if s.json {
		b, err = protojson.Marshal(m)
	} else {
		b, err = proto.Marshal(m)
	}
	if err != nil {
		s.faults = append(s.faults, err.Error())
	}
	return b
}

func (s *mqttServer) message(m mqtt.Message) {
	defer m.Ack()
	s.mu.Lock()
	defer s.mu.Unlock()
	level := strings.Split(m.Topic, "/")
	switch strings.Join(level[3:], "/") {
	case "event/ack":
		var ack gw.DownlinkTxAck
		s.decode(m.Payload, &ack)
		for _, i := range ack.GetItems() {
			s.acks = append(s.acks, fmt.Sprintf("%s %d", i.GetStatus(), ack.GetDownlinkId()))
		}
	case "event/stats":
		s.decode(m.Payload, &gw.GatewayStats{})
	case "state/conn":
		s.decode(m.Payload, &gw.ConnState{})
	case "event/up":
		var up gw.UplinkFrame
		s.decode(m.Payload, &up)
		s.frame(level[2], &up)
	}
}

func (s *mqttServer) frame(gateway string, up *gw.UplinkFrame) {
	var p lorawan.PHYPayload
	if err := p.UnmarshalBinary(up.GetPhyPayload()); err != nil {
		s.faults = append(s.faults, err.Error())
		return
	}
	q, ok := p.MACPayload.(*lorawan.JoinRequestPayload)
	if !ok {
		s.uplink++
		return
	}
	if s.joined || up.GetRxInfo().GetGatewayId() != gateway {
		return
	}
	s.joined = true
	a := lorawan.PHYPayload{MHDR: lorawan.MHDR{MType: lorawan.JoinAccept}, MACPayload: &lorawan.JoinAcceptPayload{JoinNonce: 1, DevAddr: lorawan.DevAddr{1, 2, 3, 4}, RXDelay: 1}}
	if err := a.SetDownlinkJoinMIC(lorawan.JoinRequestType, q.JoinEUI, q.DevNonce, s.appKey); err != nil {
		s.faults = append(s.faults, err.Error())
	}
	if err := a.EncryptJoinAcceptPayload(s.appKey); err != nil {
		s.faults = append(s.faults, err.Error())
	}
	phy, err := a.MarshalBinary()
	if err != nil {
		s.faults = append(s.faults, err.Error())
	}
	lora := proto.CloneOf(up.GetTxInfo().GetModulation())
	lora.GetLora().PolarizationInversion = true
	down := &gw.DownlinkFrame{DownlinkId: 4711, GatewayId: gateway, Items: []*gw.DownlinkFrameItem{{PhyPayload: phy, TxInfo: &gw.DownlinkTxInfo{
		Frequency: up.GetTxInfo().GetFrequency(), Power: 14, Modulation: lora, Context: up.GetRxInfo().GetContext(),
		Timing: &gw.Timing{Parameters: &gw.Timing_Delay{Delay: &gw.DelayTimingInfo{Delay: durationpb.New(5 * time.Second)}}},
	}}}}
	body := s.encode(down)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.pub.Publish(ctx, "eu868/gateway/"+gateway+"/command/down", body, 1) // the test sees what is missing
		_ = s.pub.Publish(ctx, "eu868/gateway/"+gateway+"/command/down", []byte("{}"), 1)
	}()
}

func TestADeviceJoinsThroughANetworkServerBehindMQTT(t *testing.T) {
	servers.Need(t, "mosquitto")
	for _, format := range []sim.GatewayFormat{sim.GatewayV4JSON, sim.GatewayV4Protobuf} {
		t.Run(string(format), func(t *testing.T) {
			broker := servers.Mosquitto(t)
			devices := sim.Fleet(2, 1, sim.FleetSetup{Interval: 3 * time.Second, NoDutyCycle: true, Radius: 300})
			s := &mqttServer{pub: mqtt.NewPublisher(mqtt.Config{URL: broker.URL, ClientID: "server"}), json: format == sim.GatewayV4JSON, appKey: lorawan.AES128Key(devices[0].AppKey)}
			defer s.pub.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			var running sync.WaitGroup
			listening := make(chan struct{})
			sub := mqtt.NewSubscriber(mqtt.Config{URL: broker.URL, ClientID: "server-in", CleanSession: true}, []string{"eu868/gateway/#"}, s.message,
				mqtt.Events{Granted: func(string, byte) { close(listening) }})
			running.Go(func() { _ = sub.Run(ctx) })
			<-listening

			w, err := sim.New(sim.Setup{Seed: 2, Start: time.Now(), Region: sim.Regions["eu868"], Devices: devices, Gateways: sim.Grid(2, 2, 300), External: true})
			if err != nil {
				t.Fatal(err)
			}
			pub := mqtt.NewPublisher(mqtt.Config{URL: broker.URL, ClientID: "gateways"})
			out := Gateway("gw", format, "eu868", 1, time.Second, w, pub, func(*sim.Record) error { return nil })
			inject := make(chan func(), 16)
			running.Go(func() {
				_ = Follow(ctx, mqtt.Config{URL: broker.URL, ClientID: "gateways-commands", CleanSession: true}, format, "eu868", w, pub, inject)
			})
			w.Heard = func(r *sim.Reception) {
				if err := out.Heard(ctx, r); err != nil {
					t.Error(err)
				}
			}
			sim.Pace(ctx, w, 6, w.Now().Add(30*time.Second), inject)
			cancel()
			running.Wait()
			if err := out.Close(); err != nil {
				t.Error(err)
			}
			if !w.Devices()[0].Joined() || s.uplink < 3 {
				t.Errorf("joined: %v, %d uplinks", w.Devices()[0].Joined(), s.uplink)
			}
			if len(s.acks) != 2 || s.acks[0] != "OK 4711" || s.acks[1] != "INTERNAL_ERROR 0" || len(s.faults) > 0 {
				t.Errorf("acks %v, faults %v", s.acks, s.faults)
			}
		})
	}
}
