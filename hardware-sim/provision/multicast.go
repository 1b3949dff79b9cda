package provision

import (
	"context"
	"slices"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
)

// groups are the multicast groups of a fleet.
func groups(devices []sim.DeviceSetup) (all []*sim.Multicast) {
	for i := range devices {
		if m := devices[i].Multicast; m != nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// multicast makes a group known, with its devices and all gateways of the setup.
func (s *server) multicast(ctx context.Context, m *sim.Multicast) error {
	id, err := s.group(ctx, m)
	if err != nil {
		return err
	}
	add := func(err error) error {
		if taken(err) { // it is in the group
			s.result.Unchanged++
			return nil
		}
		return s.did(&s.result.Created, func() error { return err })
	}
	for i := range s.setup.Gateways {
		_, err := s.multicasts.AddGateway(ctx, &api.AddGatewayToMulticastGroupRequest{MulticastGroupId: id, GatewayId: s.setup.Gateways[i].ID.String()})
		if err := add(err); err != nil {
			return err
		}
	}
	for i := range s.setup.Devices {
		d := &s.setup.Devices[i]
		if d.Multicast != m {
			continue
		}
		_, err := s.multicasts.AddDevice(ctx, &api.AddDeviceToMulticastGroupRequest{MulticastGroupId: id, DevEui: d.DevEUI.String()})
		if err := add(err); err != nil {
			return err
		}
	}
	return nil
}

// group gives the id of a group, which it makes or sets right first. Its counter is the
// server's.
func (s *server) group(ctx context.Context, m *sim.Multicast) (id string, err error) {
	needs := func(g *api.MulticastGroup) {
		g.McAddr, g.McNwkSKey, g.McAppSKey, g.GroupType = m.Addr.String(), hexKey(m.NwkSKey), hexKey(m.AppSKey), api.MulticastGroupType_CLASS_C
		g.Region, g.Dr, g.Frequency = regions[s.setup.Region.Name], uint32(s.setup.Region.RX2), s.setup.Region.RX2Freq
	}
	all, err := find(m.Name, func(offset uint32) (uint32, []*api.MulticastGroupListItem, error) {
		r, err := s.multicasts.List(ctx, &api.ListMulticastGroupsRequest{ApplicationId: s.result.ApplicationID, Limit: pageSize, Offset: offset, Search: m.Name})
		return r.GetTotalCount(), r.GetResult(), err
	})
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		want := &api.MulticastGroup{Name: m.Name, ApplicationId: s.result.ApplicationID, ClassCSchedulingType: api.MulticastGroupSchedulingType_DELAY}
		needs(want)
		err = s.did(&s.result.Created, func() error {
			made, err := s.multicasts.Create(ctx, &api.CreateMulticastGroupRequest{MulticastGroup: want})
			id = made.GetId()
			return err
		})
		return id, err
	}
	have, err := s.multicasts.Get(ctx, &api.GetMulticastGroupRequest{Id: all[0].GetId()})
	if err != nil {
		return "", err
	}
	return all[0].GetId(), amend(s, have.GetMulticastGroup(), needs, func(g *api.MulticastGroup) error {
		_, err := s.multicasts.Update(ctx, &api.UpdateMulticastGroupRequest{MulticastGroup: g})
		return err
	})
}
