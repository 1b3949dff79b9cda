package bridge_test

import (
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/faulttest"
)

var put = faulttest.Put

// seeds are the first edition's faults, as far as a line or two of today's code bring them
// back. The long form plants each and sees its test fail.
var seeds = []faulttest.Seed{
	put("L1", "an object that is none loses the uplink", "lorawan/chirpstack/v3.go", "r.Describe(func(r *scan.Reader) { u.Object = r.RawObject() })", "u.Object = r.RawObject()",
		"lorawan/chirpstack", "TestAnObjectThatIsNoneDoesNotLoseTheUplink"),
	put("L1", "odd tags lose the uplink", "lorawan/chirpstack/v3.go", "r.Describe(func(r *scan.Reader) { readTags(r, u) })", "readTags(r, u)",
		"lorawan/chirpstack", "TestNoMemberThatOnlyDescribesLosesAnUplink"),
	put("L1", "an odd time loses the uplink", "lorawan/thethings/thethings.go", "r.Describe(func(r *scan.Reader) { forwarded = r.Time() })", "forwarded = r.Time()",
		"lorawan/thethings", "TestNoMemberThatOnlyDescribesLosesAnUplink"),
	put("L1", "an odd reception loses the uplink", "lorawan/thingpark/thingpark.go", "\t\tr.Describe(read)\n", "\t\tread(r)\n",
		"lorawan/thingpark", "TestNoMemberThatOnlyDescribesLosesAnUplink"),

	put("L2", "what stands in a wrapper too stands twice", "lorawan/thethings/thethings.go", "r.Once(&seen, inCorrelation)", "r.Once(&d.seen, inCorrelation)",
		"lorawan/thethings", "TestAConsoleCopyIsRead"),
	put("L2", "one wrapper is opened", "lorawan/thethings/thethings.go", "const wrappersMax = 2", "const wrappersMax = 1",
		"lorawan/thethings", "TestWrappersAreOpened"),

	put("L3", "a gateway has no priority", "hardware-sim/provision/fleet.go", "DownlinkPriority: 10,", "DownlinkPriority: 0,",
		"hardware-sim/provision", "TestAFleetIsProvisionedOnceWithEitherKeyOnEitherAPI"),
	put("L3", "an update resets fields it does not know", "hardware-sim/provision/provision.go", "want := proto.CloneOf(have)\n", "want := proto.CloneOf(have)\n\twant.ProtoReflect().SetUnknown(nil)\n",
		"hardware-sim/provision", "TestWhatAnOperatorSetByHandStays"),
	put("L3", "a profile is written whole", "hardware-sim/provision/fleet.go", "func(p *api.DeviceProfile) { needs(p, want) }", "func(p *api.DeviceProfile) { needs(p, want); p.UplinkInterval, p.Description = want.GetUplinkInterval(), want.GetDescription() }",
		"hardware-sim/provision", "TestWhatAnOperatorSetByHandStays"),

	put("L4", "sessions of a real server are not known", "hardware-sim/output/output.go", "func (s *semtech) Activated(d *sim.Device) { s.oracle.Activated(d) }", "func (s *semtech) Activated(*sim.Device) {}",
		"hardware-sim", "TestFleetsOfTwoRegionsOnAServerWithChirpStacksRulesLoseNothing"),

	put("L4", "of two runs any will do", "hardware-sim/verify/verify.go", "case len(exact) > 0:\n", "case false:\n",
		"hardware-sim/verify", "TestEachDeliveryIsJudgedByTheRunItIsOf"),
	put("L4", "a real server's clock is taken for the world's", "hardware-sim/verify/verify.go", "if len(r.sent) > 0 {", "if false {",
		"hardware-sim/verify", "TestEachDeliveryIsJudgedByTheRunItIsOf"),
	put("L4", "what an earlier run sold is owed again", "hardware-sim/verify/truth.go", "\t\tm.fate = t.count(&m)\n", "",
		"hardware-sim/verify", "TestALaterRunOwesWhatItsCountersHadNotUsed"),
	put("L4", "failures are not summed up", "hardware-sim/verify/verify.go", "func(k *Kind) bool { return k.What == what }", "func(k *Kind) bool { return false }",
		"hardware-sim/verify", "TestKindsOfFailuresAreSummedUp"),

	put("L5", "one device is read after another", "bridge/source/gaps.go", "for f.reading < f.parallel && len(f.queue) > 0 {", "for f.reading < 1 && len(f.queue) > 0 {",
		"bridge/source", "TestBackfillWinsTheRace"),
	put("L5", "devices are read in any order", "bridge/source/gaps.go", "return q[i].loses.Before(q[j].loses)", "return q[i].dev.String() > q[j].dev.String()",
		"bridge/source", "TestWhatIsLostSoonestIsReadFirst"),
	put("L5", "length is bounded, not silence", "internal/chirpstackapi/chirpstackapi.go", "\t\tsilence.Reset(c.quiet)\n", "",
		"internal/chirpstackapi", "TestALongLogIsReadToItsEndHoweverSlowlyItComes"),
	put("L5", "what is lost for ever is kept quiet", "bridge/source/gaps.go", "h.Set(r.Lost > 0, health.Condition", "h.Set(false, health.Condition",
		"bridge/source", "TestWhatIsLostForEverIsToldWithItsCure"),
	put("L5", "other tenants' devices are not read", "bridge/source/gaps.go", "\t\t\tcontinue // another tenant's\n", "\t\t\tbreak\n",
		"bridge/source", "TestDevicesOfSeveralTenantsAreReadOverTLSAndThoseWithoutAKeyAreNamed"),
	put("L5", "there is no ca_file", "bridge/source/gaps.go", "chirpstackapi.New(c.URL, key, roots)", "chirpstackapi.New(c.URL, key, nil)\n\t\t_ = roots",
		"bridge/source", "TestDevicesOfSeveralTenantsAreReadOverTLSAndThoseWithoutAKeyAreNamed"),

	put("L5", "old events of a moved device raise a condition", "bridge/bridge.go", "case !reading.Repaired: // what is brought later tells nothing of now", "case reading != nil:",
		"bridge/source", "TestOldEventsOfAMovedDeviceAreQuiet"),

	put("L6", "whichever comes first is sold", "bridge/intake/copies.go", "if !c.shared[r.Network] {", "if c != nil {",
		"bridge/intake", "TestTheCopyWithValuesWinsWhicheverComesFirst"),
	put("L6", "a copy without values waits for ever", "bridge/intake/copies.go", "if wait := h.until.Sub(now); !h.gone && wait > 0 {", "if wait := time.Hour; !h.gone {",
		"bridge/intake", "TestAnUplinkWithoutARicherCopyIsSoldWhenItsWaitIsOver"),

	put("L7", "any tag proves", "bridge/attest/tags.go", "return a.own(ctx, seen.Source, dev, owner)", "return nil",
		"bridge/attest", "TestAnApplicationsOrProfilesTagProvesNothing"),

	put("L8", "a name is taken for a unit", "lorawan/codec/names.go", "\t\t\tp.senml(m.name, m.value)\n",
		"\t\t\tif q := (quantity{name: m.name, unit: map[string]string{\"distance\": \"m\", \"current\": \"A\", \"voltage\": \"V\", \"battery\": \"%\"}[m.name]}); q.unit != \"\" {\n\t\t\t\tp.number(&q, q.name, m.value)\n\t\t\t}\n\t\t\tp.senml(m.name, m.value)\n",
		"lorawan/codec", "TestUnitsComeFromClosedVocabularies"),
	put("L8", "millimetres are metres", "lorawan/codec/names.go", `"mm": {unit: "m", scale: .001}`, `"mm": {unit: "m"}`,
		"lorawan/codec", "TestUnitsComeFromTheTermsToo"),
	put("L9", "wind is dropped", "lorawan/codec/names.go", "\t\"wind/speed\":                {name: \"wind/speed\", unit: \"m/s\"},\n", "",
		"lorawan/codec", "TestWhatWasNormalizedHasTheUnitsOfItsSchema"),
	put("L9", "a series is dropped", "lorawan/codec/names.go", "series, isSeries := itemsOf(value)\n\tif !isSeries {", "series, isSeries := itemsOf(value)\n\tif isSeries = false; !isSeries {",
		"lorawan/codec", "TestUnitsComeFromClosedVocabularies"),

	put("L10", "a slice of a Buffer is a copy", "lorawan/codec/js/prelude.js", "slice(from, to) { return this.subarray(from, to); }", "slice(from, to) { return Buffer.from(this.subarray(from, to)); }",
		"lorawan/codec/js", "TestBufferIsNodes"),
	put("L10", "a module fails", "lorawan/codec/js/engine.go", `s := exported.ReplaceAllString(module, "$1$3")`, "s := module",
		"lorawan/codec/js", "TestCodecsMayBeModules"),

	put("L11", "a device uses channels it was not given", "hardware-sim/sim/plan.go",
		"if !r.Fixed && !personalised && !start {\n\t\t\tbreak // JoinChans come first\n\t\t}\n\t\tp.channels = append(p.channels, planned{Channel: c, on: start || personalised && !r.Fixed})",
		"p.channels = append(p.channels, planned{Channel: c, on: start || !r.Fixed})",
		"hardware-sim/sim", "TestADeviceUsesTheChannelsOfTheJoinAcceptAlone"),
	put("L11", "a tenant's key is not enough", "hardware-sim/provision/provision.go", "\tif id != \"\" {\n", "\tif id = \"\"; id != \"\" {\n",
		"hardware-sim/provision", "TestAFleetIsProvisionedOnceWithEitherKeyOnEitherAPI"),
	put("L11", "a silent port is kept quiet", "hardware-sim/output/output.go", "case sum.Heard.IsZero():\n", "case false:\n",
		"hardware-sim/output", "TestAServerThatDoesNotAnswerOverUDPIsTold"),

	put("L12", "unheard devices are vouched for", "bridge/attest/tags.go", "if !r.Force && !a.Lately.Sent(r.DevEUI, time.Now()) {", "if false {",
		"bridge/attest", "TestNobodyIsVouchedForUnheardUnlessSaidSo"),
	put("L12", "everybody is vouched for", "bridge/attest/tags.go", "if (r.DevEUI == (lorawan.DevEUI{}) || r.DevEUI == everybody) && !r.Force {", "if r.DevEUI == (lorawan.DevEUI{}) && !r.Force {",
		"bridge/attest", "TestNobodyIsVouchedForUnheardUnlessSaidSo"),
	put("L12", "a second owner replaces the first", "ledger/listed.go", "case known.Owner != d.Owner && known.Owner != (common.Address{}):", "case false:",
		"bridge/attest", "TestTwoAttestationsAtOnceHaveOneSaltAndASecondOwnerIsRefusedWithAWayOut"),
	put("L12", "two at once draw two salts", "ledger/listed.go", "case known.Commitment != d.Commitment:", "case false:",
		"ledger", "TestADeviceHasOneOwnerAndOneSaltWhoeverAsksAtOnce"),

	put("R8", "a lost session is kept quiet", "bridge/source/broker.go", "l.health.Set(!present && l.known,", "l.health.Set(false,",
		"bridge/source", "TestALostSessionIsNamedUntilTheBrokerKeepsOne"),
	put("R8", "a take-over is kept quiet", "bridge/source/broker.go", "if len(l.cut) == cutsMany && now.Sub(l.cut[0]) < cutsIn {", "if false {",
		"bridge/source", "TestATakenClientIDIsNamedAndARestartOfTheBrokerIsNot"),
	put("R8", "QoS 0 is never over", "bridge/intake/rhythm.go", "return r.qos1At.After(r.qos0At) && now.Sub(r.qos0At) > qosOver", "return false",
		"bridge/source", "TestQoS0ThatIsOverIsOver"),
	put("R8", "a topic is shared", "config/source.go", `if strings.HasPrefix(s.Topic, "$share/") || strings.HasPrefix(s.Topic, "$queue/") {`, `if strings.HasPrefix(s.Topic, "$none/") {`,
		"bridge/source", "TestASharedSubscriptionIsRefusedWithTheReason"),
	put("R8", "silence is kept quiet", "bridge/source/silence.go", "s.Health.Set(up && long, health.Condition", "s.Health.Set(up && long && quiet < 0, health.Condition",
		"cmd/dbdao-bridge", "TestASilentSourceIsNamedWithinAMinute"),
	put("R8", "a counter that started over is kept quiet", "bridge/restarts.go", "\t\t\traise()\n", "",
		"bridge", "TestARestartedABPDeviceIsNamedUntilItIsSoldAgain"),

	put("R9", "a misspelt variable is ignored", "config/environment.go", "case known || edits <= 2:", "case known && edits < 0:",
		"config", "TestAVariableOfOurFormThatSetsNothingIsNamed"),
	put("R9", "files of secrets may be open", "internal/manual/files.go", "case is != File && secrets.Open(path, st):", "case is != File && !secrets.Open(path, st):",
		"config", "TestFilesOfSecretsAreTheOwnersAlone"),
	put("R9", "a short token is taken", "internal/manual/files.go", "case is == Token && length < TokenMin:", "case false:",
		"config", "TestFilesOfSecretsAreTheOwnersAlone"),
	put("R9", "the ledger stays open", "ledger/ledger.go", "st.Mode().Perm()&0o077 != 0 {\n\t\tif err := os.Chmod(path, 0o600)", "false {\n\t\tif err := os.Chmod(path, 0o600)",
		"ledger", "TestALedgerOpenToOtherAccountsIsClosedToThem"),

	put("R9", "bounds hold nothing", "internal/manual/read.go", "return least != \"\" && most != \"\" && v.Cmp(read(least)) >= 0 && v.Cmp(read(most)) <= 0", "return least != \"\" && most != \"\" && v.Sign() > -2",
		"config", "TestEveryKeyHasALeastAndAMostAndSaysThem"),
	put("R9", "bounds of scenarios hold nothing", "internal/manual/read.go", `return ok && v >= decimal(f.Tag.Get("least")) && v <= decimal(f.Tag.Get("most"))`, "return ok",
		"hardware-sim/scenario", "TestEveryKeyHasALeastAndAMost"),
	put("R9", "a misspelt key of a scenario is ignored", "internal/manual/read.go", `r.Wrong("there is no key %s: did you mean %s?", key, meant)`, "_ = meant",
		"hardware-sim/scenario", "TestEveryMistakeIsNamed"),

	put("R10", "a bridge does not start without a node", "bridge/app/nodes.go", "p.nodes.Pin(place.ChainID, genesis)", "_ = genesis",
		"cmd/dbdao-bridge", "TestABridgeStartsWithoutANode"),
	put("R10", "a hang-up ends it", "cmd/dbdao-bridge/bridge.go", "signal.Notify(hangup, syscall.SIGHUP)", "_ = syscall.SIGHUP",
		"cmd/dbdao-bridge", "TestABridgeStartsWithoutANode"),
	put("R10", "a failed disk has no path", "bridge/app/app.go", "ErrLedgerFailed, cfg.Path(ledgerFile), err)", "ErrLedgerFailed, ledgerFile, err)",
		"bridge/app", "TestALedgerThatFailsIsNamedWithItsPath"),
	put("R10", "a long event is the bridge's fault", "bridge/source/post.go", "refuse(w, http.StatusRequestEntityTooLarge,", "refuse(w, http.StatusInternalServerError,",
		"bridge/source", "TestPostsThatCannotBeTakenAreRefusedWithASentence"),
	put("R10", "a long body is the bridge's fault", "api/door.go", "if r.ContentLength > max {", "if false {",
		"api", "TestABodyThatIsTooLongIsToldSo"),
}

func faults() *faulttest.Table {
	return &faulttest.Table{Root: "..", Doc: "docs/intake-faults.md", Rows: strings.Fields("L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L12 R8 R9 R10"), Seeds: seeds}
}

// The table of faults names, for every fault, tests that exist; and for every fault there is
// a seed, which one of these finds.
func TestFaultsAreHeldOffByTheTestsTheTableNames(t *testing.T) { faults().Named(t) }

func TestEachFaultThatIsPutBackIsFound(t *testing.T) { faults().Found(t) }
