// Package provision makes a scenario's tenant, gateways, application, profiles and
// devices known to a real ChirpStack v4, through its gRPC API. It may be run again:
// what is there is read, what the fleet cannot do without is set right in it, and
// everything else, whether this module knows the field or not, is sent back as it was.
// Nothing is deleted.
//
// It is the only package that knows gRPC. It refuses to know frames and time.
package provision

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
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
	Server   string // host:port; ChirpStack's API has the port of its web interface
	TLS      bool
	Token    string // API key: a tenant's is enough if TenantID is given
	TenantID string // UUID of a tenant that is there; "": found, or made, by its name, for which a global admin's key is needed
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
	multicasts   api.MulticastGroupServiceClient
	result       Result
	profileIDs   map[string]string
}

// Run provisions everything of a setup. An error leaves what was done so far: run
// again.
func Run(ctx context.Context, conn grpc.ClientConnInterface, tenantID string, setup *sim.Setup) (Result, error) {
	s := &server{
		setup: setup, tenants: api.NewTenantServiceClient(conn), gateways: api.NewGatewayServiceClient(conn), applications: api.NewApplicationServiceClient(conn),
		profiles: api.NewDeviceProfileServiceClient(conn), devices: api.NewDeviceServiceClient(conn), multicasts: api.NewMulticastGroupServiceClient(conn), profileIDs: map[string]string{},
	}
	if err := s.tenant(ctx, tenantID); err != nil {
		return s.result, explained("tenant "+cmp.Or(tenantID, setup.Server.Tenant), err)
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
	for _, m := range groups(setup.Devices) {
		if err := s.multicast(ctx, m); err != nil {
			return s.result, explained("multicast group "+m.Name, err)
		}
	}
	return s.result, nil
}

// Errors with a cure of their own.
var (
	errTenantKey = errors.New("the API key may not look for tenants by name, as only a global admin's may: give the tenant's UUID with --tenant-id (it stands in the address of the tenant's page)")
	errElsewhere = errors.New("it belongs to another tenant")
)

// explained says what an operator can do about a refusal. ChirpStack answers
// UNAUTHENTICATED with a message to a token that is none of its own, and without one to
// a key that may not do something.
func explained(what string, err error) error {
	s, _ := status.FromError(err)
	switch {
	case s.Code() == codes.Unauthenticated && s.Message() != "":
		return fmt.Errorf("%s: ChirpStack does not know the API key: make one under API keys: %w", what, err)
	case denied(err):
		return fmt.Errorf("%s: the API key may not do this: it is read-only, was deleted, or is another tenant's: %w", what, err)
	case s.Code() == codes.Unavailable:
		return fmt.Errorf("%s: ChirpStack does not answer: %w", what, err)
	case strings.Contains(s.Message(), "can not have gateways"):
		return fmt.Errorf("%s: allow the tenant to have gateways (a global admin can): %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// denied says whether the key may not do something, or sees nothing where it looked:
// ChirpStack does not tell these apart.
func denied(err error) bool {
	s, _ := status.FromError(err)
	return s.Code() == codes.PermissionDenied || s.Code() == codes.Unauthenticated && s.Message() == ""
}

// absent says whether an entry is not there, as far as the key can see.
func absent(err error) bool { return status.Code(err) == codes.NotFound || denied(err) }

// taken says whether an entry could not be made because one has its id already. It is
// the database that says so.
func taken(err error) bool {
	return status.Code(err) == codes.AlreadyExists || strings.Contains(status.Convert(err).Message(), "duplicate key")
}

// pageSize is how many entries are asked for at once. A limit of 0 gives none.
const pageSize = 100

// find gives the entries of an exact name, page by page: search is by substring.
func find[T interface{ GetName() string }](name string, list func(offset uint32) (total uint32, page []T, err error)) (found []T, err error) {
	for offset := uint32(0); ; offset += pageSize {
		total, page, err := list(offset)
		if err != nil {
			return nil, err
		}
		for _, one := range page {
			if one.GetName() == name {
				found = append(found, one)
			}
		}
		if len(page) == 0 || offset+pageSize >= total {
			return found, nil
		}
	}
}

// did counts what succeeded.
func (s *server) did(count *int, do func() error) error {
	if err := do(); err != nil {
		return err
	}
	*count++
	return nil
}

// amend sets right in an entry what the fleet cannot do without, and writes it back only
// if that made a difference. What else it holds stays, unknown fields too.
func amend[T proto.Message](s *server, have T, needs func(T), update func(T) error) error {
	want := proto.CloneOf(have)
	needs(want)
	if proto.Equal(have, want) {
		s.result.Unchanged++
		return nil
	}
	return s.did(&s.result.Updated, func() error { return update(want) })
}

func (s *server) tenant(ctx context.Context, id string) error {
	if id != "" {
		t, err := s.tenants.Get(ctx, &api.GetTenantRequest{Id: id})
		if err != nil {
			return err
		}
		s.result.TenantID = t.GetTenant().GetId()
		s.result.Unchanged++
		return nil
	}
	name := cmp.Or(s.setup.Server.Tenant, "hardware-sim")
	all, err := find(name, func(offset uint32) (uint32, []*api.TenantListItem, error) {
		r, err := s.tenants.List(ctx, &api.ListTenantsRequest{Limit: pageSize, Offset: offset, Search: name})
		return r.GetTotalCount(), r.GetResult(), err
	})
	switch {
	case denied(err):
		return errTenantKey
	case err != nil:
		return err
	case len(all) > 0:
		s.result.TenantID = all[0].GetId()
		s.result.Unchanged++
		return nil
	}
	return s.did(&s.result.Created, func() error {
		made, err := s.tenants.Create(ctx, &api.CreateTenantRequest{Tenant: &api.Tenant{Name: name, Description: "made by hardware-sim", CanHaveGateways: true}})
		s.result.TenantID = made.GetId()
		return err
	})
}

func (s *server) application(ctx context.Context) error {
	name := cmp.Or(s.setup.Server.Application, "hardware-sim")
	all, err := find(name, func(offset uint32) (uint32, []*api.ApplicationListItem, error) {
		r, err := s.applications.List(ctx, &api.ListApplicationsRequest{TenantId: s.result.TenantID, Limit: pageSize, Offset: offset, Search: name})
		return r.GetTotalCount(), r.GetResult(), err
	})
	switch {
	case err != nil:
		return err
	case len(all) > 0:
		s.result.ApplicationID = all[0].GetId()
		s.result.Unchanged++
		return nil
	}
	return s.did(&s.result.Created, func() error {
		made, err := s.applications.Create(ctx, &api.CreateApplicationRequest{Application: &api.Application{Name: name, Description: "made by hardware-sim", TenantId: s.result.TenantID}})
		s.result.ApplicationID = made.GetId()
		return err
	})
}
