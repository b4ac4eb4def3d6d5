package transform_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

func BenchmarkMake10Lines(b *testing.B) { benchmarkMake(b, "standard") }

// The mapping that chooses everything: conditions and tables for every line.
func BenchmarkMake10LinesChosen(b *testing.B) { benchmarkMake(b, "rich") }

// The whole of it but the broker: the message decoded and checked against its schema,
// the documents made, and the next message checked and encoded.
func BenchmarkDecodeMakeEncode10Lines(b *testing.B) {
	in := tenLines(b, "standard")
	body, err := bus.Encode(&tradepostv1.InvoiceReceived{Send: 1, SnapshotHash: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", HashVersion: 1, Snapshot: in.Snapshot})
	require.NoError(b, err)
	m := bus.Message{Subject: bus.Subject{Stage: bus.StageReceived, Connection: "acme-hledger", InvoiceID: in.Snapshot.Invoice.Id}, Body: body}
	measured(b, func() {
		received := &tradepostv1.InvoiceReceived{}
		require.NoError(b, bus.Decode(m, received))
		in.Snapshot = received.GetSnapshot()
		r := transform.Make(in)
		_, err := bus.Encode(&tradepostv1.InvoiceReady{
			Send: 1, SnapshotHash: received.GetSnapshotHash(), HashVersion: 1, Documents: r.Documents, Explanations: r.Explanations,
		})
		require.NoError(b, err)
	})
}

func tenLines(b *testing.B, mapping string) transform.Input {
	s := base()
	var lines []*stItem
	for i := range 10 {
		lines = append(lines, sold(int64(i+1), "Filter", "2", "35.00", filter))
	}
	withLines(s, "700", lines...)
	return goldenCase{mapping: mapping}.input(b, s)
}

func benchmarkMake(b *testing.B, mapping string) {
	in := tenLines(b, mapping)
	measured(b, func() {
		if r := transform.Make(in); len(r.Faults) > 0 {
			b.Fatal(r.Faults)
		}
	})
}

// measured counts what a core does in a second of its own time, the garbage collector
// included, so that the number stands on a busy machine too.
func measured(b *testing.B, work func()) {
	b.ReportAllocs()
	from := cpuTime(b)
	for b.Loop() {
		work()
	}
	b.ReportMetric(float64(b.N)/(cpuTime(b)-from).Seconds(), "invoices/core-s")
}

// cpuTime is what this process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
