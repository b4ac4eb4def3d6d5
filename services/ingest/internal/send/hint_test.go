package send_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// hint hands over a hint that is stored now.
func (d *desk) hint() error {
	return d.hintOf(time.Now())
}

func (d *desk) hintOf(stored time.Time) error {
	return d.Hint(d.t.Context(), bus.Message{Raw: bus.PollHint("acme", invoiceID), Published: stored})
}

func TestAHintOpensASendOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for range 3 {
			require.NoError(t, d.hint())
		}
		require.Equal(t, record.Opened, d.entry().State())
		require.Len(t, d.sent(), 1)
		require.Equal(t, 1, d.office.reads, "while the send is open nothing is read")
	})
}

func TestAHintReadsWhatBelongsToTheInvoiceAfresh(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.close(tradepostv1.Settlement_SETTLEMENT_WITHDRAWN)
		d.office.customer = "C-1001"
		time.Sleep(20 * time.Second)
		require.NoError(t, d.hint())
		require.Equal(t, "C-1001", d.sent()[1].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
	})
}

// The events of our own last writes arrive while the send is being closed, and
// shortly after.
func TestEchoesOfOurOwnWritesCostNoCall(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		require.NoError(t, d.hint())
		d.close(tradepostv1.Settlement_SETTLEMENT_PROCESSED)
		d.office.invoice.Status = "processed"
		reads := d.office.reads
		require.NoError(t, d.hint())
		time.Sleep(14 * time.Second)
		require.NoError(t, d.hint())
		stored := time.Now()
		time.Sleep(time.Minute)
		require.NoError(t, d.hintOf(stored), "it was stored in time, though nobody took it")
		require.Equal(t, reads, d.office.reads)
		require.NoError(t, d.hint())
		require.Equal(t, reads+1, d.office.reads, "a minute later somebody else changed it")
		require.Equal(t, int64(1), d.entry().Record.GetSend())
	})
}

// The event says when it happened: what happened after our own writes is none of
// their echoes, however soon it comes.
func TestASendPressedRightAfterClosingIsNoEcho(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		wrote := time.Now()
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		reads := d.office.reads
		for _, changed := range []time.Time{wrote, wrote.Add(2 * time.Second), {}} { // a clock that is a little ahead; no time
			require.NoError(t, d.hintChanged(changed))
		}
		require.Equal(t, reads, d.office.reads)
		time.Sleep(5 * time.Second)
		require.NoError(t, d.hintChanged(wrote), "an echo that comes late")
		require.Equal(t, reads, d.office.reads)
		require.NoError(t, d.hintChanged(time.Now()))
		require.Equal(t, reads+1, d.office.reads)
		require.Equal(t, int64(2), d.entry().Record.GetSend())
		require.NoError(t, d.hintChanged(time.Now()), "the same message again: the send is open now")
		require.Equal(t, reads+1, d.office.reads)
	})
}

// hintChanged takes a hint the way of a webhook's: over the stream.
func (d *desk) hintChanged(changed time.Time) error {
	d.t.Helper()
	require.NoError(d.t, d.Bus.Hint(d.t.Context(), "acme", invoiceID, changed))
	st, err := d.js.Stream(d.t.Context(), bus.StreamPolls)
	require.NoError(d.t, err)
	raw, err := st.GetLastMsgForSubject(d.t.Context(), bus.PollHint("acme", invoiceID))
	require.NoError(d.t, err)
	headers := map[string]string{}
	for name := range raw.Header {
		headers[name] = raw.Header.Get(name)
	}
	return d.Hint(d.t.Context(), bus.Message{Raw: raw.Subject, Published: raw.Time, Headers: headers})
}

func TestAHintAboutAnotherKindOfInvoiceOpensNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Type = "vendor"
		require.NoError(t, d.hint())
		require.Nil(t, d.entry().Record)
		d.office.invoice.Type = "invoice"
		require.NoError(t, d.hint())
		require.Len(t, d.sent(), 1)
	})
}

func TestAHintIsTriedAgainForAWhile(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.err = errors.New("503")
		stored := time.Now()
		require.ErrorContains(t, d.hintOf(stored), "503")
		time.Sleep(9 * time.Minute)
		require.Error(t, d.hintOf(stored))
		time.Sleep(2 * time.Minute)
		require.NoError(t, d.hintOf(stored), "the polls go on")
	})
}

func TestAHintWithoutAnInvoiceIsPoison(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		err := d.Hint(t.Context(), bus.Message{Raw: "poll.hint.acme.x", Published: time.Now()})
		code, poison := bus.PoisonCode(err)
		require.True(t, poison)
		require.Equal(t, bus.CodeSubject, code)
	})
}
