package lookout

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Board shows the import files that wait for people, of all connections: as metrics, and
// as a notice.
type Board struct {
	waiting, overdue, missing *prometheus.GaugeVec

	mu    sync.Mutex
	files map[string][]connector.HandedFile
}

// NewBoard registers the metrics.
func NewBoard(r prometheus.Registerer) *Board {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"connection"}))
	}
	return &Board{
		waiting: gauge("tradepost_import_files_waiting", "Import files of which nobody has confirmed yet that they were imported."),
		overdue: gauge("tradepost_import_files_overdue", "Those of them that wait for longer than remind_after."),
		missing: gauge("tradepost_import_files_missing", "Those of them that lie nowhere in the folder any more."),
		files:   map[string][]connector.HandedFile{},
	}
}

func (b *Board) set(connection string, waiting []connector.HandedFile) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files[connection] = waiting
	overdue, missing := 0, 0
	for _, f := range waiting {
		if f.Overdue {
			overdue++
		}
		if f.Missing {
			missing++
		}
	}
	b.waiting.WithLabelValues(connection).Set(float64(len(waiting)))
	b.overdue.WithLabelValues(connection).Set(float64(overdue))
	b.missing.WithLabelValues(connection).Set(float64(missing))
}

func (b *Board) forget(connection string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.files, connection)
	for _, g := range []*prometheus.GaugeVec{b.waiting, b.overdue, b.missing} {
		g.DeleteLabelValues(connection)
	}
}

// shown is how many files of a connection a notice names.
const shown = 3

// Notice names the files that wait for too long, or are nowhere; nil where there are none.
func (b *Board) Notice() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var told []string
	for _, connection := range slices.Sorted(maps.Keys(b.files)) {
		var late []string
		for _, f := range b.files[connection] {
			switch {
			case f.Missing:
				late = append(late, f.Name+" is not in the folder any more")
			case f.Overdue:
				late = append(late, f.Name+" waits since "+f.Made.UTC().Format(time.DateOnly))
			}
		}
		if len(late) == 0 {
			continue
		}
		if more := len(late) - shown; more > 0 {
			late = append(late[:shown], fmt.Sprintf("and %d more", more))
		}
		told = append(told, fmt.Sprintf("import files of connection %s that nobody has confirmed: %s; `tradepost confirm %s` lists them", connection, strings.Join(late, ", "), connection))
	}
	if len(told) == 0 {
		return nil
	}
	return runtime.Notice(strings.Join(told, "; "))
}
