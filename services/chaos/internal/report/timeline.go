package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/drive"
	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// moment is one line of a life.
type moment struct {
	at   time.Time
	text string
}

// Life is all that is known of one invoice, in the order of time: what users did,
// what the product did to ServiceTrade and in the books, what went wrong meanwhile,
// and what the processes logged about it.
func Life(inv *judge.Invoice, struck []drive.Struck, logs string) string {
	var all []moment
	add := func(at time.Time, format string, args ...any) {
		all = append(all, moment{at, fmt.Sprintf(format, args...)})
	}
	for _, s := range inv.Steps {
		add(s.Began, "%-13s %s %s (total %s, %s)", who(s.Kind), s.Kind, s.Status, s.Total, s.Verdict)
	}
	for _, c := range inv.Calls {
		add(c.Began, "ServiceTrade  %s %s by %s until %s, applied: %t %s %s",
			c.Kind, c.Status, c.Process, c.Ended.Format("05.000"), c.Applied, c.Trouble, lastLine(c.Content))
	}
	for _, e := range inv.Books {
		add(e.At, "books         %s document %s over %s, %s on its way %s", e.What, e.ID, e.Total, e.Late.Round(time.Millisecond), e.Trouble)
	}
	if len(all) == 0 {
		return "nothing ever happened to it\n"
	}
	first := slices.MinFunc(all, func(a, b moment) int { return a.at.Compare(b.at) }).at
	for _, s := range struck {
		if s.Ended.After(first) {
			add(s.At, "fault         %s %s until %s", s.Kind, s.Who, s.Ended.Add(s.Lasts).Format("15:04:05.000"))
		}
	}
	all = append(all, logged(inv.ID, logs)...)
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at)) })
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%s  %s\n", m.at.Format("15:04:05.000"), m.text)
	}
	fmt.Fprintf(&b, "at the end: %s over %s; in the books: %v %s\n", inv.Final.Status, inv.Final.Total, inv.Live, inv.Waits)
	return b.String()
}

// who does a step of a kind.
func who(kind string) string {
	switch kind {
	case judge.StepRetry:
		return "operator"
	case judge.StepAdmit:
		return "bookkeeper"
	default:
		return "user"
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// logged collects the lines about an invoice from the logs of the processes.
func logged(id int64, dir string) []moment {
	var all []moment
	paths, _ := filepath.Glob(filepath.Join(dir, "*.log")) // The pattern is right.
	want := []byte(strconv.FormatInt(id, 10))
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".log")
		if _, isStage := stages[strings.TrimRight(name, "-0123456789")]; !isStage {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if bytes.Contains(lines.Bytes(), want) {
				all = append(all, parse(name, lines.Bytes()))
			}
		}
	}
	return all
}

var stages = func() map[string]bool {
	all := map[string]bool{}
	processes, _ := world.Names()
	for _, p := range processes {
		stage, _, _ := strings.Cut(p, "-")
		all[stage] = true
	}
	return all
}()

func parse(name string, line []byte) moment {
	var l map[string]any
	if json.Unmarshal(line, &l) != nil {
		return moment{text: name + " " + string(line)}
	}
	at, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(l["time"])) // Without a time it comes first.
	var text strings.Builder
	fmt.Fprintf(&text, "%-13s %v", name, l["msg"])
	for _, k := range []string{"send", "state", "outcome", "faults", "settlement", "reason", "error", "err", "until"} {
		if v, ok := l[k]; ok {
			fmt.Fprintf(&text, " %s=%v", k, v)
		}
	}
	return moment{at.Local(), text.String()}
}
