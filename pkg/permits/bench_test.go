package permits

import (
	"fmt"
	"testing"
)

// BenchmarkTurn is a turn with so many companies that all have callers at four replicas.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{4, 100, 300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			asks := map[string]ask{}
			for i := range n {
				asks[fmt.Sprint(i)] = ask{gap: 125_000, parallel: 10, want: 6, need: 3, kept: 2}
			}
			kept, now := newBook(), micros(1_800_000_000_000_000)
			for i := 0; b.Loop(); i++ {
				now += span(period / 4)
				kept.turn(now, fmt.Sprint("replica-", i%4), asks, grid{})
				raw, err := kept.encode()
				if err != nil {
					b.Fatal(err)
				}
				if kept, err = decode(raw); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(raw)), "bytes")
			}
		})
	}
}
