package provision

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// gateway makes a gateway known. One that is there is left as it is: nothing in it
// decides whether it is heard.
func (s *server) gateway(ctx context.Context, g *sim.GatewaySetup) error {
	id := g.ID.String()
	have, err := s.gateways.Get(ctx, &api.GetGatewayRequest{GatewayId: id})
	switch {
	case err == nil && have.GetGateway().GetTenantId() != s.result.TenantID:
		return errElsewhere
	case err == nil:
		s.result.Unchanged++
		return nil
	case !absent(err):
		return err
	}
	err = s.did(&s.result.Created, func() error {
		_, err := s.gateways.Create(ctx, &api.CreateGatewayRequest{Gateway: &api.Gateway{
			GatewayId: id, Name: g.Name, Description: "made by hardware-sim", TenantId: s.result.TenantID, StatsInterval: 30,
			DownlinkPriority: 10, // ChirpStack's own default; since 4.19 it must be above 0
			Location:         &common.Location{Latitude: g.Place.Latitude, Longitude: g.Place.Longitude, Altitude: g.Place.Altitude},
		}})
		return err
	})
	if taken(err) {
		return fmt.Errorf("%w: %w", errElsewhere, err)
	}
	return err
}

// regions are ChirpStack's names of the simulator's.
var regions = map[string]common.Region{"eu868": common.Region_EU868, "us915": common.Region_US915, "as923": common.Region_AS923}

// profileOf is the device profile a device needs. Devices of one model share it.
func (s *server) profileOf(d *sim.DeviceSetup) (*api.DeviceProfile, error) {
	region, known := regions[s.setup.Region.Name]
	if !known {
		return nil, fmt.Errorf("ChirpStack has no name for the region %s", s.setup.Region.Name)
	}
	p := &api.DeviceProfile{
		TenantId: s.result.TenantID, Description: "made by hardware-sim", MacVersion: common.MacVersion_LORAWAN_1_0_3, RegParamsRevision: common.RegParamsRevision_RP002_1_0_3,
		AdrAlgorithmId: "default", UplinkInterval: 3600, SupportsOtaa: !d.ABP, FlushQueueOnActivate: true, Region: region, DeviceStatusReqInterval: 1,
	}
	version, activation, model, class := "1.0.3", "otaa", string(d.Form), ""
	if d.Version == lorawan.LoRaWAN11 {
		p.MacVersion, version = common.MacVersion_LORAWAN_1_1_0, "1.1"
	}
	if d.ABP {
		activation = "abp"
		p.AbpRx1Delay, p.AbpRx2Dr, p.AbpRx2Freq = 1, uint32(s.setup.Region.RX2), s.setup.Region.RX2Freq
	}
	switch d.Form {
	case sim.FormLPP:
		p.PayloadCodecRuntime = api.CodecRuntime_CAYENNE_LPP
	case sim.FormBinary:
		p.PayloadCodecRuntime, p.PayloadCodecScript, model = api.CodecRuntime_JS, sim.Kinds[d.Kind].Codec(), d.Kind
	}
	if d.ClassC {
		p.SupportsClassC, p.ClassCTimeout, class = true, 5, " class-c"
	}
	p.Name = strings.Join([]string{"hardware-sim", s.setup.Region.Name, version, activation, model}, " ") + class
	return p, nil
}

// needs sets what a device cannot do without in a profile that is there.
func needs(p, want *api.DeviceProfile) {
	p.Region, p.MacVersion, p.SupportsOtaa = want.GetRegion(), want.GetMacVersion(), want.GetSupportsOtaa()
	p.PayloadCodecRuntime, p.PayloadCodecScript = want.GetPayloadCodecRuntime(), want.GetPayloadCodecScript()
	p.SupportsClassC = p.GetSupportsClassC() || want.GetSupportsClassC()
	if p.GetSupportsClassC() && p.GetClassCTimeout() == 0 {
		p.ClassCTimeout = want.GetClassCTimeout()
	}
	if !want.GetSupportsOtaa() && p.GetAbpRx2Freq() == 0 { // of a profile made for OTAA
		p.AbpRx1Delay, p.AbpRx2Dr, p.AbpRx2Freq = want.GetAbpRx1Delay(), want.GetAbpRx2Dr(), want.GetAbpRx2Freq()
	}
}

// profile gives the id of a device's profile, which it makes or sets right first.
func (s *server) profile(ctx context.Context, d *sim.DeviceSetup) (id string, err error) {
	want, err := s.profileOf(d)
	if err != nil {
		return "", err
	}
	if id := s.profileIDs[want.Name]; id != "" {
		return id, nil
	}
	have, err := s.ownProfile(ctx, want.Name)
	switch {
	case err != nil:
		return "", err
	case have == nil:
		err = s.did(&s.result.Created, func() error {
			made, err := s.profiles.Create(ctx, &api.CreateDeviceProfileRequest{DeviceProfile: want})
			id = made.GetId()
			return err
		})
	default:
		id = have.GetId()
		err = amend(s, have, func(p *api.DeviceProfile) { needs(p, want) }, func(p *api.DeviceProfile) error {
			_, err := s.profiles.Update(ctx, &api.UpdateDeviceProfileRequest{DeviceProfile: p})
			return err
		})
	}
	if err != nil {
		return "", fmt.Errorf("device profile %s: %w", want.Name, err)
	}
	s.profileIDs[want.Name] = id
	return id, nil
}

// ownProfile reads the tenant's profile of a name: lists hold global ones too. nil: none.
func (s *server) ownProfile(ctx context.Context, name string) (*api.DeviceProfile, error) {
	all, err := find(name, func(offset uint32) (uint32, []*api.DeviceProfileListItem, error) {
		r, err := s.profiles.List(ctx, &api.ListDeviceProfilesRequest{TenantId: s.result.TenantID, Limit: pageSize, Offset: offset, Search: name})
		return r.GetTotalCount(), r.GetResult(), err
	})
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		have, err := s.profiles.Get(ctx, &api.GetDeviceProfileRequest{Id: one.GetId()})
		if err != nil {
			return nil, err
		}
		if have.GetDeviceProfile().GetTenantId() == s.result.TenantID {
			return have.GetDeviceProfile(), nil
		}
	}
	return nil, nil
}

// ownerTag is the device tag whose value says whose readings a device takes.
const ownerTag = "dbdao_owner"

func setOwner(d *api.Device, owner string) {
	if owner == "" {
		return
	}
	if d.Tags == nil {
		d.Tags = map[string]string{}
	}
	d.Tags[ownerTag] = owner
}

// device makes a device known, with its keys or its session.
func (s *server) device(ctx context.Context, d *sim.DeviceSetup) error {
	profile, err := s.profile(ctx, d)
	if err != nil {
		return err
	}
	have, err := s.devices.Get(ctx, &api.GetDeviceRequest{DevEui: d.DevEUI.String()})
	switch old := have.GetDevice(); {
	case err == nil && old.GetApplicationId() != s.result.ApplicationID:
		return errors.New("it belongs to another application: remove it there, or use another seed")
	case err == nil:
		err = amend(s, old, func(m *api.Device) {
			m.DeviceProfileId, m.JoinEui, m.SkipFcntCheck = profile, d.JoinEUI.String(), m.GetSkipFcntCheck() || d.SkipFCntCheck
			setOwner(m, d.Owner)
		}, func(m *api.Device) error {
			_, err := s.devices.Update(ctx, &api.UpdateDeviceRequest{Device: m})
			return err
		})
	case absent(err):
		err = s.newDevice(ctx, d, profile)
	}
	if err != nil {
		return err
	}
	if d.ABP {
		return s.activate(ctx, d)
	}
	return s.keys(ctx, d)
}

func (s *server) newDevice(ctx context.Context, d *sim.DeviceSetup, profile string) error {
	m := &api.Device{
		DevEui: d.DevEUI.String(), Name: d.Name, Description: "made by hardware-sim: " + d.Kind, ApplicationId: s.result.ApplicationID, DeviceProfileId: profile,
		JoinEui: d.JoinEUI.String(), SkipFcntCheck: d.SkipFCntCheck,
	}
	setOwner(m, d.Owner)
	err := s.did(&s.result.Created, func() error {
		_, err := s.devices.Create(ctx, &api.CreateDeviceRequest{Device: m})
		return err
	})
	if taken(err) {
		return fmt.Errorf("%w: remove it there, or use another seed: %w", errElsewhere, err)
	}
	return err
}

func hexKey(k lorawan.Key) string { return hex.EncodeToString(k[:]) }

// keys sets the root keys. ChirpStack keeps the AppKey of a 1.0.x device in nwk_key.
func (s *server) keys(ctx context.Context, d *sim.DeviceSetup) error {
	set := func(k *api.DeviceKeys) {
		k.NwkKey = hexKey(d.AppKey)
		if d.Version == lorawan.LoRaWAN11 {
			k.NwkKey, k.AppKey = hexKey(d.NwkKey), hexKey(d.AppKey)
		}
	}
	have, err := s.devices.GetKeys(ctx, &api.GetDeviceKeysRequest{DevEui: d.DevEUI.String()})
	switch {
	case status.Code(err) == codes.NotFound:
		want := &api.DeviceKeys{DevEui: d.DevEUI.String()}
		set(want)
		return s.did(&s.result.Created, func() error {
			_, err := s.devices.CreateKeys(ctx, &api.CreateDeviceKeysRequest{DeviceKeys: want})
			return err
		})
	case err != nil:
		return err
	}
	return amend(s, have.GetDeviceKeys(), set, func(k *api.DeviceKeys) error {
		_, err := s.devices.UpdateKeys(ctx, &api.UpdateDeviceKeysRequest{DeviceKeys: k})
		return err
	})
}

// activate gives an ABP device its session, unless it has it: to activate again
// would set its counters back.
func (s *server) activate(ctx context.Context, d *sim.DeviceSetup) error {
	want := &api.DeviceActivation{
		DevEui: d.DevEUI.String(), DevAddr: d.Addr.String(), AppSKey: hexKey(d.Keys.AppSKey), NwkSEncKey: hexKey(d.Keys.NwkSEncKey),
		SNwkSIntKey: hexKey(d.Keys.SNwkSIntKey), FNwkSIntKey: hexKey(d.Keys.FNwkSIntKey), FCntUp: d.FCnt,
	}
	have, err := s.devices.GetActivation(ctx, &api.GetDeviceActivationRequest{DevEui: want.DevEui})
	if err != nil {
		return err
	}
	old := have.GetDeviceActivation()
	if old.GetDevAddr() == want.DevAddr && old.GetAppSKey() == want.AppSKey && old.GetNwkSEncKey() == want.NwkSEncKey &&
		old.GetSNwkSIntKey() == want.SNwkSIntKey && old.GetFNwkSIntKey() == want.FNwkSIntKey {
		s.result.Unchanged++
		return nil
	}
	count := &s.result.Created
	if old != nil {
		count = &s.result.Updated
	}
	return s.did(count, func() error {
		_, err := s.devices.Activate(ctx, &api.ActivateDeviceRequest{DeviceActivation: want})
		return err
	})
}
