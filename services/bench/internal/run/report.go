package run

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// Percentiles of the time from when a side could know of an invoice until it was
// settled, in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Result is what was measured on one side. All but the first two and the
// percentiles is per invoice of the burst.
type Result struct {
	Invoices  int     `json:"invoices"`
	PerSecond float64 `json:"invoicesPerSecond"`
	// Busy is during the burst, Quiet in the waves after it.
	Busy  Percentiles `json:"settleMsBurst"`
	Quiet Percentiles `json:"settleMsQuiet"`
	// Allocations, Bytes and CPU (milliseconds) are those of the stages' process.
	Allocations float64 `json:"allocations"`
	Bytes       float64 `json:"allocatedBytes"`
	CPU         float64 `json:"cpuMs"`
	// RecordWrites go to the bucket of the records, Messages to all other
	// streams but that of the poll ticks.
	RecordWrites float64 `json:"recordWrites"`
	Messages     float64 `json:"messages"`
}

// Report compares the two sides of one run.
type Report struct {
	Go       string `json:"go"`
	CPUs     int    `json:"cpus"`
	Sync     string `json:"sync"`
	Pipeline Result `json:"pipeline"`
	Bare     Result `json:"bare"`
	// Ratios is pipeline divided by bare, by the names of the lines in the table.
	Ratios map[string]float64 `json:"ratios"`
}

// line is one line of the table.
type line struct {
	name, format string
	of           func(Result) float64
}

var lines = []line{
	{"invoices/s, burst", "%.0f", func(r Result) float64 { return r.PerSecond }},
	{"settle p50 ms, burst", "%.1f", func(r Result) float64 { return r.Busy.P50 }},
	{"settle p95 ms, burst", "%.1f", func(r Result) float64 { return r.Busy.P95 }},
	{"settle p99 ms, burst", "%.1f", func(r Result) float64 { return r.Busy.P99 }},
	{"settle p50 ms, quiet", "%.1f", func(r Result) float64 { return r.Quiet.P50 }},
	{"settle p95 ms, quiet", "%.1f", func(r Result) float64 { return r.Quiet.P95 }},
	{"settle p99 ms, quiet", "%.1f", func(r Result) float64 { return r.Quiet.P99 }},
	{"CPU ms per invoice", "%.2f", func(r Result) float64 { return r.CPU }},
	{"allocations per invoice", "%.0f", func(r Result) float64 { return r.Allocations }},
	{"allocated KiB per invoice", "%.1f", func(r Result) float64 { return r.Bytes / 1024 }},
	{"record writes per invoice", "%.2f", func(r Result) float64 { return r.RecordWrites }},
	{"messages per invoice", "%.2f", func(r Result) float64 { return r.Messages }},
}

func (r *Report) compare() {
	r.Ratios = map[string]float64{}
	for _, l := range lines {
		if bare := l.of(r.Bare); bare > 0 {
			r.Ratios[l.name] = math.Round(l.of(r.Pipeline)/bare*100) / 100
		}
	}
}

// Table writes the report for people.
func (r *Report) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tpipeline\tbare chain\tratio\t")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t"+l.format+"\t"+l.format+"\t%.2f\t\n", l.name, l.of(r.Pipeline), l.of(r.Bare), r.Ratios[l.name])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d invoices in the burst, %s, %d CPUs, every write synced. Quote the ratios: the times are this machine's.\n",
		r.Pipeline.Invoices, r.Go, r.CPUs)
	return err
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func percentiles(all []time.Duration) Percentiles {
	slices.Sort(all)
	at := func(q float64) float64 {
		if len(all) == 0 {
			return 0
		}
		i := max(int(math.Ceil(q*float64(len(all))))-1, 0)
		return float64(all[i]) / float64(time.Millisecond)
	}
	return Percentiles{at(0.50), at(0.95), at(0.99)}
}
