package calls_test

import (
	"testing"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/calls"
)

// What the shared limits add to each call to ServiceTrade.
func BenchmarkTake(b *testing.B) {
	l := calls.New(bustest.Server(b).JS(b), calls.Limits{Account: "acme", Parallel: 4}, quiet)
	for b.Loop() {
		done, err := l.Take(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		done()
	}
}
