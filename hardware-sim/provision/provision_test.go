package provision

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

const token = "a-key"

// chirpstack implements the services of ChirpStack's API that provisioning calls,
// with its rules: names are searched by substring, a limit of 0 lists nothing, a
// missing entry is NotFound, a second one of an id AlreadyExists.
type chirpstack struct {
	mu          sync.Mutex
	owners      []*api.Tenant
	apps        []*api.Application
	profiles    map[string]*api.DeviceProfile
	order       []string
	gateways    map[string]*api.Gateway
	devices     map[string]*api.Device
	keys        map[string]*api.DeviceKeys
	activations map[string]*api.DeviceActivation
	writes      int
	id          int
}

func (c *chirpstack) next() string {
	c.id++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", c.id)
}

func (c *chirpstack) guard(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if got := md.Get("authorization"); len(got) != 1 || got[0] != "Bearer "+token {
		return nil, status.Error(codes.Unauthenticated, "invalid token")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	method := info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]
	if !strings.HasPrefix(method, "Get") && method != "List" {
		c.writes++
	}
	return handle(ctx, req)
}

var ok = &emptypb.Empty{}

func missing(what string) error { return status.Error(codes.NotFound, what+" does not exist") }

func page[T any](all []T, limit, offset uint32) []T {
	return all[min(int(offset), len(all)):min(int(offset+limit), len(all))]
}

type tenants struct {
	api.UnimplementedTenantServiceServer
	*chirpstack
}

func (c tenants) List(_ context.Context, r *api.ListTenantsRequest) (*api.ListTenantsResponse, error) {
	var all []*api.TenantListItem
	for _, t := range c.owners {
		if strings.Contains(t.Name, r.Search) {
			all = append(all, &api.TenantListItem{Id: t.Id, Name: t.Name})
		}
	}
	return &api.ListTenantsResponse{TotalCount: uint32(len(all)), Result: page(all, r.Limit, r.Offset)}, nil
}

func (c tenants) Create(_ context.Context, r *api.CreateTenantRequest) (*api.CreateTenantResponse, error) {
	t := proto.CloneOf(r.Tenant)
	t.Id = c.next()
	c.owners = append(c.owners, t)
	return &api.CreateTenantResponse{Id: t.Id}, nil
}

type applications struct {
	api.UnimplementedApplicationServiceServer
	*chirpstack
}

func (c applications) List(_ context.Context, r *api.ListApplicationsRequest) (*api.ListApplicationsResponse, error) {
	var all []*api.ApplicationListItem
	for _, a := range c.apps {
		if a.TenantId == r.TenantId && strings.Contains(a.Name, r.Search) {
			all = append(all, &api.ApplicationListItem{Id: a.Id, Name: a.Name})
		}
	}
	return &api.ListApplicationsResponse{TotalCount: uint32(len(all)), Result: page(all, r.Limit, r.Offset)}, nil
}

func (c applications) Create(_ context.Context, r *api.CreateApplicationRequest) (*api.CreateApplicationResponse, error) {
	a := proto.CloneOf(r.Application)
	a.Id = c.next()
	c.apps = append(c.apps, a)
	return &api.CreateApplicationResponse{Id: a.Id}, nil
}

type profiles struct {
	api.UnimplementedDeviceProfileServiceServer
	*chirpstack
}

func (c profiles) List(_ context.Context, r *api.ListDeviceProfilesRequest) (*api.ListDeviceProfilesResponse, error) {
	var all []*api.DeviceProfileListItem
	for _, id := range c.order {
		if p := c.chirpstack.profiles[id]; p.TenantId == r.TenantId && strings.Contains(p.Name, r.Search) {
			all = append(all, &api.DeviceProfileListItem{Id: id, Name: p.Name})
		}
	}
	return &api.ListDeviceProfilesResponse{TotalCount: uint32(len(all)), Result: page(all, r.Limit, r.Offset)}, nil
}

func (c profiles) Create(_ context.Context, r *api.CreateDeviceProfileRequest) (*api.CreateDeviceProfileResponse, error) {
	p := proto.CloneOf(r.DeviceProfile)
	p.Id = c.next()
	c.chirpstack.profiles[p.Id] = p
	c.order = append(c.order, p.Id)
	return &api.CreateDeviceProfileResponse{Id: p.Id}, nil
}

func (c profiles) Get(_ context.Context, r *api.GetDeviceProfileRequest) (*api.GetDeviceProfileResponse, error) {
	if p := c.chirpstack.profiles[r.Id]; p != nil {
		return &api.GetDeviceProfileResponse{DeviceProfile: p}, nil
	}
	return nil, missing("profile")
}

func (c profiles) Update(_ context.Context, r *api.UpdateDeviceProfileRequest) (*emptypb.Empty, error) {
	c.chirpstack.profiles[r.DeviceProfile.Id] = proto.CloneOf(r.DeviceProfile)
	return ok, nil
}

type gateways struct {
	api.UnimplementedGatewayServiceServer
	*chirpstack
}

func (c gateways) Get(_ context.Context, r *api.GetGatewayRequest) (*api.GetGatewayResponse, error) {
	if g := c.chirpstack.gateways[r.GatewayId]; g != nil {
		return &api.GetGatewayResponse{Gateway: g}, nil
	}
	return nil, missing("gateway")
}

func (c gateways) Create(_ context.Context, r *api.CreateGatewayRequest) (*emptypb.Empty, error) {
	if c.chirpstack.gateways[r.Gateway.GatewayId] != nil {
		return nil, status.Error(codes.AlreadyExists, "gateway")
	}
	c.chirpstack.gateways[r.Gateway.GatewayId] = proto.CloneOf(r.Gateway)
	return ok, nil
}

func (c gateways) Update(_ context.Context, r *api.UpdateGatewayRequest) (*emptypb.Empty, error) {
	c.chirpstack.gateways[r.Gateway.GatewayId] = proto.CloneOf(r.Gateway)
	return ok, nil
}

type devices struct {
	api.UnimplementedDeviceServiceServer
	*chirpstack
}

func (c devices) Get(_ context.Context, r *api.GetDeviceRequest) (*api.GetDeviceResponse, error) {
	if d := c.chirpstack.devices[r.DevEui]; d != nil {
		return &api.GetDeviceResponse{Device: proto.CloneOf(d)}, nil
	}
	return nil, missing("device")
}

func (c devices) Create(_ context.Context, r *api.CreateDeviceRequest) (*emptypb.Empty, error) {
	if c.chirpstack.devices[r.Device.DevEui] != nil {
		return nil, status.Error(codes.AlreadyExists, "device")
	}
	if c.chirpstack.profiles[r.Device.DeviceProfileId] == nil {
		return nil, missing("profile")
	}
	c.chirpstack.devices[r.Device.DevEui] = proto.CloneOf(r.Device)
	return ok, nil
}

func (c devices) Update(_ context.Context, r *api.UpdateDeviceRequest) (*emptypb.Empty, error) {
	c.chirpstack.devices[r.Device.DevEui] = proto.CloneOf(r.Device)
	return ok, nil
}

func (c devices) GetKeys(_ context.Context, r *api.GetDeviceKeysRequest) (*api.GetDeviceKeysResponse, error) {
	if k := c.keys[r.DevEui]; k != nil {
		return &api.GetDeviceKeysResponse{DeviceKeys: k}, nil
	}
	return nil, missing("keys")
}

func (c devices) CreateKeys(_ context.Context, r *api.CreateDeviceKeysRequest) (*emptypb.Empty, error) {
	c.keys[r.DeviceKeys.DevEui] = proto.CloneOf(r.DeviceKeys)
	return ok, nil
}

func (c devices) UpdateKeys(_ context.Context, r *api.UpdateDeviceKeysRequest) (*emptypb.Empty, error) {
	c.keys[r.DeviceKeys.DevEui] = proto.CloneOf(r.DeviceKeys)
	return ok, nil
}

// GetActivation of a device without a session is an empty answer, not an error.
func (c devices) GetActivation(_ context.Context, r *api.GetDeviceActivationRequest) (*api.GetDeviceActivationResponse, error) {
	return &api.GetDeviceActivationResponse{DeviceActivation: c.activations[r.DevEui]}, nil
}

func (c devices) Activate(_ context.Context, r *api.ActivateDeviceRequest) (*emptypb.Empty, error) {
	c.activations[r.DeviceActivation.DevEui] = proto.CloneOf(r.DeviceActivation)
	return ok, nil
}

// start runs a server with another tenant whose name only begins alike.
func start(t *testing.T) (*chirpstack, string) {
	t.Helper()
	c := &chirpstack{profiles: map[string]*api.DeviceProfile{}, gateways: map[string]*api.Gateway{}, devices: map[string]*api.Device{},
		keys: map[string]*api.DeviceKeys{}, activations: map[string]*api.DeviceActivation{}}
	c.owners = []*api.Tenant{{Id: "other", Name: "Example Telecom and Sons"}}
	s := grpc.NewServer(grpc.UnaryInterceptor(c.guard))
	api.RegisterTenantServiceServer(s, tenants{chirpstack: c})
	api.RegisterApplicationServiceServer(s, applications{chirpstack: c})
	api.RegisterDeviceProfileServiceServer(s, profiles{chirpstack: c})
	api.RegisterGatewayServiceServer(s, gateways{chirpstack: c})
	api.RegisterDeviceServiceServer(s, devices{chirpstack: c})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { s.Stop(); serving.Wait() })
	return c, l.Addr().String()
}

func setup(seed uint64) *sim.Setup {
	return &sim.Setup{
		Seed: seed, Region: sim.Regions["eu868"], Gateways: sim.Grid(seed, 2, 500), Server: sim.ServerSetup{Tenant: "Example Telecom", Application: "rooms"},
		Devices: sim.Fleet(seed, 12, sim.FleetSetup{Mixed: true, Kinds: []string{"climate", "soil"}, Forms: sim.Forms, Owner: "0x00000000000000000000000000000000000000aa", FCnt: 9}),
	}
}

func run(t *testing.T, addr, key string, s *sim.Setup) (Result, error) {
	t.Helper()
	conn, err := Dial(Options{Server: addr, Token: key})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return Run(ctx, conn, s)
}

func TestAServerIsProvisionedOnceAndWhatDiffersIsMended(t *testing.T) {
	c, addr := start(t)
	s := setup(1)
	first, err := run(t, addr, token, s)
	if err != nil {
		t.Fatal(err)
	}
	if first.Updated+first.Unchanged != 0 || first.Created != c.writes || len(c.devices) != 12 || len(c.gateways) != 2 || len(c.keys) != 8 || len(c.activations) != 4 {
		t.Errorf("%+v: %d writes, %d devices, %d keys, %d activations", first, c.writes, len(c.devices), len(c.keys), len(c.activations))
	}
	for _, d := range s.Devices {
		eui := d.DevEUI.String()
		got := c.devices[eui]
		p := c.profiles[got.GetDeviceProfileId()]
		if got.GetTags()[ownerTag] != d.Owner || got.GetApplicationId() != first.ApplicationID || got.GetSkipFcntCheck() != d.ABP || got.GetJoinEui() != d.JoinEUI.String() {
			t.Errorf("%v", got)
		}
		if p.GetRegion() != common.Region_EU868 || p.GetSupportsOtaa() == d.ABP || (p.GetMacVersion() == common.MacVersion_LORAWAN_1_1_0) != (d.Version == lorawan.LoRaWAN11) ||
			(p.GetPayloadCodecScript() != "") != (d.Form == sim.FormBinary) || d.Form == sim.FormBinary && !strings.Contains(p.GetPayloadCodecScript(), map[string]string{"climate": "humidity", "soil": "moisture"}[d.Kind]) {
			t.Errorf("%+v has the profile %v", d, p)
		}
		switch k := c.keys[eui]; {
		case d.ABP:
			if a := c.activations[eui]; a.GetDevAddr() != d.Addr.String() || a.GetFCntUp() != 9 || a.GetAppSKey() != hexKey(d.Keys.AppSKey) {
				t.Errorf("%v", a)
			}
		case d.Version == lorawan.LoRaWAN10:
			if k.GetNwkKey() != hexKey(d.AppKey) || k.GetAppKey() != "" {
				t.Errorf("1.0: %v", k)
			}
		default:
			if k.GetNwkKey() != hexKey(d.NwkKey) || k.GetAppKey() != hexKey(d.AppKey) {
				t.Errorf("1.1: %v", k)
			}
		}
	}

	before := c.writes
	second, err := run(t, addr, token, s)
	if err != nil || c.writes != before || second.Created+second.Updated != 0 || second.Unchanged != first.Created || second.TenantID != first.TenantID || second.ApplicationID != first.ApplicationID {
		t.Errorf("again: %+v %v, %d writes", second, err, c.writes-before)
	}

	// Somebody changed a device, a gateway, a codec and a key; the operator's own tag stays.
	eui := s.Devices[0].DevEUI.String()
	c.devices[eui].Name = "renamed"
	c.devices[eui].Tags = map[string]string{"floor": "3"}
	c.gateways[s.Gateways[0].ID.String()].Location.Latitude = 1
	c.keys[eui].NwkKey = "00"
	for _, p := range c.profiles {
		if p.GetPayloadCodecScript() != "" {
			p.PayloadCodecScript = "old"
			break
		}
	}
	third, err := run(t, addr, token, s)
	if err != nil || third.Updated != 4 || third.Created != 0 {
		t.Errorf("mended: %+v %v", third, err)
	}
	if d := c.devices[eui]; d.Name != s.Devices[0].Name || d.Tags["floor"] != "3" || d.Tags[ownerTag] == "" {
		t.Errorf("%v", d)
	}
}

func TestWhatCannotBeDoneIsExplained(t *testing.T) {
	c, addr := start(t)
	if _, err := run(t, addr, "wrong", setup(1)); err == nil || !strings.Contains(err.Error(), "API key") {
		t.Errorf("a wrong key: %v", err)
	}
	s := setup(1)
	c.devices[s.Devices[2].DevEUI.String()] = &api.Device{DevEui: s.Devices[2].DevEUI.String(), ApplicationId: "elsewhere"}
	if _, err := run(t, addr, token, s); err == nil || !strings.Contains(err.Error(), "another application") || !strings.Contains(err.Error(), s.Devices[2].DevEUI.String()) {
		t.Errorf("a device elsewhere: %v", err)
	}
	if _, err := run(t, "127.0.0.1:1", token, setup(1)); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("nobody there: %v", err)
	}
}
