package chirpstacktest

import (
	"context"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

type multicasts struct {
	api.UnimplementedMulticastGroupServiceServer
	*Server
}

// groupRow checks and normalises what a multicast group's row holds.
func (s *Server) groupRow(m *api.MulticastGroup) (*api.MulticastGroup, error) {
	g := s.stored(m).(*api.MulticastGroup)
	var err error
	if g.McAddr, err = digits(m.GetMcAddr(), addrBytes); err != nil {
		return nil, err
	}
	if g.McNwkSKey, err = digits(m.GetMcNwkSKey(), keyBytes); err != nil {
		return nil, err
	}
	if g.McAppSKey, err = digits(m.GetMcAppSKey(), keyBytes); err != nil {
		return nil, err
	}
	return g, named(m.GetName(), true)
}

func (s multicasts) Create(ctx context.Context, r *api.CreateMulticastGroupRequest) (*api.CreateMulticastGroupResponse, error) {
	if r.GetMulticastGroup() == nil {
		return nil, invalid("multicast_group is missing")
	}
	app, err := id(r.GetMulticastGroup().GetApplicationId())
	if err == nil {
		err = may(ctx, s.tenantOf(app), true)
	}
	if err != nil {
		return nil, err
	}
	g, err := s.groupRow(r.GetMulticastGroup())
	if err == nil && s.apps[app] == nil {
		err = dangling("multicast_group", "multicast_group_application_id_fkey")
	}
	if err != nil {
		return nil, err
	}
	g.Id, g.ApplicationId = uuid.NewString(), app
	s.groups[g.Id], s.members[g.Id] = g, map[string]bool{}
	return &api.CreateMulticastGroupResponse{Id: g.Id}, nil
}

func (s multicasts) Get(ctx context.Context, r *api.GetMulticastGroupRequest) (*api.GetMulticastGroupResponse, error) {
	id, err := id(r.GetId())
	if err == nil {
		err = may(ctx, s.tenantOf(s.groups[id].GetApplicationId()), false)
	}
	if err != nil {
		return nil, err
	}
	if g := s.groups[id]; g != nil {
		return &api.GetMulticastGroupResponse{MulticastGroup: proto.CloneOf(g)}, nil
	}
	return nil, notThere(id)
}

func (s multicasts) Update(ctx context.Context, r *api.UpdateMulticastGroupRequest) (*emptypb.Empty, error) {
	if r.GetMulticastGroup() == nil {
		return nil, invalid("multicast_group is missing")
	}
	id, err := id(r.GetMulticastGroup().GetId())
	if err == nil {
		err = may(ctx, s.tenantOf(s.groups[id].GetApplicationId()), true)
	}
	if err != nil {
		return nil, err
	}
	g, err := s.groupRow(r.GetMulticastGroup())
	if err != nil {
		return nil, err
	}
	old := s.groups[id]
	if old == nil {
		return nil, notThere(id)
	}
	g.Id, g.ApplicationId = id, old.GetApplicationId()
	s.groups[id] = g
	return done, nil
}

func (s multicasts) List(ctx context.Context, r *api.ListMulticastGroupsRequest) (*api.ListMulticastGroupsResponse, error) {
	app, err := id(r.GetApplicationId())
	if err == nil {
		err = may(ctx, s.tenantOf(app), false)
	}
	if err != nil {
		return nil, err
	}
	var all []*api.MulticastGroupListItem
	matches := like(r.GetSearch())
	for _, g := range s.groups {
		if g.GetApplicationId() == app && matches(g.GetName()) {
			all = append(all, &api.MulticastGroupListItem{Id: g.GetId(), Name: g.GetName(), Region: g.GetRegion()})
		}
	}
	n, all := page(all, r.GetLimit(), r.GetOffset())
	return &api.ListMulticastGroupsResponse{TotalCount: n, Result: all}, nil
}

// join adds a member to a group: a second time is one too many.
func (s *Server) join(ctx context.Context, groupID, eui string, tenant func() (string, error), constraint string) (*emptypb.Empty, error) {
	group, err := id(groupID)
	if err != nil {
		return nil, err
	}
	g := s.groups[group]
	if err := may(ctx, s.tenantOf(g.GetApplicationId()), true); err != nil {
		return nil, err
	}
	owner, err := tenant()
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, notThere(group)
	case owner != s.tenantOf(g.GetApplicationId()):
		return nil, notThere(eui)
	case s.members[group][eui]:
		return nil, duplicate(constraint)
	}
	s.members[group][eui] = true
	return done, nil
}

func (s multicasts) AddDevice(ctx context.Context, r *api.AddDeviceToMulticastGroupRequest) (*emptypb.Empty, error) {
	eui, err := digits(r.GetDevEui(), euiBytes)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, r.GetMulticastGroupId(), eui, func() (string, error) {
		d := s.devices[eui]
		if d == nil {
			if keyIn(ctx).admin {
				return "", notThere(eui)
			}
			return "", denied
		}
		tenant := s.tenantOf(d.GetApplicationId())
		return tenant, may(ctx, tenant, true)
	}, "multicast_group_device_pkey")
}

func (s multicasts) AddGateway(ctx context.Context, r *api.AddGatewayToMulticastGroupRequest) (*emptypb.Empty, error) {
	eui, err := digits(r.GetGatewayId(), euiBytes)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, r.GetMulticastGroupId(), eui, func() (string, error) {
		g := s.gateways[eui]
		if g == nil {
			if keyIn(ctx).admin {
				return "", notThere(eui)
			}
			return "", denied
		}
		return g.GetTenantId(), may(ctx, g.GetTenantId(), true)
	}, "multicast_group_gateway_pkey")
}

// Members gives the DevEUIs and gateway IDs of a multicast group, by its name.
func (s *Server) Members(name string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.groups {
		if g.GetName() == name {
			return s.members[g.GetId()]
		}
	}
	return nil
}
