package intake

// Fate says what became of an uplink: the label of the counter dbdao_uplinks_total and, for
// those that are not readings, of the log.
type Fate string

// The fates of an uplink; FateMeanings explains them.
const (
	FatePosted         Fate = "posted"
	FateUnbought       Fate = "unbought"
	FateOverRate       Fate = "over_rate"
	FateRepeat         Fate = "repeat"
	FateLate           Fate = "late"
	FateReset          Fate = "reset"
	FateEmpty          Fate = "empty"
	FateSimulated      Fate = "simulated"
	FateRetained       Fate = "retained"
	FateOtherEvent     Fate = "other_event"
	FateMoved          Fate = "moved"
	FateForeign        Fate = "foreign"
	FateTooOld         Fate = "too_old"
	FateUndated        Fate = "undated"
	FateOtherTopic     Fate = "other_topic"
	FateMalformed      Fate = "malformed"
	FateMismatch       Fate = "mismatch"
	FateUncommitted    Fate = "uncommitted"
	FateCodecFailed    Fate = "codec_failed"
	FateNothingSold    Fate = "nothing_sold"
	FateWithheld       Fate = "withheld"
	FateUntaken        Fate = "untaken"
	FateElsewhere      Fate = "elsewhere"
	FateUnknownSession Fate = "unknown_session"
	FateDuplicateCopy  Fate = "duplicate_copy"
	FateBadMIC         Fate = "bad_mic"
	FateBadCRC         Fate = "bad_crc"
	FateReservedBits   Fate = "reserved_bits"
	FateJoin           Fate = "join"
	FateReplayed       Fate = "replayed"
	FateProprietary    Fate = "proprietary"
)

// FateMeanings explains every fate: docs/metrics.md and `status` are made from it.
var FateMeanings = []struct {
	Fate  Fate
	Means string
}{
	{FatePosted, "at least one parcel"},
	{FateUnbought, "nobody has bought this device's readings now"},
	{FateOverRate, "faster than the interval bought, or the quota is used up"},
	{FateRepeat, "this f_cnt was taken in before"},
	{FateLate, "too far below the newest f_cnt to tell from a repeat"},
	{FateReset, "the counter fell back within a session"},
	{FateEmpty, "MAC commands only"},
	{FateSimulated, "the server says no radio was involved"},
	{FateRetained, "an old publication the broker kept"},
	{FateMoved, "from another application than the device was first sold from: see device_moved"},
	{FateForeign, "from an application that the source's applications do not list"},
	{FateTooOld, "brought by back-fill, and older than backfill.max_age"},
	{FateUndated, "brought by back-fill, and nobody tells when it was received"},
	{FateOtherEvent, "join, status, log …"},
	{FateOtherTopic, "the topic is not of the source's template"},
	{FateMalformed, "not an event of the network server"},
	{FateMismatch, "topic and body name different devices"},
	{FateUncommitted, "the ledger has no room, or failed: unacknowledged, the broker sends it again"},
	{FateCodecFailed, "the listing's codec gave no values, and the listing sells no bytes"},
	{FateNothingSold, "it holds nothing of what the listing sells"},
	{FateWithheld, "the terms it was bought under are missing or unreadable: see terms_missing"},
	{FateUntaken, "its buyers let too much wait that they do not take: see readings_untaken"},
	{FateElsewhere, "brought by back-fill from before this ledger was behind the chain: another may have sold it"},
	{FateUnknownSession, "a frame of no registered device: nearly every one on the air"},
	{FateDuplicateCopy, "another gateway, or another source of the network, heard the same frame"},
	{FateBadMIC, "the integrity code fits no registered key: forged, or another device of this address"},
	{FateBadCRC, "the radio received it damaged"},
	{FateReservedBits, "reserved bits of the frame are set"},
	{FateJoin, "a join of a registered device"},
	{FateReplayed, "a join-request that was answered before"},
	{FateProprietary, "not LoRaWAN"},
}

// Fates lists them all.
var Fates = func() (all []Fate) {
	for _, f := range FateMeanings {
		all = append(all, f.Fate)
	}
	return all
}()
