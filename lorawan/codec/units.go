package codec

// KnownUnit tells whether a unit of UCUM has one in SenML, so that a value in it can be sold
// as a measurement.
func KnownUnit(unit string) bool {
	_, known := ucum[unit]
	return known
}
