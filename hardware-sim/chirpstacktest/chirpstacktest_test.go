package chirpstacktest

import (
	"context"
	"strings"
	"testing"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// caller sends requests with a key.
type caller struct {
	t    *testing.T
	conn *grpc.ClientConn
}

func connected(t *testing.T, s *Server) caller {
	t.Helper()
	addr, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); stop() })
	return caller{t, conn}
}

func (c caller) with(key string) context.Context {
	return metadata.AppendToOutgoingContext(c.t.Context(), "authorization", "Bearer "+key)
}

// Every refusal stands in ChirpStack's source (tag v4.19.0); the comment names where.
func TestTheServerRefusesWhatChirpStackRefuses(t *testing.T) {
	s := New()
	c := connected(t, s)
	tenants, apps := api.NewTenantServiceClient(c.conn), api.NewApplicationServiceClient(c.conn)
	gateways, profiles, devices := api.NewGatewayServiceClient(c.conn), api.NewDeviceProfileServiceClient(c.conn), api.NewDeviceServiceClient(c.conn)
	admin := c.with(AdminKey)
	app, err := apps.Create(admin, &api.CreateApplicationRequest{Application: &api.Application{Name: "a", TenantId: TenantID}})
	if err != nil {
		t.Fatal(err)
	}
	profile, err := profiles.Create(admin, &api.CreateDeviceProfileRequest{DeviceProfile: &api.DeviceProfile{Name: "pp", TenantId: TenantID, SupportsOtaa: true, AbpRx2Freq: 5}})
	if err != nil {
		t.Fatal(err)
	}
	gateway := func(change func(*api.Gateway)) *api.CreateGatewayRequest {
		g := &api.Gateway{GatewayId: "0102030405060708", Name: "g", TenantId: TenantID, DownlinkPriority: 10}
		change(g)
		return &api.CreateGatewayRequest{Gateway: g}
	}
	device := func(change func(*api.Device)) *api.Device {
		d := &api.Device{DevEui: "0102030405060708", Name: "d", ApplicationId: app.GetId(), DeviceProfileId: profile.GetId()}
		change(d)
		return d
	}
	if _, err := gateways.Create(admin, gateway(func(*api.Gateway) {})); err != nil {
		t.Fatal(err)
	}
	if _, err := devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(*api.Device) {})}); err != nil {
		t.Fatal(err)
	}
	do := func(_ any, err error) error { return err }
	for _, r := range []struct {
		what string
		err  error
		code codes.Code
		text string // "" and Unauthenticated: no text at all
	}{
		{"api/auth/mod.rs: no token", do(tenants.List(t.Context(), &api.ListTenantsRequest{})), codes.Unauthenticated, "no authorization"},
		{"api/auth/mod.rs: a token that does not decode", do(tenants.List(c.with("x"), &api.ListTenantsRequest{})), codes.Unauthenticated, "InvalidToken"},
		{"validator.rs ValidateTenantsAccess: a tenant's key lists", do(tenants.List(c.with(TenantKey), &api.ListTenantsRequest{Limit: 1})), codes.Unauthenticated, ""},
		{"validator.rs ValidateTenantsAccess: a tenant's key creates", do(tenants.Create(c.with(TenantKey), &api.CreateTenantRequest{Tenant: &api.Tenant{Name: "x"}})), codes.Unauthenticated, ""},
		{"validator.rs ValidateTenantAccess: another tenant", do(tenants.Get(c.with(OtherKey), &api.GetTenantRequest{Id: TenantID})), codes.Unauthenticated, ""},
		{"validator.rs ValidateApplicationsAccess: read-only", do(apps.Create(c.with(ReadOnlyKey), &api.CreateApplicationRequest{Application: &api.Application{Name: "x", TenantId: TenantID}})), codes.Unauthenticated, ""},
		{"validator.rs ValidateGatewayAccess: not there, a tenant's key", do(gateways.Get(c.with(TenantKey), &api.GetGatewayRequest{GatewayId: "ff02030405060708"})), codes.Unauthenticated, ""},
		{"validator.rs ValidateDeviceAccess: not there, a tenant's key", do(devices.Get(c.with(TenantKey), &api.GetDeviceRequest{DevEui: "ff02030405060708"})), codes.Unauthenticated, ""},
		{"validator.rs: a deleted key", do(devices.Get(c.with(DeletedKey), &api.GetDeviceRequest{DevEui: "0102030405060708"})), codes.Unauthenticated, ""},
		{"validator.rs ValidateDeviceProfilesAccess: no tenant, a tenant's key", do(profiles.List(c.with(TenantKey), &api.ListDeviceProfilesRequest{Limit: 1})), codes.Unauthenticated, ""},
		{"storage/gateway.rs get: not there, an admin's key", do(gateways.Get(admin, &api.GetGatewayRequest{GatewayId: "ff02030405060708"})), codes.NotFound, "does not exist"},
		{"api/tenant.rs: no UUID", do(tenants.Get(admin, &api.GetTenantRequest{Id: "x"})), codes.InvalidArgument, "UUID"},
		{"api/gateway.rs: no gateway", do(gateways.Create(admin, &api.CreateGatewayRequest{})), codes.InvalidArgument, "gateway is missing"},
		{"storage/gateway.rs validate: priority", do(gateways.Create(admin, gateway(func(g *api.Gateway) { g.GatewayId, g.DownlinkPriority = "ff", 0 }))), codes.Internal, "length"},
		{"storage/gateway.rs validate: priority", do(gateways.Create(admin, gateway(func(g *api.Gateway) { g.GatewayId, g.DownlinkPriority = "ff02030405060708", 0 }))), codes.InvalidArgument, "downlink_priority must be > 0"},
		{"storage/gateway.rs validate: priority, update", do(gateways.Update(admin, &api.UpdateGatewayRequest{Gateway: gateway(func(g *api.Gateway) { g.DownlinkPriority = 0 }).GetGateway()})), codes.InvalidArgument, "downlink_priority must be > 0"},
		{"storage/gateway.rs validate: name", do(gateways.Create(admin, gateway(func(g *api.Gateway) { g.Name = "" }))), codes.InvalidArgument, "name is not set"},
		{"lrwn/src/eui64.rs: seven bytes", do(gateways.Create(admin, gateway(func(g *api.Gateway) { g.GatewayId = "01020304050607" }))), codes.Internal, "length"},
		{"lrwn/src/eui64.rs: no digits", do(devices.Get(admin, &api.GetDeviceRequest{DevEui: "xx02030405060708"})), codes.Internal, ""},
		{"migrations: gateway twice", do(gateways.Create(admin, gateway(func(*api.Gateway) {}))), codes.Internal, "duplicate key"},
		{"migrations: device twice", do(devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(*api.Device) {})})), codes.Internal, "duplicate key"},
		{"migrations: a long name", do(devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(d *api.Device) { d.Name = strings.Repeat("x", 101) })})), codes.Internal, "too long"},
		{"migrations: a profile that is not there", do(devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(d *api.Device) { d.DevEui, d.DeviceProfileId = "aa02030405060708", TenantID })})), codes.Internal, "foreign key"},
		{"api/device.rs: a profile that is no UUID", do(devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(d *api.Device) { d.DeviceProfileId = "" })})), codes.InvalidArgument, "UUID"},
		{"storage/device.rs validate: name, update", do(devices.Update(admin, &api.UpdateDeviceRequest{Device: device(func(d *api.Device) { d.Name = "" })})), codes.InvalidArgument, "name is not set"},
		{"storage/device_profile.rs validate: RX1 delay", do(profiles.Create(admin, &api.CreateDeviceProfileRequest{DeviceProfile: &api.DeviceProfile{Name: "pp", TenantId: TenantID, Rx1Delay: 16}})), codes.InvalidArgument, "RX1 Delay"},
		{"lrwn/src/aes128.rs: a short key", do(devices.CreateKeys(admin, &api.CreateDeviceKeysRequest{DeviceKeys: &api.DeviceKeys{DevEui: "0102030405060708", NwkKey: "00"}})), codes.Internal, "length"},
		{"storage/device_keys.rs get: none", do(devices.GetKeys(admin, &api.GetDeviceKeysRequest{DevEui: "0102030405060708"})), codes.NotFound, "does not exist"},
	} {
		got := status.Convert(r.err)
		if got.Code() != r.code || !strings.Contains(got.Message(), r.text) || r.code == codes.Unauthenticated && r.text == "" && got.Message() != "" {
			t.Errorf("%s: %v", r.what, r.err)
		}
	}
	kept(t, c, profile.GetId())
	if _, err := devices.Create(admin, &api.CreateDeviceRequest{Device: device(func(d *api.Device) { d.DevEui, d.Name = "bb02030405060708", "" })}); err != nil {
		t.Errorf("a device without a name may be made (storage/device.rs create): %v", err)
	}
}

// kept checks what the database makes of what it is given.
func kept(t *testing.T, c caller, profile string) {
	t.Helper()
	admin := c.with(AdminKey)
	p, err := api.NewDeviceProfileServiceClient(c.conn).Get(admin, &api.GetDeviceProfileRequest{Id: profile})
	if m := p.GetDeviceProfile(); err != nil || m.GetAbpRx2Freq() != 0 || m.GetAppLayerParams().GetTs003FPort() != 202 {
		t.Errorf("api/device_profile.rs: %v %v", m, err)
	}
	update := p.GetDeviceProfile()
	update.AppLayerParams, update.Region = nil, common.Region(77)
	if _, err := api.NewDeviceProfileServiceClient(c.conn).Update(admin, &api.UpdateDeviceProfileRequest{DeviceProfile: update}); err != nil {
		t.Fatal(err)
	}
	p, err = api.NewDeviceProfileServiceClient(c.conn).Get(admin, &api.GetDeviceProfileRequest{Id: profile})
	if m := p.GetDeviceProfile(); err != nil || m.GetAppLayerParams().GetTs003FPort() != 0 || m.GetRegion() != common.Region_EU868 {
		t.Errorf("an update sets what it leaves out to zero, and a region it does not know is the first: %v %v", m, err)
	}
	list, err := api.NewTenantServiceClient(c.conn).List(admin, &api.ListTenantsRequest{Search: "example TELECOM", Limit: 1})
	if err != nil || list.GetTotalCount() != 2 || len(list.GetResult()) != 1 || list.GetResult()[0].GetName() != TenantName {
		t.Errorf("ilike, by name: %v %v", list, err)
	}
	if list, err := api.NewTenantServiceClient(c.conn).List(admin, &api.ListTenantsRequest{}); err != nil || list.GetTotalCount() != 2 || len(list.GetResult()) != 0 {
		t.Errorf("a limit of 0: %v %v", list, err)
	}
}
