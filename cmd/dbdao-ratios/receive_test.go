package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
)

// What each program delivers, in its own form, is counted once a reading, whatever shares
// a request with it; what nobody sent is noticed.
func TestAReceiverCountsEachReadingOnceInEveryForm(t *testing.T) {
	eui, commitment := "70b3d57edb010001", "0x"+strings.Repeat("ab", 32)
	for _, c := range []struct {
		name string
		form form
		one  func(counter int) string
	}{
		{"parcel", parcels, func(n int) string {
			return fmt.Sprintf(`{"id":"msg_X","seq":0,"prev":"0x00","dev":"%s","f_cnt":%d,"f_port":2}`, commitment, n)
		}},
		{"metric", metrics, func(n int) string {
			return fmt.Sprintf(`{"fields":{"data":"AA==","fCnt":%d,"fPort":2},"name":"reading","tags":{"dev_eui":"%s"},"timestamp":1}`, n, eui)
		}},
		{"event", events, func(n int) string {
			return fmt.Sprintf(`{"deviceInfo":{"devEui":"%s"},"fCnt":%d,"fPort":2}`, eui, n)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stage{number: map[string]int{eui: 1, commitment: 1}}
			r := s.receiver(c.form, 2, 6) // two devices, three uplinks each
			r.take([]byte("[" + c.one(load.First) + "," + c.one(load.First+2) + "]"))
			r.take([]byte(c.one(load.First + 2)))
			if r.total.Load() != 2 || r.repeats.Load() != 1 || !r.got[1] || !r.got[5] || r.alien != 0 {
				t.Errorf("%d readings, %d repeats, %d of nobody, %v", r.total.Load(), r.repeats.Load(), r.alien, r.got)
			}
			r.take([]byte(c.one(load.First + 3)))
			if r.alien != 1 {
				t.Errorf("a counter beyond what was sent was taken")
			}
		})
	}
}

func TestAMedianIsTheMiddleOne(t *testing.T) {
	of := func(cpu ...float64) (all []result) {
		for _, c := range cpu {
			all = append(all, result{cpu: c, in: 100_000})
		}
		return all
	}
	if m := median(of(9, 1, 4), result.per); m != 4 {
		t.Errorf("of three: %v", m)
	}
	if m := median(of(9, 1, 4, 2), result.per); m != 3 {
		t.Errorf("of four: %v", m)
	}
}
