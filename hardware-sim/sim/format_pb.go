package sim

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/chirpstack/chirpstack/api/go/v4/gw"
	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func marshalPB(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic("bug: an event does not marshal: " + err.Error())
	}
	return b
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func pbRx(r *Reception, region *Region) *gw.UplinkRxInfo {
	return &gw.UplinkRxInfo{
		GatewayId: r.Gateway.ID.String(), UplinkId: r.UplinkID, GwTime: stamp(r.Time), NsTime: stamp(r.Forwarded), Rssi: int32(r.RSSI), Snr: float32(r.SNR),
		Channel: uint32(r.Channel), Location: &common.Location{Latitude: r.Gateway.Place.Latitude, Longitude: r.Gateway.Place.Longitude, Altitude: r.Gateway.Place.Altitude},
		Context: r.context(), CrcStatus: gw.CRCStatus_CRC_OK,
		Metadata: map[string]string{"region_config_id": region.Name, "region_common_name": strings.ToUpper(region.Name)},
	}
}

func pbTx(freq uint32, d DataRate) *gw.UplinkTxInfo {
	return &gw.UplinkTxInfo{Frequency: freq, Modulation: pbModulation(d, false)}
}

func pbModulation(d DataRate, down bool) *gw.Modulation {
	return &gw.Modulation{Parameters: &gw.Modulation_Lora{Lora: &gw.LoraModulationInfo{
		Bandwidth: uint32(d.Bandwidth), SpreadingFactor: uint32(d.SF), CodeRate: gw.CodeRate_CR_4_5, PolarizationInversion: down,
	}}}
}

func renderV4Protobuf(e *Event) (string, []byte) {
	device := &integration.DeviceInfo{
		TenantId: e.Server.TenantID, TenantName: e.Server.Tenant, ApplicationId: e.Server.ApplicationID, ApplicationName: e.Server.Application,
		DeviceProfileId: profileID, DeviceProfileName: profileName, DeviceName: e.Device.Name, DevEui: e.body().String(), Tags: e.tags(),
	}
	var m proto.Message
	switch e.Kind {
	case EventUp:
		up := &integration.UplinkEvent{
			DeduplicationId: e.DedupID, Time: stamp(e.Time), DeviceInfo: device, DevAddr: e.Addr.String(), Adr: e.ADR, Dr: uint32(e.DR), FCnt: e.FCnt,
			FPort: uint32(e.FPort), Confirmed: e.Confirmed, Data: e.Data, RegionConfigId: e.Region.Name,
			TxInfo: pbTx(e.Receptions[0].Frequency, e.Receptions[0].DataRate),
		}
		if e.Object != nil {
			fields := map[string]any{}
			if err := json.Unmarshal(e.Object, &fields); err != nil {
				panic("bug: an object is none: " + err.Error())
			}
			object, err := structpb.NewStruct(fields)
			if err != nil {
				panic("bug: an object is none: " + err.Error())
			}
			up.Object = object
		}
		for _, r := range e.Receptions {
			up.RxInfo = append(up.RxInfo, pbRx(r, e.Region))
		}
		m = up
	case EventJoin:
		m = &integration.JoinEvent{DeduplicationId: e.DedupID, Time: stamp(e.Time), DeviceInfo: device, DevAddr: e.Addr.String(), RegionConfigId: e.Region.Name}
	case EventStatus:
		level, external, unknown := percent(e.Battery)
		m = &integration.StatusEvent{DeduplicationId: e.DedupID, Time: stamp(e.Time), DeviceInfo: device, Margin: int32(e.Margin),
			ExternalPowerSource: external, BatteryLevelUnavailable: unknown, BatteryLevel: float32(level)}
	case EventLog:
		m = &integration.LogEvent{Time: stamp(e.Time), DeviceInfo: device, Level: integration.LogLevel_WARNING,
			Code: integration.LogCode(integration.LogCode_value[e.Code]), Description: e.Text, Context: map[string]string{"deduplication_id": e.DedupID}}
	case EventAck:
		m = &integration.AckEvent{DeduplicationId: e.DedupID, Time: stamp(e.Time), DeviceInfo: device, QueueItemId: e.QueueItem, Acknowledged: true, FCntDown: e.FCntDown}
	case EventTxAck:
		r := e.Receptions[0]
		freq, dr := e.Region.RX1(r.Frequency, r.DR)
		m = &integration.TxAckEvent{DownlinkId: e.DownlinkID, Time: stamp(e.Time), DeviceInfo: device, QueueItemId: e.QueueItem, FCntDown: e.FCntDown,
			GatewayId: r.Gateway.ID.String(), TxInfo: &gw.DownlinkTxInfo{Frequency: freq, Modulation: pbModulation(e.Region.DataRates[dr], true)}}
	}
	return v4Topic(e), marshalPB(m)
}
