package setup

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
)

// RehearsalTime is how long a rehearsal is listened to.
const RehearsalTime = 20 * time.Second

// Rehearsal is a scenario of hardware-sim: three sensors that publish to a source's broker.
func Rehearsal(s config.Source) string {
	return fmt.Sprintf(`# Three made-up sensors: every key is explained by hardware-sim configfile.
duration = "20s"
truth = ""

[[gateways]]
count = 1

[[devices]]
name = "rehearsal"
count = 3
interval = "5s"
duty_cycle = false

[[outputs]]
kind = "mqtt"
url = %q
username = %q
password_file = %q
qos = 1
`, s.URL, s.Username, s.PasswordFile)
}

// Rehearse plays a scenario with the simulator while listen listens, and ends both with the later. Its
// error is the simulator's.
func Rehearse(ctx context.Context, simulator, scenario string, listen func(context.Context)) error {
	var wg sync.WaitGroup
	ctx, stop := context.WithTimeout(ctx, 3*RehearsalTime)
	defer stop()
	wg.Go(func() { listen(ctx) })
	out, err := exec.CommandContext(ctx, simulator, "run", "-c", scenario).CombinedOutput()
	wg.Wait()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out)) // it begins with its name
	}
	return nil
}
