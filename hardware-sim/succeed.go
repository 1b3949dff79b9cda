package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
)

// succeed looks for runs of a scenario before this one, by their truth logs. With goOn it gives
// them, and has the scenario write the next one; with replace they are removed.
func succeed(s *scenario.Scenario, goOn, replace bool) (former []string, err error) {
	logs, next, err := truthLogs(s.Truth)
	switch {
	case err != nil:
		return nil, err
	case goOn && (s.Truth == "" || s.Truth == "-"):
		return nil, errors.New("--continue reads the truth logs of the runs before: set truth in the scenario to a file")
	case goOn && len(logs) == 0:
		return nil, fmt.Errorf("--continue: there is no run to go on from: %s is not there", s.Truth)
	case goOn:
		s.Truth = next
		return logs, nil
	case replace:
		for _, path := range logs {
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("replace the truth log: %w", err)
			}
		}
	case len(logs) > 0:
		return nil, fmt.Errorf("%s is the truth log of a run of before. A bridge or network server that heard that one takes what begins again, under the same counters, for replays: "+
			"add --continue to go on where it ended (the log goes to %s), or --replace to play it again in its place", s.Truth, next)
	}
	return nil, nil
}

// truthLogs are those of the runs so far, the first one's under the path itself, the later
// ones' beside it, and where the next is to be written.
func truthLogs(path string) (logs []string, next string, err error) {
	if path == "" || path == "-" {
		return nil, path, nil
	}
	end := filepath.Ext(path)
	for next = path; ; next = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, end), len(logs)+1, end) {
		info, err := os.Stat(next)
		if errors.Is(err, os.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || info.Size() == 0) {
			return logs, next, nil
		}
		if err != nil {
			return nil, "", fmt.Errorf("truth log: %w", err)
		}
		logs = append(logs, next)
	}
}
