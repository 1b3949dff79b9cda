package chirpstacktest

import (
	"context"
	"errors"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"
)

var ports = map[protoreflect.Name]protoreflect.Value{
	"ts003_f_port": protoreflect.ValueOfUint32(202), "ts004_f_port": protoreflect.ValueOfUint32(201), "ts005_f_port": protoreflect.ValueOfUint32(200),
}

type devices struct {
	api.UnimplementedDeviceServiceServer
	*Server
}

// deviceTenant is whose a device is, "" if it is not there.
func (s *Server) deviceTenant(eui string) string {
	return s.tenantOf(s.devices[eui].GetApplicationId())
}

// deviceRow reads a device's identifiers, in the order of the source.
func (s *Server) deviceRow(m *api.Device) (*api.Device, error) {
	d := s.stored(m).(*api.Device)
	var err error
	if d.DevEui, err = digits(m.GetDevEui(), euiBytes); err != nil {
		return nil, err
	}
	if d.ApplicationId, err = id(m.GetApplicationId()); err != nil {
		return nil, err
	}
	if d.DeviceProfileId, err = id(m.GetDeviceProfileId()); err != nil {
		return nil, err
	}
	d.JoinEui, err = digits(m.GetJoinEui(), euiBytes)
	return d, err
}

func (s devices) Create(ctx context.Context, r *api.CreateDeviceRequest) (*emptypb.Empty, error) {
	if r.GetDevice() == nil {
		return nil, invalid("device is missing")
	}
	d, err := s.deviceRow(r.GetDevice())
	if err == nil {
		err = may(ctx, s.tenantOf(d.GetApplicationId()), true)
	}
	if err == nil {
		err = named(d.GetName(), false) // only an update asks for one
	}
	if err != nil {
		return nil, err
	}
	t := s.tenants[s.tenantOf(d.GetApplicationId())]
	count := uint32(0)
	for eui := range s.devices {
		if s.deviceTenant(eui) == t.GetId() {
			count++
		}
	}
	switch {
	case t == nil:
		return nil, unknown(errors.New("record not found"))
	case t.GetMaxDeviceCount() != 0 && count >= t.GetMaxDeviceCount():
		return nil, invalid("Not allowed (Max number of devices exceeded for tenant)")
	case s.devices[d.GetDevEui()] != nil:
		return nil, duplicate("device_pkey")
	case s.profiles[d.GetDeviceProfileId()] == nil:
		return nil, dangling("device", "device_device_profile_id_fkey")
	}
	s.devices[d.GetDevEui()] = d
	return done, nil
}

// known finds a device for a request about it.
func (s devices) known(ctx context.Context, devEUI string, writes bool) (string, error) {
	eui, err := digits(devEUI, euiBytes)
	if err == nil {
		err = may(ctx, s.deviceTenant(eui), writes)
	}
	return eui, err
}

func (s devices) Get(ctx context.Context, r *api.GetDeviceRequest) (*api.GetDeviceResponse, error) {
	eui, err := s.known(ctx, r.GetDevEui(), false)
	if err != nil {
		return nil, err
	}
	if d := s.devices[eui]; d != nil {
		return &api.GetDeviceResponse{Device: proto.CloneOf(d)}, nil
	}
	return nil, notThere(eui)
}

func (s devices) Update(ctx context.Context, r *api.UpdateDeviceRequest) (*emptypb.Empty, error) {
	if r.GetDevice() == nil {
		return nil, invalid("device is missing")
	}
	d, err := s.deviceRow(r.GetDevice())
	if err == nil {
		err = may(ctx, s.deviceTenant(d.GetDevEui()), true)
	}
	if err == nil {
		err = may(ctx, s.tenantOf(d.GetApplicationId()), false)
	}
	if err == nil {
		if tenant, global := s.profileTenant(d.GetDeviceProfileId()); !global {
			err = may(ctx, tenant, false)
		}
	}
	if err == nil {
		err = named(d.GetName(), true)
	}
	switch {
	case err != nil:
		return nil, err
	case s.devices[d.GetDevEui()] == nil:
		return nil, notThere(d.GetDevEui())
	case s.apps[d.GetApplicationId()] == nil:
		return nil, dangling("device", "device_application_id_fkey")
	case s.profiles[d.GetDeviceProfileId()] == nil:
		return nil, dangling("device", "device_device_profile_id_fkey")
	}
	s.devices[d.GetDevEui()] = d
	return done, nil
}

// keysRow reads root keys: none is all zero.
func (s devices) keysRow(ctx context.Context, m *api.DeviceKeys) (*api.DeviceKeys, error) {
	if m == nil {
		return nil, invalid("device_keys is missing")
	}
	eui, err := s.known(ctx, m.GetDevEui(), true)
	if err != nil {
		return nil, err
	}
	k := s.stored(m).(*api.DeviceKeys)
	k.DevEui = eui
	fields := k.ProtoReflect().Descriptor().Fields()
	for _, name := range []protoreflect.Name{"nwk_key", "app_key", "gen_app_key"} {
		f := fields.ByName(name)
		if f == nil {
			continue
		}
		v, err := digits(k.ProtoReflect().Get(f).String(), keyBytes)
		if err != nil {
			return nil, err
		}
		k.ProtoReflect().Set(f, protoreflect.ValueOfString(v))
	}
	return k, nil
}

func (s devices) CreateKeys(ctx context.Context, r *api.CreateDeviceKeysRequest) (*emptypb.Empty, error) {
	k, err := s.keysRow(ctx, r.GetDeviceKeys())
	switch {
	case err != nil:
		return nil, err
	case s.devices[k.GetDevEui()] == nil:
		return nil, dangling("device_keys", "device_keys_dev_eui_fkey")
	case s.rootKeys[k.GetDevEui()] != nil:
		return nil, duplicate("device_keys_pkey")
	}
	s.rootKeys[k.GetDevEui()] = k
	return done, nil
}

func (s devices) GetKeys(ctx context.Context, r *api.GetDeviceKeysRequest) (*api.GetDeviceKeysResponse, error) {
	eui, err := s.known(ctx, r.GetDevEui(), false)
	if err != nil {
		return nil, err
	}
	if k := s.rootKeys[eui]; k != nil {
		return &api.GetDeviceKeysResponse{DeviceKeys: proto.CloneOf(k)}, nil
	}
	return nil, notThere(eui)
}

func (s devices) UpdateKeys(ctx context.Context, r *api.UpdateDeviceKeysRequest) (*emptypb.Empty, error) {
	k, err := s.keysRow(ctx, r.GetDeviceKeys())
	switch {
	case err != nil:
		return nil, err
	case s.rootKeys[k.GetDevEui()] == nil:
		return nil, notThere(k.GetDevEui())
	}
	s.rootKeys[k.GetDevEui()] = k // DevNonces stay
	return done, nil
}

func (s devices) Activate(ctx context.Context, r *api.ActivateDeviceRequest) (*emptypb.Empty, error) {
	m := r.GetDeviceActivation()
	if m == nil {
		return nil, invalid("device_activation is missing")
	}
	eui, err := s.known(ctx, m.GetDevEui(), true)
	if err != nil {
		return nil, err
	}
	if s.devices[eui] == nil {
		return nil, notThere(eui)
	}
	a := s.stored(m).(*api.DeviceActivation)
	a.DevEui = eui
	for _, f := range []struct {
		text *string
		size int
	}{{&a.DevAddr, addrBytes}, {&a.SNwkSIntKey, keyBytes}, {&a.FNwkSIntKey, keyBytes}, {&a.NwkSEncKey, keyBytes}, {&a.AppSKey, keyBytes}} {
		if *f.text, err = digits(*f.text, f.size); err != nil {
			return nil, err
		}
	}
	s.sessions[eui] = a
	return done, nil
}

// GetActivation of a device without a session is an empty answer, not an error.
func (s devices) GetActivation(ctx context.Context, r *api.GetDeviceActivationRequest) (*api.GetDeviceActivationResponse, error) {
	eui, err := s.known(ctx, r.GetDevEui(), false)
	if err != nil {
		return nil, err
	}
	if s.devices[eui] == nil {
		return nil, notThere(eui)
	}
	res := &api.GetDeviceActivationResponse{}
	if a := s.sessions[eui]; a != nil {
		res.DeviceActivation = proto.CloneOf(a)
	}
	return res, nil
}
