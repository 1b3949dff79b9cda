package metrics

import (
	"math"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// read has Prometheus' own parser read what a registry serves.
func read(t *testing.T, r *Registry) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if format := expfmt.ResponseFormat(w.Header()); format.FormatType() != expfmt.TypeTextPlain {
		t.Errorf("%s is no format of Prometheus", w.Header().Get("Content-Type"))
	}
	p := expfmt.NewTextParser(model.UTF8Validation)
	all, err := p.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPrometheusReadsWhatWasCounted(t *testing.T) {
	r := &Registry{}
	one := r.Counter("one_total", `Back\slash and`+"\nline.")
	many := r.CounterVec("many_total", "Many.", "source", "fate")
	spans := r.HistogramVec("spans_seconds", "Spans.", []float64{.1, 1}, "kind")
	lone := r.Histogram("lone_seconds", "Lone.", []float64{2})
	r.GaugeFunc("asked", "Asked.", func(s Series) { s(-1.5, "a"); s(math.Inf(1), "b") }, "name")
	r.CounterFunc("grown_total", "Grown.", func(s Series) { s(3) })
	r.GaugeFunc("silent", "Silent.", func(Series) {})
	asked := 0
	r.Before(func() { asked++ })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				one.Inc()
				many.With(`"quoted"`, "x\ny\\").Add(2)
				spans.With("http").Observe(.1)
				spans.With("http").Observe(.5)
				spans.With("http").Observe(7)
			}
		})
	}
	wg.Wait()
	one.Add(-5) // no counter falls
	lone.Observe(math.Nextafter(2, 3))
	all := read(t, r)
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if len(all) != 6 || all["silent"] != nil {
		t.Errorf("families: %v", all)
	}
	if f := all["one_total"]; f.GetType() != dto.MetricType_COUNTER || f.GetHelp() != `Back\slash and`+"\nline." || f.Metric[0].Counter.GetValue() != 8000 || one.Value() != 8000 {
		t.Errorf("%v", f)
	}
	m := all["many_total"].Metric[0]
	if m.Counter.GetValue() != 16000 || m.Label[1].GetName() != "source" || m.Label[1].GetValue() != `"quoted"` || m.Label[0].GetName() != "fate" || m.Label[0].GetValue() != "x\ny\\" {
		t.Errorf("%v", m)
	}
	h := all["spans_seconds"].Metric[0].Histogram
	if h.GetSampleCount() != 24000 || math.Abs(h.GetSampleSum()-8000*7.6) > .01 || len(h.Bucket) != 3 ||
		h.Bucket[0].GetCumulativeCount() != 8000 || h.Bucket[1].GetCumulativeCount() != 16000 || h.Bucket[2].GetCumulativeCount() != 24000 || !math.IsInf(h.Bucket[2].GetUpperBound(), 1) {
		t.Errorf("%v", h)
	}
	if h := all["lone_seconds"].Metric[0].Histogram; h.Bucket[0].GetCumulativeCount() != 0 || h.GetSampleCount() != 1 {
		t.Errorf("%v", h)
	}
	if f := all["asked"]; f.GetType() != dto.MetricType_GAUGE || f.Metric[0].Gauge.GetValue() != -1.5 || !math.IsInf(f.Metric[1].Gauge.GetValue(), 1) {
		t.Errorf("%v", f)
	}
}

func TestTheProcessTellsOfItself(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	r := &Registry{}
	r.Process()
	for spent := (syscall.Rusage{}); spent.Utime.Sec == 0 && spent.Utime.Usec < 50_000; { // processor time is counted in hundredths
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &spent); err != nil {
			t.Fatal(err)
		}
	}
	all := read(t, r)
	value := func(name string) float64 {
		f := all[name]
		if f == nil {
			t.Errorf("there is no %s", name)
			return 0
		}
		return f.Metric[0].GetGauge().GetValue() + f.Metric[0].GetCounter().GetValue()
	}
	for name, within := range map[string][2]float64{
		"go_goroutines": {1, 100}, "go_memstats_heap_alloc_bytes": {1e4, 1e9}, "go_memstats_heap_inuse_bytes": {1e4, 1e9}, "go_memstats_sys_bytes": {1e6, 1e10}, "go_memstats_alloc_bytes_total": {1e4, 1e12},
		"process_cpu_seconds_total": {.01, 3600}, "process_resident_memory_bytes": {1e6, 1e10}, "process_virtual_memory_bytes": {1e6, 1e15}, "process_threads": {1, 1000},
		"process_open_fds": {3, 1000}, "process_max_fds": {16, 1e10}, "process_start_time_seconds": {float64(time.Now().Unix() - 3600), float64(time.Now().Unix() + 1)},
	} {
		if v := value(name); v < within[0] || v > within[1] {
			t.Errorf("%s is %v", name, v)
		}
	}
	if f := all["go_info"]; f == nil || !strings.HasPrefix(f.Metric[0].Label[0].GetValue(), "go1.") && !strings.Contains(f.Metric[0].Label[0].GetValue(), "devel") {
		t.Errorf("%v", f)
	}
}

func TestABugIsLoud(t *testing.T) {
	for name, do := range map[string]func(){
		"a name twice": func() { r := &Registry{}; r.Counter("a", ""); r.Counter("a", "") },
		"a value less": func() { (&Registry{}).CounterVec("a", "", "x", "y").With("1") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s passes", name)
				}
			}()
			do()
		}()
	}
}
