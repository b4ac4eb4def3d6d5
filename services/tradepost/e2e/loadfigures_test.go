package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const (
	// permitted is how many calls Intuit documents for a company in a minute.
	permitted = 500
	// judgedFrom and judgedTo are the minutes of the load that are judged: at its
	// beginning everything is read, at its end there is nothing left to post.
	judgedFrom, judgedTo = time.Minute, 5 * time.Minute
	// stretch is the time over which the companies' shares are compared.
	stretch = 10 * time.Second
)

// figures are what QuickBooks saw of a load. Times are since the first document was
// written.
type figures struct {
	invoices int
	realms   []string
	calls    map[string][]time.Duration
	gates    map[string]quickbooks.Count
	// lasted is until the last document of the company that was ready first.
	lasted time.Duration
}

func (l *load) figures() figures {
	f := figures{invoices: l.invoices, realms: l.stand.API.Realms(), calls: map[string][]time.Duration{}, gates: map[string]quickbooks.Count{}}
	writes := func(r quickbooks.Request) bool { return r.Method == http.MethodPost }
	all := l.stand.API.Requests(quickbooks.RequestFilter{Prefix: "/v3/company/"})
	first := all[slices.IndexFunc(all, writes)].Time
	last := map[string]time.Duration{}
	for _, r := range all {
		realm, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/v3/company/"), "/")
		at := r.Time.Sub(first)
		f.calls[realm] = append(f.calls[realm], at)
		if writes(r) {
			last[realm] = at
		}
	}
	for i, realm := range f.realms {
		f.gates[realm] = l.stand.API.Counts(realm)
		if i == 0 || last[realm] < f.lasted {
			f.lasted = last[realm]
		}
	}
	return f
}

// between counts the calls of a company in a stretch of time.
func (f figures) between(realm string, from, to time.Duration) (n int) {
	for _, at := range f.calls[realm] {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// used is the part of the permitted rate that a company used in the minute from a time on.
func (f figures) used(realm string, from time.Duration) float64 {
	return float64(f.between(realm, from, from+time.Minute)) / permitted
}

// judged lists the beginnings of all steps that were under load, within what is judged.
func (f figures) judged(step time.Duration) (from []time.Duration) {
	for at := judgedFrom; at+step <= min(f.lasted, judgedTo); at += step {
		from = append(from, at)
	}
	return from
}

// wait is how much longer than its fair share a company waited for its calls, at the
// worst: 1 is the share itself, 2 is twice as long.
func (f figures) wait(realm string) (worst float64) {
	for _, at := range f.judged(stretch) {
		total := 0
		for _, each := range f.realms {
			total += f.between(each, at, at+stretch)
		}
		fair := float64(total) / float64(len(f.realms))
		worst = max(worst, fair/max(0.1, float64(f.between(realm, at, at+stretch))))
	}
	return worst
}

// metered is how many metered reads there were for each posting.
func (f figures) metered(realm string) float64 {
	return float64(f.gates[realm].Metered) / float64(f.invoices)
}

// String is a line for each company.
func (f figures) String() string {
	var b strings.Builder
	for _, realm := range f.realms {
		g := f.gates[realm]
		fmt.Fprintf(&b, "company %s: %d calls, %d at once at the most, %d refused %v, %.2f metered reads for each posting; of the permitted rate by the minute:",
			realm, g.Total, g.MostConcurrent, g.Throttled, g.Reasons, f.metered(realm))
		for at := time.Duration(0); at < f.lasted; at += time.Minute {
			fmt.Fprintf(&b, " %.0f %%", 100*f.used(realm, at))
		}
		fmt.Fprintf(&b, "; waited %.2f times its fair share at the worst\n", f.wait(realm))
	}
	return b.String()
}

func (f figures) requireBounds(t *testing.T) {
	t.Helper()
	for _, realm := range f.realms {
		require.Zero(t, f.gates[realm].Throttled, "company %s: refused, by limit: %v", realm, f.gates[realm].Reasons)
		for _, at := range f.judged(time.Minute) {
			require.GreaterOrEqual(t, f.used(realm, at), 0.9, "company %s: part of the permitted rate in the minute from %s on", realm, at)
		}
		if len(f.judged(time.Minute)) > 0 {
			require.LessOrEqual(t, f.metered(realm), 0.3, "company %s: metered reads for each posting", realm)
			require.LessOrEqual(t, f.wait(realm), 2.0, "company %s: wait, in fair shares", realm)
		}
	}
}

// busy is what this machine has spent, in ticks of its processors.
type busy struct{ used, idle float64 }

// readBusy is zero where the machine does not tell.
func readBusy() (b busy) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return b
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, field := range strings.Fields(line)[1:] {
		var n float64
		if _, err := fmt.Sscan(field, &n); err != nil || i > 7 {
			break
		}
		if i == 3 || i == 4 {
			b.idle += n
		} else {
			b.used += n
		}
	}
	return b
}

func (b busy) since(before busy) busy { return busy{b.used - before.used, b.idle - before.idle} }

// String tells how busy the machine was, with everything else that ran on it.
func (b busy) String() string {
	if b.used+b.idle == 0 {
		return ""
	}
	return fmt.Sprintf("the machine was busy to %.0f %%", 100*b.used/(b.used+b.idle))
}
