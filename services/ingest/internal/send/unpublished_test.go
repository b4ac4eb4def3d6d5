package send_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/snapshot"
)

// dies writes the record of a void's send, as a process does that dies before it
// publishes.
func (d *desk) dies() {
	d.t.Helper()
	hash, err := snapshot.Hash(d.office.invoice)
	require.NoError(d.t, err)
	_, err = d.Store.Change(d.t.Context(), d.entry(), record.OpenSend(record.Opens{
		Key: d.entry().Key, Connection: "acme-books", SnapshotHash: hash, HashVersion: 1, StartStatus: "void", Total: "522.50", Now: time.Now(),
	}))
	require.NoError(d.t, err)
}

// A void is in no list of pending invoices. Whatever woke the process that died comes
// again, and publishes what it left.
func TestWhatWokeAProcessThatDiedPublishesItsVoid(t *testing.T) {
	for name, wakes := range map[string]func(d *desk, delivered int) error{
		"a webhook's hint": func(d *desk, delivered int) error {
			return d.Hint(d.t.Context(), bus.Message{Raw: bus.PollHint("acme", invoiceID), Published: time.Now(), Delivered: delivered})
		},
		"whoever settled": func(d *desk, _ int) error {
			return d.command(&tradepostv1.InvoiceCommand{FollowsSend: 1, Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				d.posted("77", processed)
				time.Sleep(time.Minute)
				d.office.invoice.Status = "void"
				d.dies()
				died, tries := time.Now(), 0
				for err := errors.New("not yet"); err != nil; tries++ {
					if err = wakes(d, tries+1); err == nil {
						break
					}
					require.Len(t, d.sent(), 1, "another process may be about to publish it")
					wait, waits := bus.RetryDelay(err)
					require.True(t, waits, "%v", err)
					time.Sleep(wait) // fake time
				}
				require.Len(t, d.sent(), 2)
				require.Equal(t, "void", d.sent()[1].GetSnapshot().GetInvoice().GetStatus())
				require.Equal(t, record.Opened, d.entry().State())
				require.Less(t, time.Since(died), 40*time.Second)
				require.LessOrEqual(t, tries, 2, "it waits as long as it has to, and no longer")
				require.NoError(t, wakes(d, 1))
				require.Len(t, d.sent(), 2, "once")
			})
		})
	}
}
