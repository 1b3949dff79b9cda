package provision

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/api"
	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/chirpstacktest"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"google.golang.org/protobuf/proto"
)

// start runs a server on the API this module is built with, the newest.
func start(t *testing.T, s *chirpstacktest.Server) (addr string) {
	t.Helper()
	addr, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return addr
}

// The former version of ChirpStack's API that is tested with: of July 2024, without
// downlink priorities, RX1 delays, application layer parameters.
const (
	olderVersion = "v4.9.0"
	olderSums    = `github.com/chirpstack/chirpstack/api/go/v4 v4.9.0 h1:yxErNDLvXKxs6ZfRYAUiBZHZerBDu281jPVUMWr4X7I=
github.com/chirpstack/chirpstack/api/go/v4 v4.9.0/go.mod h1:NNVeEib9I7GGomK2bPiP5c5UstkoMfxYiJ1Z5wrYCh4=
`
)

// startOlder runs the same server in a program of its own, built with the former API.
func startOlder(t *testing.T) (addr string) {
	t.Helper()
	dir := t.TempDir()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`chirpstack/api/go/v4 v\S+`)
	if len(line.FindAll(mod, -1)) != 1 {
		t.Fatal("go.mod does not name ChirpStack's API once")
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": line.ReplaceAll(mod, []byte("chirpstack/api/go/v4 "+olderVersion)), "go.sum": append(sums, olderSums...)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "serve")
	if out, err := exec.Command("go", "build", "-modfile", filepath.Join(dir, "go.mod"), "-o", bin, "../chirpstacktest/serve").CombinedOutput(); err != nil {
		t.Fatalf("build the server with API %s: %v\n%s", olderVersion, err, out)
	}
	version, err := exec.Command("go", "version", "-m", bin).Output()
	if err != nil || !regexp.MustCompile(`chirpstack/api/go/v4\s+`+regexp.QuoteMeta(olderVersion)).Match(version) {
		t.Fatalf("the server is not of API %s: %v\n%s", olderVersion, err, version)
	}
	c := exec.CommandContext(t.Context(), bin)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = c.Wait()
	})
	addr, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the server of API %s says nothing: %v", olderVersion, err)
	}
	return strings.TrimSpace(addr)
}

func setup(seed uint64, region string) *sim.Setup {
	group := sim.Fleet(seed, 2, sim.FleetSetup{ABP: true, Multicast: true, First: 12, FCnt: 9})
	return &sim.Setup{
		Seed: seed, Region: sim.Regions[region], Gateways: sim.Grid(seed, 2, 500), Server: sim.ServerSetup{Tenant: chirpstacktest.TenantName, Application: "rooms"},
		Devices: append(sim.Fleet(seed, 12, sim.FleetSetup{Mixed: true, Kinds: []string{"climate", "soil"}, Forms: sim.Forms, Owner: "0x00000000000000000000000000000000000000aa", FCnt: 9}), group...),
	}
}

func run(t *testing.T, addr, key, tenant string, s *sim.Setup) (Result, error) {
	t.Helper()
	conn, err := Dial(Options{Server: addr, Token: key})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return Run(ctx, conn, tenant, s)
}

// holds reads back, with an admin's key, everything the fleet needs.
func holds(t *testing.T, addr string, s *sim.Setup, application string) {
	t.Helper()
	conn, err := Dial(Options{Server: addr, Token: chirpstacktest.AdminKey})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := t.Context()
	for _, g := range s.Gateways {
		got, err := api.NewGatewayServiceClient(conn).Get(ctx, &api.GetGatewayRequest{GatewayId: g.ID.String()})
		if err != nil || got.GetGateway().GetTenantId() != chirpstacktest.TenantID || got.GetGateway().GetLocation().GetLatitude() != g.Place.Latitude {
			t.Errorf("gateway %s: %v %v", g.ID, got, err)
		}
	}
	devices := api.NewDeviceServiceClient(conn)
	for _, d := range s.Devices {
		eui := d.DevEUI.String()
		got, err := devices.Get(ctx, &api.GetDeviceRequest{DevEui: eui})
		if err != nil {
			t.Errorf("device %s: %v", eui, err)
			continue
		}
		if m := got.GetDevice(); m.GetTags()[ownerTag] != d.Owner || m.GetApplicationId() != application || m.GetSkipFcntCheck() != d.SkipFCntCheck || m.GetJoinEui() != d.JoinEUI.String() {
			t.Errorf("%v", m)
		}
		res, err := api.NewDeviceProfileServiceClient(conn).Get(ctx, &api.GetDeviceProfileRequest{Id: got.GetDevice().GetDeviceProfileId()})
		p := res.GetDeviceProfile()
		if err != nil || p.GetRegion() != regions[s.Region.Name] || p.GetSupportsOtaa() == d.ABP || p.GetSupportsClassC() != d.ClassC || (p.GetMacVersion() == common.MacVersion_LORAWAN_1_1_0) != (d.Version == lorawan.LoRaWAN11) ||
			(p.GetPayloadCodecScript() != "") != (d.Form == sim.FormBinary) || d.Form == sim.FormBinary && !strings.Contains(p.GetPayloadCodecScript(), map[string]string{"climate": "humidity", "soil": "moisture"}[d.Kind]) ||
			d.ABP && (p.GetAbpRx2Freq() != s.Region.RX2Freq || p.GetAbpRx1Delay() != 1) {
			t.Errorf("%+v has the profile %v %v", d, p, err)
		}
		if d.ABP {
			a, err := devices.GetActivation(ctx, &api.GetDeviceActivationRequest{DevEui: eui})
			if m := a.GetDeviceActivation(); err != nil || m.GetDevAddr() != d.Addr.String() || m.GetFCntUp() != 9 || m.GetAppSKey() != hexKey(d.Keys.AppSKey) {
				t.Errorf("%v %v", m, err)
			}
			continue
		}
		k, err := devices.GetKeys(ctx, &api.GetDeviceKeysRequest{DevEui: eui})
		nwk, app := hexKey(d.AppKey), strings.Repeat("0", 32)
		if d.Version == lorawan.LoRaWAN11 {
			nwk, app = hexKey(d.NwkKey), hexKey(d.AppKey)
		}
		if m := k.GetDeviceKeys(); err != nil || m.GetNwkKey() != nwk || m.GetAppKey() != app {
			t.Errorf("%v %v", m, err)
		}
	}
}

// The newest API and a former one; an admin's key, and a tenant's with its UUID: all is
// made once, and a second run changes nothing.
func TestAFleetIsProvisionedOnceWithEitherKeyOnEitherAPI(t *testing.T) {
	for version, server := range map[string]func(*testing.T) string{
		"newest": func(t *testing.T) string { return start(t, chirpstacktest.New()) }, olderVersion: startOlder,
	} {
		t.Run(version, func(t *testing.T) {
			addr := server(t)
			once(t, addr, chirpstacktest.AdminKey, "", setup(1, "eu868"))
			once(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, setup(2, "as923"))
			once(t, addr, chirpstacktest.AdminKey, chirpstacktest.TenantID, setup(3, "us915"))
		})
	}
}

func once(t *testing.T, addr, key, tenant string, s *sim.Setup) {
	t.Helper()
	first, err := run(t, addr, key, tenant, s)
	if err != nil {
		t.Fatal(err)
	}
	if first.Updated != 0 || first.Created < len(s.Gateways)+2*len(s.Devices) || first.TenantID != chirpstacktest.TenantID {
		t.Errorf("%+v", first)
	}
	holds(t, addr, s, first.ApplicationID)
	second, err := run(t, addr, key, tenant, s)
	if err != nil || second.Created+second.Updated != 0 || second.Unchanged != first.Created+first.Unchanged || second.TenantID != first.TenantID || second.ApplicationID != first.ApplicationID {
		t.Errorf("again: %+v %v", second, err)
	}
}

// What an operator has set by hand, in fields this module knows and in one that no
// published API has, stays when provisioning runs again: without a write if nothing the
// fleet needs is wrong, and with one if something is.
func TestWhatAnOperatorSetByHandStays(t *testing.T) {
	server := chirpstacktest.New().Later()
	addr, s := start(t, server), setup(1, "eu868")
	if _, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, s); err != nil {
		t.Fatal(err)
	}
	gateway, device, profile := s.Gateways[0].ID.String(), s.Devices[0].DevEUI.String(), "hardware-sim eu868 1.0.3 otaa lpp"
	byHand := func(kind, id string, change func(proto.Message)) {
		t.Helper()
		if !server.Poke(kind, id, change) {
			t.Fatalf("there is no %s %s", kind, id)
		}
	}
	byHand("gateway", gateway, func(m proto.Message) {
		g := m.(*api.Gateway)
		g.Name, g.DownlinkPriority, g.StatsInterval, g.Tags = "on the roof", 3, 60, map[string]string{"floor": "9"}
		g.Location = &common.Location{Latitude: 1, Longitude: 2}
	})
	byHand("profile", profile, func(m proto.Message) {
		p := m.(*api.DeviceProfile)
		p.Description, p.UplinkInterval, p.Rx1Delay, p.AutoDetectMeasurements, p.SupportedUplinkDataRates = "ours", 77, 5, true, []uint32{0, 1, 2}
		p.AppLayerParams = &api.AppLayerParams{Ts003Version: api.Ts003Version_TS003_V100, Ts003FPort: 99}
		p.SupportsClassC, p.ClassCTimeout, p.Tags = true, 9, map[string]string{"a": "b"}
		p.Measurements = map[string]*api.Measurement{"temperature": {Name: "Temperature", Kind: api.MeasurementKind_GAUGE}}
	})
	byHand("device", device, func(m proto.Message) {
		d := m.(*api.Device)
		d.Name, d.Description, d.IsDisabled, d.SkipFcntCheck, d.Variables = "renamed", "behind the door", true, true, map[string]string{"secret": "x"}
		d.Tags["floor"] = "3"
	})
	byHand("keys", device, func(m proto.Message) { m.(*api.DeviceKeys).GenAppKey = strings.Repeat("7", 32) })
	read := func() (all []proto.Message) {
		for kind, id := range map[string]string{"gateway": gateway, "profile": profile, "device": device, "keys": device, "group": s.Devices[12].Multicast.Name} {
			server.Poke(kind, id, func(m proto.Message) { all = append(all, proto.Clone(m)) })
		}
		return all
	}
	same := func(before, after []proto.Message) {
		t.Helper()
		for _, want := range before {
			found := false
			for _, got := range after {
				found = found || proto.Equal(want, got)
			}
			if !found {
				t.Errorf("%v is no longer what it was: %v", want, after)
			}
		}
	}
	group := s.Devices[12].Multicast
	byHand("group", group.Name, func(m proto.Message) { m.(*api.MulticastGroup).FCnt = 41 })
	if got := server.Members(group.Name); len(got) != 4 || !got[s.Devices[13].DevEUI.String()] || !got[s.Gateways[1].ID.String()] {
		t.Errorf("the group has %v", got)
	}
	before, writes := read(), server.Writes()
	for range 2 {
		if got, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, s); err != nil || got.Created+got.Updated > 0 || server.Writes() != writes {
			t.Errorf("%+v %v, %d writes", got, err, server.Writes()-writes)
		}
		same(before, read())
	}

	// Now what the fleet needs is wrong too.
	byHand("profile", profile, func(m proto.Message) {
		m.(*api.DeviceProfile).Region, m.(*api.DeviceProfile).PayloadCodecRuntime = common.Region_AS923, api.CodecRuntime_NONE
	})
	byHand("device", device, func(m proto.Message) {
		delete(m.(*api.Device).Tags, ownerTag)
		m.(*api.Device).JoinEui = strings.Repeat("1", 16)
	})
	byHand("keys", device, func(m proto.Message) { m.(*api.DeviceKeys).NwkKey = strings.Repeat("0", 32) })
	byHand("group", group.Name, func(m proto.Message) { m.(*api.MulticastGroup).Frequency = 1 })
	if got, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, s); err != nil || got.Created > 0 || got.Updated != 4 {
		t.Errorf("%+v %v", got, err)
	}
	same(before, read())
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	const admin, tenant = chirpstacktest.AdminKey, chirpstacktest.TenantID
	for _, c := range []struct {
		name, key, tenant string
		before            func(*chirpstacktest.Server, *sim.Setup)
		want              string
	}{
		{"a token that is none", "nonsense", "", nil, "does not know the API key"},
		{"a deleted key", chirpstacktest.DeletedKey, tenant, nil, "was deleted"},
		{"another tenant's key", chirpstacktest.OtherKey, tenant, nil, "another tenant's"},
		{"a key to read with", chirpstacktest.ReadOnlyKey, tenant, nil, "read-only"},
		{"a tenant's key and no tenant", chirpstacktest.TenantKey, "", nil, "--tenant-id"},
		{"a tenant that is not there", admin, "11111111-2222-4333-8444-555555555555", nil, "does not exist"},
		{"no UUID", admin, "ours", nil, "tenant ours"},
		{"a tenant without gateways", admin, tenant, func(s *chirpstacktest.Server, _ *sim.Setup) { s.Limit(tenant, false, 0) }, "allow the tenant to have gateways"},
		{"a tenant that is full", admin, tenant, func(s *chirpstacktest.Server, _ *sim.Setup) { s.Limit(tenant, true, 5) }, "Max number of devices"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := chirpstacktest.New()
			addr, s := start(t, server), setup(1, "eu868")
			if c.before != nil {
				c.before(server, s)
			}
			if _, err := run(t, addr, c.key, c.tenant, s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := run(t, "127.0.0.1:1", admin, "", setup(1, "eu868")); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("nobody there: %v", err)
	}
}

// The ids are another tenant's already: an admin's key sees it, a tenant's learns it
// when it tries. Another application of the same tenant is not touched either.
func TestWhatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	server := chirpstacktest.New()
	addr, s := start(t, server), setup(1, "eu868")
	if _, err := run(t, addr, chirpstacktest.OtherKey, chirpstacktest.OtherTenantID, s); err != nil {
		t.Fatal(err)
	}
	writes := server.Writes()
	for _, key := range []string{chirpstacktest.AdminKey, chirpstacktest.TenantKey} {
		if _, err := run(t, addr, key, chirpstacktest.TenantID, s); err == nil || !strings.Contains(err.Error(), "another tenant") || server.Writes() != writes {
			t.Errorf("%s: %v", key, err)
		}
	}
	noGateways := *s
	noGateways.Gateways = nil
	if _, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, &noGateways); err == nil || !strings.Contains(err.Error(), s.Devices[0].DevEUI.String()+": it belongs to another tenant") {
		t.Errorf("a device: %v", err)
	}
	noGateways.Server.Application = "elsewhere"
	if _, err := run(t, addr, chirpstacktest.OtherKey, chirpstacktest.OtherTenantID, &noGateways); err == nil || !strings.Contains(err.Error(), "another application") {
		t.Errorf("another application: %v", err)
	}
}

// A global profile of the same name is nobody's to change: the tenant gets its own.
func TestAGlobalProfileIsNotTaken(t *testing.T) {
	server := chirpstacktest.New()
	server.AddGlobalProfile("hardware-sim eu868 1.0.3 otaa lpp")
	addr, s := start(t, server), setup(1, "eu868")
	first, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, s)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, addr, s, first.ApplicationID)
	if again, err := run(t, addr, chirpstacktest.TenantKey, chirpstacktest.TenantID, s); err != nil || again.Created+again.Updated > 0 {
		t.Errorf("%+v %v", again, err)
	}
}
