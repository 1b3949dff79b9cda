package chirpstacktest

import (
	"context"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

var done = &emptypb.Empty{}

type tenants struct {
	api.UnimplementedTenantServiceServer
	*Server
}

func (s tenants) Create(ctx context.Context, r *api.CreateTenantRequest) (*api.CreateTenantResponse, error) {
	if k := keyIn(ctx); !k.admin || k.readOnly {
		return nil, denied
	}
	if r.GetTenant() == nil {
		return nil, invalid("tenant is missing")
	}
	if err := named(r.GetTenant().GetName(), true); err != nil {
		return nil, err
	}
	t := s.stored(r.GetTenant()).(*api.Tenant)
	t.Id = uuid.NewString()
	s.tenants[t.Id] = t
	return &api.CreateTenantResponse{Id: t.Id}, nil
}

func (s tenants) Get(ctx context.Context, r *api.GetTenantRequest) (*api.GetTenantResponse, error) {
	id, err := id(r.GetId())
	if err == nil {
		err = may(ctx, id, false)
	}
	if err != nil {
		return nil, err
	}
	if t := s.tenants[id]; t != nil {
		return &api.GetTenantResponse{Tenant: proto.CloneOf(t)}, nil
	}
	return nil, notThere(id)
}

func (s tenants) List(ctx context.Context, r *api.ListTenantsRequest) (*api.ListTenantsResponse, error) {
	if !keyIn(ctx).admin {
		return nil, denied
	}
	var all []*api.TenantListItem
	matches := like(r.GetSearch())
	for _, t := range s.tenants {
		if matches(t.GetName()) {
			all = append(all, &api.TenantListItem{Id: t.GetId(), Name: t.GetName(), CanHaveGateways: t.GetCanHaveGateways()})
		}
	}
	n, all := page(all, r.GetLimit(), r.GetOffset())
	return &api.ListTenantsResponse{TotalCount: n, Result: all}, nil
}

type applications struct {
	api.UnimplementedApplicationServiceServer
	*Server
}

func (s applications) Create(ctx context.Context, r *api.CreateApplicationRequest) (*api.CreateApplicationResponse, error) {
	if r.GetApplication() == nil {
		return nil, invalid("application is missing")
	}
	tenant, err := id(r.GetApplication().GetTenantId())
	if err == nil {
		err = may(ctx, tenant, true)
	}
	if err == nil {
		err = named(r.GetApplication().GetName(), true)
	}
	if err == nil && s.tenants[tenant] == nil {
		err = dangling("application", "application_tenant_id_fkey")
	}
	if err != nil {
		return nil, err
	}
	a := s.stored(r.GetApplication()).(*api.Application)
	a.Id, a.TenantId = uuid.NewString(), tenant
	s.apps[a.Id] = a
	return &api.CreateApplicationResponse{Id: a.Id}, nil
}

func (s applications) List(ctx context.Context, r *api.ListApplicationsRequest) (*api.ListApplicationsResponse, error) {
	tenant, err := id(r.GetTenantId())
	if err == nil {
		err = may(ctx, tenant, false)
	}
	if err != nil {
		return nil, err
	}
	var all []*api.ApplicationListItem
	matches := like(r.GetSearch())
	for _, a := range s.apps {
		if a.GetTenantId() == tenant && matches(a.GetName()) {
			all = append(all, &api.ApplicationListItem{Id: a.GetId(), Name: a.GetName()})
		}
	}
	n, all := page(all, r.GetLimit(), r.GetOffset())
	return &api.ListApplicationsResponse{TotalCount: n, Result: all}, nil
}

// tenantOf is an application's tenant, "" if it is not there.
func (s *Server) tenantOf(app string) string { return s.apps[app].GetTenantId() }

type gateways struct {
	api.UnimplementedGatewayServiceServer
	*Server
}

// columns checks and normalises what a gateway's row holds.
func (s *Server) gatewayRow(m *api.Gateway) (*api.Gateway, error) {
	if err := named(m.GetName(), true); err != nil {
		return nil, err
	}
	if n, has := number(m, "downlink_priority"); has && n == 0 {
		return nil, invalid("Validation error: downlink_priority must be > 0")
	}
	g := s.stored(m).(*api.Gateway)
	if l := g.GetLocation(); l != nil {
		l.Altitude = float64(float32(l.GetAltitude())) // real
		l.Source, l.Accuracy = 0, 0
	}
	return g, nil
}

func (s gateways) Create(ctx context.Context, r *api.CreateGatewayRequest) (*emptypb.Empty, error) {
	if r.GetGateway() == nil {
		return nil, invalid("gateway is missing")
	}
	tenant, err := id(r.GetGateway().GetTenantId())
	if err == nil {
		err = may(ctx, tenant, true)
	}
	if err != nil {
		return nil, err
	}
	eui, err := digits(r.GetGateway().GetGatewayId(), euiBytes)
	if err != nil {
		return nil, err
	}
	g, err := s.gatewayRow(r.GetGateway())
	if err != nil {
		return nil, err
	}
	t := s.tenants[tenant]
	count := uint32(0)
	for _, other := range s.gateways {
		if other.GetTenantId() == tenant {
			count++
		}
	}
	switch {
	case t == nil:
		return nil, notThere(tenant)
	case !t.GetCanHaveGateways():
		return nil, invalid("Not allowed (Tenant can not have gateways)")
	case t.GetMaxGatewayCount() != 0 && count >= t.GetMaxGatewayCount():
		return nil, invalid("Not allowed (Max number of gateways exceeded for tenant)")
	case s.gateways[eui] != nil:
		return nil, duplicate("gateway_pkey")
	}
	g.GatewayId, g.TenantId, g.Metadata = eui, tenant, nil
	s.gateways[eui] = g
	return done, nil
}

func (s gateways) Get(ctx context.Context, r *api.GetGatewayRequest) (*api.GetGatewayResponse, error) {
	eui, err := digits(r.GetGatewayId(), euiBytes)
	if err == nil {
		err = may(ctx, s.gateways[eui].GetTenantId(), false)
	}
	if err != nil {
		return nil, err
	}
	if g := s.gateways[eui]; g != nil {
		return &api.GetGatewayResponse{Gateway: proto.CloneOf(g)}, nil
	}
	return nil, notThere(eui)
}

func (s gateways) Update(ctx context.Context, r *api.UpdateGatewayRequest) (*emptypb.Empty, error) {
	if r.GetGateway() == nil {
		return nil, invalid("gateway is missing")
	}
	eui, err := digits(r.GetGateway().GetGatewayId(), euiBytes)
	if err == nil {
		err = may(ctx, s.gateways[eui].GetTenantId(), true)
	}
	if err != nil {
		return nil, err
	}
	g, err := s.gatewayRow(r.GetGateway())
	if err != nil {
		return nil, err
	}
	old := s.gateways[eui]
	if old == nil {
		return nil, notThere(eui)
	}
	g.GatewayId, g.TenantId, g.Metadata = eui, old.GetTenantId(), old.GetMetadata()
	s.gateways[eui] = g
	return done, nil
}

type profiles struct {
	api.UnimplementedDeviceProfileServiceServer
	*Server
}

// profileRow checks and normalises what a profile's row holds: parameters of what a
// device does not support are dropped.
func (s *Server) profileRow(m *api.DeviceProfile) (*api.DeviceProfile, error) {
	if err := named(m.GetName(), true); err != nil {
		return nil, err
	}
	if n, has := number(m, "rx1_delay"); has && n > 15 {
		return nil, invalid("Validation error: RX1 Delay must be between 0 - 15")
	}
	p := s.stored(m).(*api.DeviceProfile)
	if f := p.ProtoReflect().Descriptor().Fields().ByName("app_layer_params"); f == nil {
		return p, nil // before 4.11 all parameters are columns
	}
	if p.GetSupportsOtaa() {
		reset(p, "abp_")
	}
	if !p.GetSupportsClassB() {
		reset(p, "class_b_")
	}
	if !p.GetSupportsClassC() {
		reset(p, "class_c_")
	}
	if !p.GetIsRelay() && !p.GetIsRelayEd() {
		reset(p, "relay_")
	}
	return p, nil
}

func (s profiles) Create(ctx context.Context, r *api.CreateDeviceProfileRequest) (*api.CreateDeviceProfileResponse, error) {
	if r.GetDeviceProfile() == nil {
		return nil, invalid("device_profile is missing")
	}
	tenant, err := id(r.GetDeviceProfile().GetTenantId())
	if err == nil {
		err = may(ctx, tenant, true)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.profileRow(r.GetDeviceProfile())
	if err == nil && s.tenants[tenant] == nil {
		err = dangling("device_profile", "device_profile_tenant_id_fkey")
	}
	if err != nil {
		return nil, err
	}
	p.Id, p.TenantId = uuid.NewString(), tenant
	setPorts(p)
	s.profiles[p.Id] = p
	return &api.CreateDeviceProfileResponse{Id: p.Id}, nil
}

// setPorts gives a new profile the ports of TS003 to TS005: only an update sets them
// otherwise.
func setPorts(p *api.DeviceProfile) {
	r := p.ProtoReflect()
	f := r.Descriptor().Fields().ByName("app_layer_params")
	if f == nil {
		return
	}
	params := r.Mutable(f).Message()
	for name, port := range ports {
		params.Set(params.Descriptor().Fields().ByName(name), port)
	}
}

// profileTenant is whose a profile is; global for one that is everybody's.
func (s *Server) profileTenant(id string) (tenant string, global bool) {
	p := s.profiles[id]
	return p.GetTenantId(), p != nil && p.GetTenantId() == ""
}

func (s profiles) Get(ctx context.Context, r *api.GetDeviceProfileRequest) (*api.GetDeviceProfileResponse, error) {
	id, err := id(r.GetId())
	if err != nil {
		return nil, err
	}
	if tenant, global := s.profileTenant(id); !global {
		if err := may(ctx, tenant, false); err != nil {
			return nil, err
		}
	}
	if p := s.profiles[id]; p != nil {
		return &api.GetDeviceProfileResponse{DeviceProfile: proto.CloneOf(p)}, nil
	}
	return nil, notThere(id)
}

func (s profiles) Update(ctx context.Context, r *api.UpdateDeviceProfileRequest) (*emptypb.Empty, error) {
	if r.GetDeviceProfile() == nil {
		return nil, invalid("device_profile is missing")
	}
	id, err := id(r.GetDeviceProfile().GetId())
	if err == nil {
		tenant, _ := s.profileTenant(id)
		err = may(ctx, tenant, true)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.profileRow(r.GetDeviceProfile())
	if err != nil {
		return nil, err
	}
	old := s.profiles[id]
	if old == nil {
		return nil, notThere(id)
	}
	p.Id, p.TenantId = id, old.GetTenantId()
	s.profiles[id] = p
	return done, nil
}

func (s profiles) List(ctx context.Context, r *api.ListDeviceProfilesRequest) (*api.ListDeviceProfilesResponse, error) {
	tenant, err := "", error(nil)
	if r.GetTenantId() != "" {
		tenant, err = id(r.GetTenantId())
	}
	if err == nil {
		err = may(ctx, tenant, false)
	}
	if err != nil {
		return nil, err
	}
	var all []*api.DeviceProfileListItem
	matches := like(r.GetSearch())
	for _, p := range s.profiles {
		if (tenant == "" || p.GetTenantId() == "" || p.GetTenantId() == tenant) && matches(p.GetName()) {
			all = append(all, &api.DeviceProfileListItem{Id: p.GetId(), Name: p.GetName(), Region: p.GetRegion(), MacVersion: p.GetMacVersion()})
		}
	}
	n, all := page(all, r.GetLimit(), r.GetOffset())
	return &api.ListDeviceProfilesResponse{TotalCount: n, Result: all}, nil
}

// AddGlobalProfile makes a device profile that is everybody's, as only an import from
// the device repository does.
func (s *Server) AddGlobalProfile(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &api.DeviceProfile{Id: uuid.NewString(), Name: name}
	s.profiles[p.Id] = p
}

// Limit sets what a tenant may have.
func (s *Server) Limit(tenant string, gatewaysAllowed bool, maxDevices uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenants[tenant].CanHaveGateways, s.tenants[tenant].MaxDeviceCount = gatewaysAllowed, maxDevices
}

// unknown is a status for a reference to nothing that the server itself looks up.
func unknown(err error) error { return status.Errorf(codes.Internal, "%v", err) }
