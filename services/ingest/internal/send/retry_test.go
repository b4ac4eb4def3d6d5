package send_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// failed brings the invoice to a failed send.
func (d *desk) failed() {
	d.t.Helper()
	d.pending()
	d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
	d.office.invoice.Status = "failed"
}

// A command that breaks a rule, or of a kind that this version does not know, opens
// nothing and becomes a dead letter.
func TestACommandThatBreaksARuleIsADeadLetter(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for _, body := range []string{`{"followsSend":"-1","retry":{}}`, `{"followsSend":"1"}`, `{"followsSend":"1","invented":{}}`} {
			m := bus.Message{Subject: bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: invoiceID}, Body: []byte(body)}
			code, poison := bus.PoisonCode(d.Command(t.Context(), m))
			require.True(t, poison, body)
			require.Equal(t, "message.invalid", code)
			require.Nil(t, d.entry().Record)
		}
	})
}

// The stream cannot take the message at the moment of a retry. The command comes
// again, and the send that it opened goes on.
func TestARetryThatCouldNotBePublishedGoesOn(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		require.NoError(t, d.js.DeleteStream(t.Context(), bus.StreamReceived))
		require.Error(t, d.retry(1), "the command is delivered again")
		_, err := bus.Apply(t.Context(), d.js, bus.ApplyOptions{})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.NoError(t, d.retry(1))
		require.NotEmpty(t, d.sent())
		require.Equal(t, record.Opened, d.entry().State())
		require.Equal(t, int64(2), d.entry().Record.GetSend(), "it is still the send that the command opened")
		require.Equal(t, int64(2), d.sent()[0].GetSend())
	})
}

// The process dies between the record and the message. Neither a list of pending
// invoices nor a poll shows the invoice: its status is failed.
func TestARetryWhoseProcessDiedGoesOn(t *testing.T) {
	opened := func(d *desk) {
		d.failed()
		d.change(record.OpenSend(record.Opens{
			Key: d.entry().Key, Connection: "acme-books", SnapshotHash: d.shownHash(), HashVersion: 1,
			StartStatus: "failed", Total: "522.50", Retry: true, Now: time.Now(),
		}))
		time.Sleep(time.Minute)
	}
	for name, wake := range map[string]func(d *desk) error{
		"with the command's redelivery": func(d *desk) error { return d.retry(1) },
		"with another command":          func(d *desk) error { return d.retry(2) },
		"with the sweep":                func(d *desk) error { return d.Heal(d.t.Context(), d.entry()) },
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				opened(d)
				require.NoError(t, wake(d))
				require.NotEmpty(t, d.sent()[1:])
				require.Equal(t, int64(2), d.sent()[1].GetSend())
				require.Equal(t, record.Opened, d.entry().State())
				require.Equal(t, int64(2), d.entry().Record.GetSend())
			})
		})
	}
}

// While the next stage is down, more messages help nobody.
func TestPublishingAgainSlowsDown(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		const pollEach = 5 * time.Minute
		end := time.Now().Add(60 * time.Hour)
		var gaps []time.Duration
		n, last := 0, time.Now()
		for time.Now().Before(end) {
			d.pending()
			if now := d.entry().Record.GetRepublished(); int(now) > n {
				n = int(now)
				gaps = append(gaps, time.Since(last).Round(time.Minute))
				last = time.Now()
			}
			time.Sleep(pollEach)
		}
		require.Less(t, n, 15, "%v", gaps)
		require.Greater(t, n, 5, "but it goes on: %v", gaps)
		require.Less(t, gaps[0], 30*time.Minute)
		for i := 1; i < len(gaps); i++ {
			require.GreaterOrEqual(t, gaps[i], gaps[i-1]-2*pollEach, "%v", gaps)
			require.LessOrEqual(t, gaps[i], 8*time.Hour+2*pollEach, "%v", gaps)
		}
	})
}

// A command speaks of the connection in its subject. One of another connection than
// the record's is of no send.
func TestARetryOnAnotherConnectionChangesNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		before := d.entry().Revision
		require.NoError(t, d.retryOn("acme-other", 1))
		require.Equal(t, before, d.entry().Revision)
		require.Len(t, d.sent(), 1)
		require.NoError(t, d.retryOn("acme-books", 1))
		require.Equal(t, int64(2), d.entry().Record.GetSend())
	})
}

// Nobody who asks reads ingest's log: what became of a command is a message.
func TestARefusedCommandIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		happened func(d *desk)
		ask      func(d *desk) error
		want     tradepostv1.Refusal
		why      string
	}{
		"the invoice was changed": {
			func(d *desk) { d.office.invoice.Notes = "another gate code" }, (*desk).retryFirst,
			tradepostv1.Refusal_REFUSAL_CONTENT_CHANGED, "changed in ServiceTrade since it failed",
		},
		"a user moved it": {
			func(d *desk) { d.office.invoice.Status = "processed" }, (*desk).retryFirst,
			tradepostv1.Refusal_REFUSAL_STATUS_CHANGED, "as processed, not as failed",
		},
		"no connection takes it": {
			func(d *desk) { d.Desk = deskOf() }, (*desk).retryFirst,
			tradepostv1.Refusal_REFUSAL_NO_CONNECTION, "connection",
		},
		"another send was opened since": {
			func(d *desk) { require.NoError(d.t, d.retry(1)) }, (*desk).retryFirst,
			tradepostv1.Refusal_REFUSAL_NOT_THE_LAST_SEND, "another send was opened since",
		},
		"it was processed": {
			func(d *desk) { require.NoError(d.t, d.retry(1)); d.close(tradepostv1.Settlement_SETTLEMENT_PROCESSED) },
			func(d *desk) error { return d.retry(2) },
			tradepostv1.Refusal_REFUSAL_NOTHING_TO_DO, "send 2 ended processed: there is nothing to try again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.failed()
				c.happened(d)
				before := d.entry().Revision
				require.NoError(t, c.ask(d))
				require.Equal(t, before, d.entry().Revision)
				told := d.refusals()
				require.Len(t, told, 1)
				require.Equal(t, c.want, told[0].GetRefusal(), told[0].GetWhy())
				require.Contains(t, told[0].GetWhy(), c.why)
				require.Equal(t, "test", told[0].GetBy())
			})
		})
	}
}

// A retry that is carried out is told by the send that it opens, also where a user was
// quicker, and a stream that takes no refusal stops no command.
func TestNoRefusalIsTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		require.NoError(t, d.retry(1))
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.office.invoice.Status, d.office.invoice.Notes = "pending_accounting", "changed and sent again"
		require.NoError(t, d.retry(2))
		require.Equal(t, int64(3), d.entry().Record.GetSend())
		require.Empty(t, d.refusals())
		require.NoError(t, d.js.DeleteStream(t.Context(), bus.StreamEvents))
		require.NoError(t, d.retry(1))
	})
}

func (d *desk) retryFirst() error { return d.retry(1) }

func (d *desk) refusals() []*tradepostv1.InvoiceRefused {
	d.t.Helper()
	var all []*tradepostv1.InvoiceRefused
	s := bus.Subject{Stage: bus.StageRefused, Connection: "acme-books", InvoiceID: invoiceID}
	require.NoError(d.t, bus.Of(d.t.Context(), d.js, bus.StreamEvents, s.String(), func(m bus.Message) error {
		one := &tradepostv1.InvoiceRefused{}
		require.NoError(d.t, bus.Decode(m, one))
		all = append(all, one)
		return nil
	}))
	return all
}
