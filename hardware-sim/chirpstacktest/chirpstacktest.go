// Package chirpstacktest is a server with ChirpStack's gRPC API for tests: it takes and
// refuses what ChirpStack 4.19 takes and refuses, with its status codes. Its rules are
// those of ChirpStack's sources (tag v4.19.0), file by file:
//
//   - who may do what: chirpstack/src/api/auth/{mod,validator}.rs. Whatever a key may
//     not do, and whatever is not there as far as the key can see, is UNAUTHENTICATED
//     with an empty message; PERMISSION_DENIED and, for a tenant's key, NOT_FOUND do
//     not occur.
//   - what a request must hold, in which order it is looked at, and what an update
//     leaves alone: chirpstack/src/api/{tenant,application,gateway,device_profile,device,multicast}.rs
//     and the structures of the same names in chirpstack/src/storage.
//   - identifiers: lrwn/src/{eui64,aes128,devaddr}.rs. An empty one is all zero.
//   - what its database refuses: chirpstack/migrations_postgres. A second entry of an id
//     and a reference to nothing are INTERNAL, not ALREADY_EXISTS.
//   - fields it does not know are dropped, as prost does; what it has no column for too.
//
// It compiles with former versions of the API as well: rules about fields that came
// later ask the message whether it has them. It knows nothing of who calls it.
package chirpstacktest

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The API keys of a new server.
const (
	AdminKey    = "key-of-an-admin"
	TenantKey   = "key-of-the-tenant"
	ReadOnlyKey = "key-of-the-tenant-to-read"
	OtherKey    = "key-of-another-tenant"
	DeletedKey  = "key-that-was-deleted"
)

// The tenants of a new server. The other's name begins as the tenant's.
const (
	TenantID      = "7d3a3c0e-4c64-4a2f-a3c1-0b0f6b4b9a11"
	TenantName    = "Example Telecom"
	OtherTenantID = "0f6e9d7e-51d5-4d29-8b26-5a1c7c0b9a22"
)

// key is an API key's rights.
type key struct {
	admin, readOnly bool
	tenant          string
}

// Server is a ChirpStack with its database.
type Server struct {
	mu        sync.Mutex
	keys      map[string]*key // nil: deleted
	tenants   map[string]*api.Tenant
	apps      map[string]*api.Application
	gateways  map[string]*api.Gateway
	profiles  map[string]*api.DeviceProfile
	devices   map[string]*api.Device
	rootKeys  map[string]*api.DeviceKeys
	sessions  map[string]*api.DeviceActivation
	groups    map[string]*api.MulticastGroup
	members   map[string]map[string]bool // of a group: DevEUIs and gateway IDs
	nonces    map[string]map[uint16]bool // used ones, by DevEUI and JoinEUI
	joins     map[string]uint32          // JoinNonces
	addresses uint16                     // given by joins
	writes    int
	later     bool
}

// New makes a server with two tenants and keys.
func New() *Server {
	s := &Server{
		keys: map[string]*key{
			AdminKey: {admin: true}, TenantKey: {tenant: TenantID}, ReadOnlyKey: {tenant: TenantID, readOnly: true}, OtherKey: {tenant: OtherTenantID}, DeletedKey: nil,
		},
		tenants: map[string]*api.Tenant{
			TenantID:      {Id: TenantID, Name: TenantName, CanHaveGateways: true},
			OtherTenantID: {Id: OtherTenantID, Name: TenantName + " and Sons", CanHaveGateways: true},
		},
		apps: map[string]*api.Application{}, gateways: map[string]*api.Gateway{}, profiles: map[string]*api.DeviceProfile{}, devices: map[string]*api.Device{},
		rootKeys: map[string]*api.DeviceKeys{}, sessions: map[string]*api.DeviceActivation{}, groups: map[string]*api.MulticastGroup{},
		members: map[string]map[string]bool{}, nonces: map[string]map[uint16]bool{}, joins: map[string]uint32{},
	}
	return s
}

// Later has the server hold a field that no published version of the API knows in every
// gateway, profile and device: what a later ChirpStack may add. It is lost to whoever
// sends an update without it.
func (s *Server) Later() *Server { s.later = true; return s }

// Writes counts the requests that changed something.
func (s *Server) Writes() int { s.mu.Lock(); defer s.mu.Unlock(); return s.writes }

// Start serves on a free port of loopback until stop is called.
func (s *Server) Start() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	g := grpc.NewServer(grpc.UnaryInterceptor(s.guard))
	api.RegisterTenantServiceServer(g, tenants{Server: s})
	api.RegisterApplicationServiceServer(g, applications{Server: s})
	api.RegisterDeviceProfileServiceServer(g, profiles{Server: s})
	api.RegisterGatewayServiceServer(g, gateways{Server: s})
	api.RegisterDeviceServiceServer(g, devices{Server: s})
	api.RegisterMulticastGroupServiceServer(g, multicasts{Server: s})
	var serving sync.WaitGroup
	serving.Go(func() { _ = g.Serve(l) }) // Stop ends it
	return l.Addr().String(), func() { g.Stop(); serving.Wait() }, nil
}

type keyOf struct{}

// guard reads the token, as auth_interceptor does, and has one request after another.
func (s *Server) guard(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	auth := md.Get("authorization")
	if len(auth) == 0 {
		return nil, status.Error(codes.Unauthenticated, "no authorization provided")
	}
	token, ok := strings.CutPrefix(auth[0], "Bearer ")
	if !ok {
		return nil, status.Error(codes.Unauthenticated, "authorization metadata must be in format 'Bearer <TOKEN>")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.keys[token]
	if !known {
		return nil, status.Error(codes.Unauthenticated, "InvalidToken")
	}
	if k == nil {
		k = &key{tenant: "-", readOnly: true} // its signature is right, but it is in no table: it counts as nobody's
	}
	res, err := handle(context.WithValue(ctx, keyOf{}, k), req)
	method := info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]
	if err == nil && !strings.HasPrefix(method, "Get") && !strings.HasPrefix(method, "List") {
		s.writes++
	}
	return res, err
}

// denied is the answer to whoever may not do something.
var denied = status.Error(codes.Unauthenticated, "")

func keyIn(ctx context.Context) *key { k, _ := ctx.Value(keyOf{}).(*key); return k }

// may says whether a key reaches a tenant's things; of an empty tenant (nothing is
// there) an admin's alone does.
func may(ctx context.Context, tenant string, writes bool) error {
	k := keyIn(ctx)
	if (k.admin || tenant != "" && k.tenant == tenant) && (!writes || !k.readOnly) {
		return nil
	}
	return denied
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func notThere(id string) error {
	return status.Errorf(codes.NotFound, "Object does not exist (id: %s)", id)
}

func duplicate(constraint string) error {
	return status.Errorf(codes.Internal, "duplicate key value violates unique constraint %q", constraint)
}

func dangling(table, constraint string) error {
	return status.Errorf(codes.Internal, "insert or update on table %q violates foreign key constraint %q", table, constraint)
}

// id reads a UUID.
func id(text string) (string, error) {
	u, err := uuid.Parse(text)
	if err != nil {
		return "", invalid("%v", err)
	}
	return u.String(), nil
}

// digits reads n bytes in hexadecimal digits, in small letters then. Nothing is zero.
func digits(text string, n int) (string, error) {
	b := make([]byte, n)
	if text != "" {
		d, err := hex.DecodeString(text)
		if err != nil {
			return "", status.Errorf(codes.Internal, "%v", err)
		}
		if len(d) != n {
			return "", status.Error(codes.Internal, "Invalid string length")
		}
		b = d
	}
	return hex.EncodeToString(b), nil
}

const (
	euiBytes  = 8
	keyBytes  = 16
	addrBytes = 4
	nameMax   = 100 // varchar(100)
)

// named checks a name where ChirpStack does; the database does it everywhere.
func named(name string, needed bool) error {
	switch {
	case needed && name == "":
		return invalid("Validation error: name is not set")
	case len([]rune(name)) > nameMax:
		return status.Errorf(codes.Internal, "value too long for type character varying(%d)", nameMax)
	}
	return nil
}

// laterField is a number none of these messages uses.
const laterField = 1999

// stored is what the database keeps of a message: a copy without fields unknown to the
// server, but with those of a later one.
func (s *Server) stored(m proto.Message) proto.Message {
	c := proto.Clone(m)
	var kept []byte
	if s.later {
		kept = laterBytes(m.ProtoReflect().GetUnknown())
	}
	clean(c.ProtoReflect())
	c.ProtoReflect().SetUnknown(kept)
	return c
}

// clean drops unknown fields and takes unknown values of enumerations for zero.
func clean(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap() || f.IsList():
		case f.Kind() == protoreflect.MessageKind:
			clean(v.Message())
		case f.Kind() == protoreflect.EnumKind && f.Enum().Values().ByNumber(v.Enum()) == nil:
			m.Clear(f)
		}
		return true
	})
}

// number gives a field by its name; ok is false where the API has none.
func number(m proto.Message, name protoreflect.Name) (v uint64, ok bool) {
	r := m.ProtoReflect()
	f := r.Descriptor().Fields().ByName(name)
	if f == nil {
		return 0, false
	}
	return r.Get(f).Uint(), true
}

// reset clears the fields whose names begin with any of these.
func reset(m proto.Message, prefixes ...string) {
	r := m.ProtoReflect()
	for i := range r.Descriptor().Fields().Len() {
		f := r.Descriptor().Fields().Get(i)
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(string(f.Name()), p) }) {
			r.Clear(f)
		}
	}
}

// like is PostgreSQL's ilike '%search%'.
func like(search string) func(text string) bool {
	pattern := regexp.QuoteMeta(search)
	pattern = strings.NewReplacer("%", ".*", "_", ".").Replace(pattern)
	r := regexp.MustCompile("(?is)" + pattern)
	return func(text string) bool { return search == "" || r.MatchString(text) }
}

// page sorts by name and cuts. A limit of 0 gives nothing.
func page[T interface{ GetName() string }](all []T, limit, offset uint32) (uint32, []T) {
	slices.SortStableFunc(all, func(a, b T) int { return strings.Compare(a.GetName(), b.GetName()) })
	n := uint32(len(all))
	return n, all[min(offset, n):min(uint64(offset)+uint64(limit), uint64(n))]
}

// laterBytes gives the later field of a message's unknown bytes.
func laterBytes(unknown []byte) []byte {
	var out []byte
	for f := range fields(unknown) {
		if f.number == laterField {
			out = f.raw
		}
	}
	return out
}

// Poke changes a stored message as an operator does in the web interface. It gives
// false if there is none. Kinds: gateway, profile (by name), device, keys, group (by name).
func (s *Server) Poke(kind, id string, change func(proto.Message)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m proto.Message
	switch kind {
	case "gateway":
		m = s.gateways[id]
	case "device":
		m = s.devices[id]
	case "keys":
		m = s.rootKeys[id]
	case "profile":
		for _, p := range s.profiles {
			if p.GetName() == id {
				m = p
			}
		}
	case "group":
		for _, g := range s.groups {
			if g.GetName() == id {
				m = g
			}
		}
	default:
		panic(fmt.Sprintf("bug: there is no kind %q", kind))
	}
	if m == nil || !m.ProtoReflect().IsValid() {
		return false
	}
	change(m)
	if s.later {
		m.ProtoReflect().SetUnknown(laterValue)
	}
	return true
}
