// Package report shows how a chaos run ended: as a table for people, as JSON, and
// with the whole life of each invoice that something went wrong with.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/drive"
	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// Report is how a run ended.
type Report struct {
	Target   string `json:"target"`
	Seed     int64  `json:"seed"`
	Invoices int    `json:"invoices"`
	Crippled bool   `json:"crippled,omitempty"`
	Patient  bool   `json:"patient,omitempty"`
	// Acted is how long users and faults went on, Quiet how long it took until
	// nothing was under way any more.
	Acted time.Duration `json:"acted"`
	Quiet time.Duration `json:"quiet"`
	// Work counts what was done, Faults what went wrong on purpose.
	Work   map[string]int `json:"work"`
	Faults map[string]int `json:"faults"`
	// Ended counts processes that ended without being killed, by name.
	Ended map[string]int `json:"ended,omitempty"`
	// Counts are the violations by kind, all kinds.
	Counts     map[judge.Kind]int `json:"counts"`
	Violations []judge.Violation  `json:"violations"`
	// Restless says what was still going on when the time was over.
	Restless string         `json:"restless,omitempty"`
	Struck   []drive.Struck `json:"struck"`
}

// Fill counts what is in the facts.
func (r *Report) Fill(f judge.Facts, found []judge.Violation) {
	r.Violations, r.Counts = found, map[judge.Kind]int{}
	for _, k := range judge.Kinds() {
		r.Counts[k] = 0
	}
	for _, v := range found {
		r.Counts[v.Kind]++
	}
	add := func(what string, n int) { r.Work[what] += n }
	for _, inv := range f.Invoices {
		add("ends "+inv.Final.Status, 1)
		for _, s := range inv.Steps {
			add("people: "+s.Kind, 1)
		}
		for _, c := range inv.Calls {
			if c.Applied && c.Kind != world.CallRead {
				add("ServiceTrade: "+c.Kind+" "+c.Status, 1)
			}
		}
		for _, e := range inv.Books {
			add("accounting system: "+e.What, 1)
			if e.Trouble != "" {
				r.Faults["accounting system: "+e.Trouble]++
			}
			if e.What == target.Created && e.Late > 2*time.Second {
				add("accounting system: writes that took more than 2 s to arrive", 1)
			}
		}
	}
}

// Failed tells whether anything went wrong.
func (r *Report) Failed() bool { return len(r.Violations) > 0 || r.Restless != "" }

// Table shows the report to a person.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nfaults\t\n")
	all := 0
	for _, k := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(t, "  %s\t%d\n", k, r.Faults[k])
		all += r.Faults[k]
	}
	fmt.Fprintf(t, "  together\t%d\n\nwork\t\n", all)
	for _, k := range slices.Sorted(maps.Keys(r.Work)) {
		fmt.Fprintf(t, "  %s\t%d\n", k, r.Work[k])
	}
	for _, k := range slices.Sorted(maps.Keys(r.Ended)) {
		fmt.Fprintf(t, "  %s ended by itself\t%d\n", k, r.Ended[k])
	}
	whole := r.Acted + r.Quiet
	fmt.Fprintf(t, "\ntime\t\n  users and faults\t%s\n  until quiet\t%s\n  invoices a second, over all\t%.1f\n  faults a minute, while they went on\t%.1f\n",
		r.Acted.Round(time.Second), r.Quiet.Round(time.Second), float64(r.Invoices)/whole.Seconds(), float64(all)/r.Acted.Minutes())
	fmt.Fprintf(t, "\ncounts of %d invoices, target %s, seed %d\t\n", r.Invoices, r.Target, r.Seed)
	for _, k := range judge.Kinds() {
		fmt.Fprintf(t, "  %s\t%d\n", k, r.Counts[k])
	}
	if r.Restless != "" {
		fmt.Fprintf(t, "\n%s\n", r.Restless)
	}
	return t.Flush()
}

// WriteJSON writes the report to a file.
func (r *Report) WriteJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
