package ledger

// SealForTest makes a value as the ledger would store it.
func SealForTest(bucket, key string, body []byte) []byte {
	return bind([]byte(bucket), []byte(key), seal(body))
}
