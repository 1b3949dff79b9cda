// Package provision makes a scenario's tenant, gateways, application, profiles and
// devices known to a real ChirpStack v4, through its gRPC API. It may be run again:
// what is there already is left, what differs is changed, nothing is deleted.
//
// It is the only package that knows gRPC. It refuses to know frames and time.
package provision

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Options say where the server is.
type Options struct {
	Server string // host:port; ChirpStack's API has the port of its web interface
	TLS    bool
	Token  string // API key: a global admin's if the tenant is to be made
}

// Result counts what was done.
type Result struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`

	TenantID      string `json:"tenant_id"`
	ApplicationID string `json:"application_id"`
}

// Dial prepares a connection; nothing is sent before the first call.
func Dial(o Options) (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if o.TLS {
		creds = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	conn, err := grpc.NewClient(o.Server, grpc.WithTransportCredentials(creds), grpc.WithUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+o.Token), method, req, reply, cc, opts...)
		}))
	if err != nil {
		return nil, fmt.Errorf("ChirpStack at %s: %w", o.Server, err)
	}
	return conn, nil
}

// server is a ChirpStack being provisioned.
type server struct {
	setup        *sim.Setup
	tenants      api.TenantServiceClient
	gateways     api.GatewayServiceClient
	applications api.ApplicationServiceClient
	profiles     api.DeviceProfileServiceClient
	devices      api.DeviceServiceClient
	result       Result
	profileIDs   map[string]string
}

// Run provisions everything of a setup. An error leaves what was done so far: run
// again.
func Run(ctx context.Context, conn grpc.ClientConnInterface, setup *sim.Setup) (Result, error) {
	s := &server{
		setup: setup, tenants: api.NewTenantServiceClient(conn), gateways: api.NewGatewayServiceClient(conn), applications: api.NewApplicationServiceClient(conn),
		profiles: api.NewDeviceProfileServiceClient(conn), devices: api.NewDeviceServiceClient(conn), profileIDs: map[string]string{},
	}
	if err := s.tenant(ctx); err != nil {
		return s.result, explained("tenant "+setup.Server.Tenant, err)
	}
	for i := range setup.Gateways {
		if err := s.gateway(ctx, &setup.Gateways[i]); err != nil {
			return s.result, explained("gateway "+setup.Gateways[i].ID.String(), err)
		}
	}
	if err := s.application(ctx); err != nil {
		return s.result, explained("application "+setup.Server.Application, err)
	}
	for i := range setup.Devices {
		if err := s.device(ctx, &setup.Devices[i]); err != nil {
			return s.result, explained("device "+setup.Devices[i].DevEUI.String(), err)
		}
	}
	return s.result, nil
}

// explained says what an operator can do about a refusal.
func explained(what string, err error) error {
	switch status.Code(err) {
	case codes.Unauthenticated:
		return fmt.Errorf("%s: ChirpStack does not take the API key: make one under API keys: %w", what, err)
	case codes.PermissionDenied:
		return fmt.Errorf("%s: the API key may not do this: a new tenant needs a global admin's key: %w", what, err)
	case codes.Unavailable:
		return fmt.Errorf("%s: ChirpStack does not answer: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// pageSize is how many entries are asked for at once. A limit of 0 gives none.
const pageSize = 100

// find looks for an entry by its exact name, page by page: search is by substring.
func find[T any](name string, list func(offset uint32) (total uint32, page []T, err error), nameOf func(T) string) (found T, ok bool, err error) {
	for offset := uint32(0); ; offset += pageSize {
		total, page, err := list(offset)
		if err != nil {
			return found, false, err
		}
		for _, one := range page {
			if nameOf(one) == name {
				return one, true, nil
			}
		}
		if len(page) == 0 || offset+pageSize >= total {
			return found, false, nil
		}
	}
}

func (s *server) tenant(ctx context.Context) error {
	name := cmp.Or(s.setup.Server.Tenant, "hardware-sim")
	t, ok, err := find(name, func(offset uint32) (uint32, []*api.TenantListItem, error) {
		r, err := s.tenants.List(ctx, &api.ListTenantsRequest{Limit: pageSize, Offset: offset, Search: name})
		return r.GetTotalCount(), r.GetResult(), err
	}, (*api.TenantListItem).GetName)
	if err != nil {
		return err
	}
	if ok {
		s.result.TenantID = t.GetId()
		s.result.Unchanged++
		return nil
	}
	made, err := s.tenants.Create(ctx, &api.CreateTenantRequest{Tenant: &api.Tenant{Name: name, Description: "made by hardware-sim", CanHaveGateways: true}})
	if err != nil {
		return err
	}
	s.result.TenantID = made.GetId()
	s.result.Created++
	return nil
}

func (s *server) gateway(ctx context.Context, g *sim.GatewaySetup) error {
	want := &api.Gateway{
		GatewayId: g.ID.String(), Name: g.Name, TenantId: s.result.TenantID, StatsInterval: 30,
		Location: &common.Location{Latitude: g.Place.Latitude, Longitude: g.Place.Longitude, Altitude: g.Place.Altitude},
	}
	have, err := s.gateways.Get(ctx, &api.GetGatewayRequest{GatewayId: want.GatewayId})
	if status.Code(err) == codes.NotFound {
		return s.did(&s.result.Created, func() error {
			_, err := s.gateways.Create(ctx, &api.CreateGatewayRequest{Gateway: want})
			return err
		})
	}
	if err != nil {
		return err
	}
	old := have.GetGateway()
	if old.GetTenantId() != want.TenantId {
		return errors.New("it belongs to another tenant")
	}
	want.Description, want.Tags, want.Metadata = old.GetDescription(), old.GetTags(), old.GetMetadata()
	if old.GetName() == want.Name && proto.Equal(old.GetLocation(), want.Location) && old.GetStatsInterval() == want.StatsInterval {
		s.result.Unchanged++
		return nil
	}
	return s.did(&s.result.Updated, func() error {
		_, err := s.gateways.Update(ctx, &api.UpdateGatewayRequest{Gateway: want})
		return err
	})
}

// did counts what succeeded.
func (s *server) did(count *int, do func() error) error {
	if err := do(); err != nil {
		return err
	}
	*count++
	return nil
}

func (s *server) application(ctx context.Context) error {
	name := cmp.Or(s.setup.Server.Application, "hardware-sim")
	a, ok, err := find(name, func(offset uint32) (uint32, []*api.ApplicationListItem, error) {
		r, err := s.applications.List(ctx, &api.ListApplicationsRequest{TenantId: s.result.TenantID, Limit: pageSize, Offset: offset, Search: name})
		return r.GetTotalCount(), r.GetResult(), err
	}, (*api.ApplicationListItem).GetName)
	if err != nil {
		return err
	}
	if ok {
		s.result.ApplicationID = a.GetId()
		s.result.Unchanged++
		return nil
	}
	made, err := s.applications.Create(ctx, &api.CreateApplicationRequest{Application: &api.Application{Name: name, Description: "made by hardware-sim", TenantId: s.result.TenantID}})
	if err != nil {
		return err
	}
	s.result.ApplicationID = made.GetId()
	s.result.Created++
	return nil
}

// profileOf is the device profile a device needs. Devices of one model share it.
func (s *server) profileOf(d *sim.DeviceSetup) *api.DeviceProfile {
	p := &api.DeviceProfile{
		TenantId: s.result.TenantID, Description: "made by hardware-sim", MacVersion: common.MacVersion_LORAWAN_1_0_3, RegParamsRevision: common.RegParamsRevision_RP002_1_0_3,
		AdrAlgorithmId: "default", UplinkInterval: 3600, SupportsOtaa: !d.ABP, FlushQueueOnActivate: true,
		Region: common.Region(common.Region_value[strings.ToUpper(s.setup.Region.Name)]), DeviceStatusReqInterval: 1,
	}
	version, activation, model := "1.0.3", "otaa", string(d.Form)
	if d.Version == lorawan.LoRaWAN11 {
		p.MacVersion, version = common.MacVersion_LORAWAN_1_1_0, "1.1"
	}
	if d.ABP {
		activation = "abp"
		p.AbpRx2Dr, p.AbpRx2Freq = uint32(s.setup.Region.RX2), s.setup.Region.RX2Freq
	}
	switch d.Form {
	case sim.FormLPP:
		p.PayloadCodecRuntime = api.CodecRuntime_CAYENNE_LPP
	case sim.FormBinary:
		p.PayloadCodecRuntime, p.PayloadCodecScript, model = api.CodecRuntime_JS, sim.Kinds[d.Kind].Codec(), d.Kind
	}
	p.Name = strings.Join([]string{"hardware-sim", s.setup.Region.Name, version, activation, model}, " ")
	return p
}

func (s *server) profile(ctx context.Context, d *sim.DeviceSetup) (id string, err error) {
	want := s.profileOf(d)
	if id := s.profileIDs[want.Name]; id != "" {
		return id, nil
	}
	p, ok, err := find(want.Name, func(offset uint32) (uint32, []*api.DeviceProfileListItem, error) {
		r, err := s.profiles.List(ctx, &api.ListDeviceProfilesRequest{TenantId: s.result.TenantID, Limit: pageSize, Offset: offset, Search: want.Name})
		return r.GetTotalCount(), r.GetResult(), err
	}, (*api.DeviceProfileListItem).GetName)
	switch {
	case err != nil:
		return "", err
	case !ok:
		made, err := s.profiles.Create(ctx, &api.CreateDeviceProfileRequest{DeviceProfile: want})
		if err != nil {
			return "", err
		}
		s.result.Created++
		id = made.GetId()
	default:
		id = p.GetId()
		have, err := s.profiles.Get(ctx, &api.GetDeviceProfileRequest{Id: id})
		if err != nil {
			return "", err
		}
		old := have.GetDeviceProfile()
		if old.GetPayloadCodecScript() == want.PayloadCodecScript && old.GetPayloadCodecRuntime() == want.PayloadCodecRuntime && old.GetMacVersion() == want.MacVersion &&
			old.GetRegion() == want.Region && old.GetSupportsOtaa() == want.SupportsOtaa {
			s.result.Unchanged++
			break
		}
		want.Id = id
		if _, err := s.profiles.Update(ctx, &api.UpdateDeviceProfileRequest{DeviceProfile: want}); err != nil {
			return "", err
		}
		s.result.Updated++
	}
	s.profileIDs[want.Name] = id
	return id, nil
}

// ownerTag is the device tag whose value says whose readings a device takes.
const ownerTag = "dbdao_owner"

func (s *server) device(ctx context.Context, d *sim.DeviceSetup) error {
	profile, err := s.profile(ctx, d)
	if err != nil {
		return err
	}
	want := &api.Device{
		DevEui: d.DevEUI.String(), Name: d.Name, Description: "made by hardware-sim: " + d.Kind, ApplicationId: s.result.ApplicationID, DeviceProfileId: profile,
		JoinEui: d.JoinEUI.String(), SkipFcntCheck: d.SkipFCntCheck, Tags: map[string]string{},
	}
	have, err := s.devices.Get(ctx, &api.GetDeviceRequest{DevEui: want.DevEui})
	switch old := have.GetDevice(); {
	case status.Code(err) == codes.NotFound:
		setOwner(want, d.Owner)
		err = s.did(&s.result.Created, func() error { _, err := s.devices.Create(ctx, &api.CreateDeviceRequest{Device: want}); return err })
	case err != nil:
	case old.GetApplicationId() != want.ApplicationId:
		return errors.New("it belongs to another application: remove it there, or use another seed")
	default:
		maps.Copy(want.Tags, old.GetTags()) // others' tags are kept
		want.Variables, want.IsDisabled = old.GetVariables(), old.GetIsDisabled()
		setOwner(want, d.Owner)
		if len(old.GetTags()) == 0 {
			old.Tags = map[string]string{}
		}
		if proto.Equal(old, want) {
			s.result.Unchanged++
			break
		}
		err = s.did(&s.result.Updated, func() error { _, err := s.devices.Update(ctx, &api.UpdateDeviceRequest{Device: want}); return err })
	}
	if err != nil {
		return err
	}
	if d.ABP {
		return s.activate(ctx, d)
	}
	return s.keys(ctx, d)
}

func setOwner(d *api.Device, owner string) {
	if owner != "" {
		d.Tags[ownerTag] = owner
	}
}

func hexKey(k lorawan.Key) string { return hex.EncodeToString(k[:]) }

// keys sets the root keys. ChirpStack keeps the AppKey of a 1.0.x device in nwk_key.
func (s *server) keys(ctx context.Context, d *sim.DeviceSetup) error {
	want := &api.DeviceKeys{DevEui: d.DevEUI.String(), NwkKey: hexKey(d.AppKey)}
	if d.Version == lorawan.LoRaWAN11 {
		want.NwkKey, want.AppKey = hexKey(d.NwkKey), hexKey(d.AppKey)
	}
	have, err := s.devices.GetKeys(ctx, &api.GetDeviceKeysRequest{DevEui: want.DevEui})
	switch old := have.GetDeviceKeys(); {
	case status.Code(err) == codes.NotFound:
		return s.did(&s.result.Created, func() error {
			_, err := s.devices.CreateKeys(ctx, &api.CreateDeviceKeysRequest{DeviceKeys: want})
			return err
		})
	case err != nil:
		return err
	case old.GetNwkKey() == want.NwkKey && (want.AppKey == "" || old.GetAppKey() == want.AppKey):
		s.result.Unchanged++
		return nil
	}
	return s.did(&s.result.Updated, func() error {
		_, err := s.devices.UpdateKeys(ctx, &api.UpdateDeviceKeysRequest{DeviceKeys: want})
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
	if err != nil && status.Code(err) != codes.NotFound {
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
