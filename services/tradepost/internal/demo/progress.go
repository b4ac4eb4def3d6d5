package demo

import (
	"fmt"
	"io"
	"strings"
)

const barWidth = 40

// progress shows how many invoices are settled: one line redrawn on a terminal,
// else a line for each tenth.
type progress struct {
	out   io.Writer
	live  bool
	all   int
	shown int
}

func (p *progress) show(processed, failed int) {
	done := processed + failed
	line := fmt.Sprintf("%3d of %d settled: %d processed, %d failed", done, p.all, processed, failed)
	if p.live {
		filled := barWidth * done / max(p.all, 1)
		_, _ = fmt.Fprintf(p.out, "\r%s%s  %s ", strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), line)
		return
	}
	if tenth := 10 * done / max(p.all, 1); tenth > p.shown {
		p.shown = tenth
		_, _ = fmt.Fprintln(p.out, line)
	}
}

func (p *progress) end() {
	if p.live {
		_, _ = fmt.Fprintln(p.out)
	}
}
