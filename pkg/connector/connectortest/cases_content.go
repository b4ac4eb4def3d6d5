package connectortest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var contentCases = []Case{
	{Name: "an untouched document carries its hash", Needs: []Capability{ContentHash}, Run: func(k *Kit) {
		p := k.posting(k.Harness.Sample(1), 1)
		k.create(k.Connector, p)
		require.Equal(k, p.DocumentHash, k.find(k.Connector, p.Document, 1)[0].DocumentHash)
	}},
	{Name: "another total is not equal", Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		k.create(k.Connector, k.posting(d, 1))
		k.different(d, k.retotal(d, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "11.07") }))
	}},
	{Name: "another text with the same total is not equal", Needs: []Capability{ContentHash}, Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		k.create(k.Connector, k.posting(d, 1))
		k.different(d, k.retotal(d, func(d *tradepostv1.Document) { d.Lines[0].Description += " (changed)" }))
	}},
	{Name: "other content under a taken marker is not adopted", Run: func(k *Kit) {
		d := k.Harness.Sample(1)
		first := k.posting(d, 1)
		k.create(k.Connector, first)
		if !k.Connector.Describe().AtomicMarker {
			// A taken marker is not refused: deliver finds before it creates, and sees it.
			k.different(d, k.retotal(d, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "11.07") }))
			return
		}
		other := k.posting(k.retotal(d, func(d *tradepostv1.Document) { setAmount(d.Lines[0], "11.07") }), 1)
		k.refused(k.Connector.Create(k.ctx(), other))
		k.stays(d, 1)
		k.same(k.find(k.Connector, d, 1)[0], first)
	}},
	{Name: "a credit memo keeps its kind and positive total", Needs: []Capability{CreditMemos}, Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), memoOf))
	}},
	{Name: "invoice and credit memo of a split are two documents", Needs: []Capability{CreditMemos}, Run: func(k *Kit) {
		invoice := k.Harness.Sample(1)
		memo := k.retotal(invoice, func(d *tradepostv1.Document) {
			memoOf(d)
			d.Marker, d.Number = d.Marker+"-c", d.Number+"C"
		})
		k.roundTrip(invoice)
		k.roundTrip(memo)
		k.find(k.Connector, invoice, 1)
	}},
	{Name: "a document of the other kind is found by its marker", Needs: []Capability{CreditMemos}, Run: func(k *Kit) {
		memo := k.retotal(k.Harness.Sample(1), memoOf)
		k.create(k.Connector, k.posting(memo, 1))
		found := k.find(k.Connector, k.Harness.Sample(1), 1)[0]
		require.Equal(k, memo.GetKind(), found.Kind)
		k.different(memo, k.Harness.Sample(1))
	}},
	{Name: "names and texts in any script", Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) {
			d.Lines[0].Description = "Wärmepumpe prüfen – 冷却水 ✓ Ünïcödé «été» مضخة 🔧"
			d.PrivateNote = "Żółć; Ελληνικά, кириллица"
		}))
	}},
	{Name: "texts that try to break out", Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) {
			d.Lines[0].Description = "a\r\nb\tc \"q\" 'r' <x> & ;,|:[2020-01-01] ${x} {{y}} \\ st-kit-999 stid:st-kit-999"
			d.PrivateNote = "; stid:st-kit-999\n2026-01-01 * x\n  a  1\n"
			d.PoNumber = "PO,;\"<1>&"
		}))
		k.find(k.Connector, k.Harness.Sample(999), 0)
	}},
	{Name: "200 lines", Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) {
			for i := len(d.Lines); i < 200; i++ {
				ln := clone(d).Lines[0]
				ln.Key = fmt.Sprint(i + 1)
				setAmount(ln, fmt.Sprintf("%d.%02d", i, i%100))
				d.Lines = append(d.Lines, ln)
			}
		}))
	}},
	{Name: "a line below zero", Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) {
			ln := clone(d).Lines[0]
			ln.Key = "2"
			setAmount(ln, "-0.01")
			d.Lines = append(d.Lines, ln)
		}))
	}},
	{Name: "a total of zero", Needs: []Capability{ZeroTotals}, Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) { setAmount(d.Lines[0], "0.00") }))
	}},
	{Name: "a large total to the cent", Run: func(k *Kit) {
		k.roundTrip(k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) { setAmount(d.Lines[0], "1234567.89") }))
	}},
}

// roundTrip creates the document and wants it back as it was, with every line where the
// harness can tell.
func (k *Kit) roundTrip(d *tradepostv1.Document) {
	k.Helper()
	p := k.posting(d, 1)
	k.same(k.create(k.Connector, p).Document, p)
	k.same(k.find(k.Connector, d, 1)[0], p)
	k.stays(d, 1)
	if k.ReadBack != nil {
		k.keepsAmounts(d)
	}
}

// different wants what stands for d not to be taken for other.
func (k *Kit) different(d, other *tradepostv1.Document) {
	k.Helper()
	p := k.posting(other, 1)
	equal, diffs := connector.Equal(k.find(k.Connector, d, 1)[0], other, p.DocumentHash)
	require.False(k, equal, "changed content was taken for the same")
	require.NotEmpty(k, diffs)
}
