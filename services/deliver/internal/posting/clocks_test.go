package posting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The age of a snapshot is what somebody's clock said. A wrong clock, or a message
// that was mended by hand, must not keep ServiceTrade from being read again.
func TestNoClockMakesAnOldSnapshotYoung(t *testing.T) {
	for name, c := range map[string]struct {
		taken func() *timestamppb.Timestamp
		queue time.Duration
	}{
		"of the future": {func() *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(48 * time.Hour)) }, 0},
		"without age":   {func() *timestamppb.Timestamp { return nil }, 0},
		"young by its own clock, after an hour in the queue": {
			func() *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(time.Hour - time.Second)) }, time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				r := w.ready(w.open())
				r.SnapshotTakenAt = c.taken()
				m := w.replay(r)
				time.Sleep(c.queue) // fake time
				w.invoice.Status = "void"
				w.deliver(w.poster("a"), m)
				require.Equal(t, tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN, w.record().GetOutcome().GetKind())
				require.Zero(t, w.books.count())
			})
		})
	}
}

func TestAYoungSnapshotNeedsNoReading(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.invoice = nil // ServiceTrade is away
		w.deliver(w.poster("a"), m)
		require.Equal(t, 1, w.books.count())
	})
}
