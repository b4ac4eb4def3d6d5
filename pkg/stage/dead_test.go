package stage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// Anybody can publish rubbish. Only a message that the send may be waiting for
// tells something about the send.
func TestRubbishThatTheSendDoesNotWaitForHoldsNothing(t *testing.T) {
	for name, m := range map[string]bus.Message{
		"an outcome":              message(bus.StageOutcome, "acme-books", time.Now()),
		"a command":               message(bus.StageCommand, "acme-books", time.Now()),
		"of another connection":   message(bus.StageReady, "acme-other", time.Now()),
		"received of another one": message(bus.StageReceived, "acme-other", time.Now()),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.steps(t, opens(), record.MarkOpened())
			require.NoError(t, d.HoldDead(t.Context(), m, "message.unreadable"))
			require.Equal(t, record.Opened, d.steps(t).State())
		})
	}
}

func TestRubbishThatTheSendWaitsForHoldsIt(t *testing.T) {
	for _, s := range []bus.Stage{bus.StageReceived, bus.StageReady} {
		d := newDesk(t)
		d.steps(t, opens(), record.MarkOpened())
		require.NoError(t, d.HoldDead(t.Context(), message(s, "acme-books", time.Now()), "message.unreadable"))
		e := d.steps(t)
		require.Equal(t, record.Held, e.State())
		require.Equal(t, "message.unreadable", e.Record.GetHeldReason())
	}
}
