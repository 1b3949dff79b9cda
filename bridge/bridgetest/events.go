package bridgetest

import (
	"fmt"
	"strings"
	"time"
)

// V4Event is an uplink of ChirpStack v4; id is its deduplicationId.
func V4Event(id, app, addr string, fCnt int, data string) string {
	return fmt.Sprintf(`{"deduplicationId":%q,"deviceInfo":{"applicationId":%q,"devEui":"70b3d57ed8005343"},"devAddr":%q,"fCnt":%d,"fPort":2,"data":%q}`, id, app, addr, fCnt, data)
}

// V3Event is one of ChirpStack v3, marshaler json_v3: it names no session.
func V3Event(fCnt int, data string) string {
	return fmt.Sprintf(`{"applicationID":"7","devEUI":"70b3d57ed8005343","rxInfo":[],"txInfo":{"frequency":868100000,"dr":5},"fCnt":%d,"fPort":2,"data":%q,"object":{}}`, fCnt, data)
}

// V3Join is a join of the same server.
func V3Join(addr string) string {
	return fmt.Sprintf(`{"applicationID":"7","devEUI":"70b3d57ed8005343","devAddr":%q,"rxInfo":[],"txInfo":{"frequency":868100000,"dr":5}}`, addr)
}

// At is V4Event with the server's time of reception.
func At(fCnt int, received time.Time) string {
	return strings.Replace(V4Event("a", "x", "01020304", fCnt, "qg=="), "{", fmt.Sprintf(`{"time":%q,`, received.UTC().Format(time.RFC3339Nano)), 1)
}
