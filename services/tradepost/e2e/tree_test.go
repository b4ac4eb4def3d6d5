package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tree draws the spans of one trace: when each began after the first, how long it
// took, who recorded it.
func tree(spans []span) string {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.GetStartTimeUnixNano(), b.GetStartTimeUnixNano()), cmp.Compare(b.GetEndTimeUnixNano(), a.GetEndTimeUnixNano()))
	})
	below := map[string][]span{}
	known := map[string]bool{"": true}
	for _, s := range spans {
		known[string(s.GetSpanId())] = true
	}
	for _, s := range spans {
		parent := string(s.GetParentSpanId())
		if !known[parent] {
			parent = ""
		}
		below[parent] = append(below[parent], s)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%9s  %9s  %-10s %s\n", "begins", "takes", "service", "span")
	draw(&b, below, "", "", spans[0].GetStartTimeUnixNano())
	return b.String()
}

func draw(b *strings.Builder, below map[string][]span, parent, indent string, zero uint64) {
	for _, s := range below[parent] {
		began := time.Duration(s.GetStartTimeUnixNano() - zero)
		took := time.Duration(s.GetEndTimeUnixNano() - s.GetStartTimeUnixNano())
		fmt.Fprintf(b, "%9s  %9s  %-10s %s\n", millis(began), millis(took), strings.TrimPrefix(s.service, "tradepost-"), indent+s.GetName()+detail(s))
		draw(b, below, string(s.GetSpanId()), indent+"  ", zero)
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// detail is what says most about a span.
func detail(s span) string {
	var words []string
	for _, key := range []string{"tradepost.outcome", "tradepost.result", "tradepost.status"} {
		if v := text(s.GetAttributes(), key); v != "" {
			words = append(words, v)
		}
	}
	if status := number(s.GetAttributes(), "http.response.status_code"); status != 0 {
		words = append(words, fmt.Sprint(status))
	}
	if len(words) == 0 {
		return ""
	}
	return " [" + strings.Join(words, ", ") + "]"
}
