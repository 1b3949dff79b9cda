package chirpstackapi

import (
	"errors"
	"testing"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	rules "github.com/databrokerdao/dbdao-bridge/hardware-sim/chirpstacktest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// On a server with ChirpStack's rules and official generated code: a device's own tags are
// read with a read-only key of its tenant, those of its profile are not among them, and
// nobody else's key reads them.
func TestADevicesOwnTagsAreRead(t *testing.T) {
	server := rules.New()
	addr, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+rules.TenantKey)
	app, err := api.NewApplicationServiceClient(conn).Create(ctx, &api.CreateApplicationRequest{Application: &api.Application{Name: "a", TenantId: rules.TenantID, Tags: map[string]string{"dbdao_owner": "of the application"}}})
	if err != nil {
		t.Fatal(err)
	}
	profile, err := api.NewDeviceProfileServiceClient(conn).Create(ctx, &api.CreateDeviceProfileRequest{DeviceProfile: &api.DeviceProfile{Name: "p", TenantId: rules.TenantID, Tags: map[string]string{"dbdao_owner": "of the profile"}}})
	if err != nil {
		t.Fatal(err)
	}
	devices := map[string]map[string]string{"70b3d57ed8005343": {"dbdao_owner": "0xaa", "floor": ""}, "70b3d57ed8005344": nil}
	for eui, tags := range devices {
		if _, err := api.NewDeviceServiceClient(conn).Create(ctx, &api.CreateDeviceRequest{Device: &api.Device{DevEui: eui, Name: "d", ApplicationId: app.GetId(), DeviceProfileId: profile.GetId(), Tags: tags, Variables: map[string]string{"dbdao_owner": "no tag"}}}); err != nil {
			t.Fatal(err)
		}
	}
	with := func(key string) *Client {
		c, err := New("http://"+addr, key, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	for eui, want := range devices {
		got, err := with(rules.ReadOnlyKey).Tags(t.Context(), eui)
		if err != nil || len(got) != len(want) || got["dbdao_owner"] != want["dbdao_owner"] {
			t.Errorf("%s: %v %v", eui, got, err)
		}
	}
	for key, want := range map[string]error{rules.OtherKey: ErrUnknown, rules.DeletedKey: ErrUnknown, "nonsense": ErrKey} {
		if got, err := with(key).Tags(t.Context(), "70b3d57ed8005343"); !errors.Is(err, want) {
			t.Errorf("%s: %v %v", key, got, err)
		}
	}
	if got, err := with(rules.AdminKey).Tags(t.Context(), "0000000000000001"); !errors.Is(err, ErrUnknown) {
		t.Errorf("not there: %v %v", got, err)
	}
}
