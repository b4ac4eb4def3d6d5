package connectortest

import (
	"strings"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Where a limit is none, a document of that size has to be taken.
const (
	longNumber      = 60
	longDescription = 4000
	manyLines       = 300
)

var limitCases = []Case{
	{Name: "a number of the greatest length is kept whole, and a longer one is refused", Run: func(k *Kit) {
		k.limit(k.Connector.Describe().Limits.NumberLength, longNumber, func(d *tradepostv1.Document, n int) {
			d.Number = strings.Repeat("7", n)
		})
	}},
	{Name: "a description of the greatest length is taken, and a longer one is refused", Run: func(k *Kit) {
		k.limit(k.Connector.Describe().Limits.DescriptionLength, longDescription, func(d *tradepostv1.Document, n int) {
			d.Lines[0].Description = strings.Repeat("w", n)
		})
	}},
	{Name: "as many lines as allowed are taken, and one more is refused", Run: func(k *Kit) {
		k.limit(k.Connector.Describe().Limits.Lines, manyLines, func(d *tradepostv1.Document, n int) {
			for len(d.Lines) < n {
				ln := clone(d).Lines[0]
				ln.Key = ln.GetKey() + strings.Repeat("x", len(d.Lines))
				d.Lines = append(d.Lines, ln)
			}
		})
	}},
}

// limit posts a document that is as large as the limit allows, and wants one that is
// larger by one refused, never cut.
func (k *Kit) limit(limit, none int, grow func(d *tradepostv1.Document, n int)) {
	k.Helper()
	size := limit
	if limit == 0 {
		size = none
	}
	fits := k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) { grow(d, size) })
	k.roundTrip(fits)
	if limit == 0 {
		return
	}
	large := k.retotal(k.Harness.Sample(2), func(d *tradepostv1.Document) { grow(d, limit+1) })
	answer := k.Connector.Create(k.ctx(), k.posting(large, 1))
	if posted, is := answer.(connector.Posted); is {
		require.Fail(k, "a document above the limit was posted", "%#v", posted)
	}
	k.refused(answer)
	k.stays(large, 0)
}
