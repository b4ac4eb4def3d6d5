package send_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
)

// A user moves the invoice, and the message is lost: the send does not stay open for
// ever, and what was posted before is told. Its message comes without a time, so that
// deliver asks ServiceTrade, and posts nothing.
func TestASendThatAUserMovedComesToItsEnd(t *testing.T) {
	for name, steps := range map[string][]record.Transition{
		"open":   nil,
		"parked": {record.Claim(record.Claiming{Owner: "x"}, nil), record.Park("x", record.Waits{})},
		"held":   {record.Hold("unreadable")},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				require.NotNil(t, d.sent()[0].GetSnapshot().GetTakenAt())
				d.change(steps...)
				d.office.invoice.Status = "void"
				time.Sleep(stuck)
				require.NoError(t, d.Heal(t.Context(), d.entry()))
				if name == "held" {
					require.Len(t, d.sent(), 1, "a person has to look")
					require.NoError(t, d.retry(1))
				}
				require.Equal(t, record.Opened, d.entry().State())
				require.Len(t, d.sent(), 2)
				require.Equal(t, int64(1), d.sent()[1].GetSend())
				require.Nil(t, d.sent()[1].GetSnapshot().GetTakenAt())
			})
		})
	}
}
