package send_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

var split = []string{"durham", "{offices: [701]}", "rest", "otherwise"}

// postedBy notes that the connection posted the invoice, and ends the send.
func (d *desk) postedBy(connection string) {
	d.t.Helper()
	d.change(
		record.Claim(record.Claiming{Owner: "x", Lasts: 1}, &tradepostv1.Unresolved{}),
		record.Conclude("x", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, Hash: "h"},
			&tradepostv1.DocumentRef{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Connection: connection, Id: "17"}),
		record.Settle(record.Claiming{Owner: "y", Lasts: 1}),
		record.Close("y", tradepostv1.Settlement_SETTLEMENT_PROCESSED, time.Now()),
	)
}

// posted before by durham, moved to Richmond by mistake and sent again: held.
func heldInRichmond(t *testing.T, d *desk) *bytes.Buffer {
	t.Helper()
	log := &bytes.Buffer{}
	d.Desk = send.NewDesk("acme", connectionsOf(t, split...), slog.New(slog.NewTextHandler(log, nil)), time.Now, nil)
	d.at(durham)
	d.pending()
	d.postedBy("durham")
	d.at(richmond)
	d.pending()
	require.Equal(t, record.Held, d.entry().State())
	require.Equal(t, "rest", d.entry().Record.GetConnection())
	return log
}

func (d *desk) requireBackInDurham() {
	d.t.Helper()
	require.Equal(d.t, record.Opened, d.entry().State(), d.entry().Record.GetHeldReason())
	require.Equal(d.t, "durham", d.entry().Record.GetConnection())
	require.Equal(d.t, int64(2), d.entry().Record.GetSend())
	sent := d.subjects()
	require.Equal(d.t, "invoice.received.durham.2687264638045999", sent[len(sent)-1])
	require.Empty(d.t, d.Desk.Waiting())
}

func TestAHeldInvoiceGoesBackToTheConnectionThatPostedIt(t *testing.T) {
	changed := func(d *desk, connections ...string) { d.Desk = deskOf(connectionsOf(d.t, connections...)...) }
	for name, mended := range map[string]func(d *desk){
		"a retry over its connection":            func(d *desk) { d.at(durham); require.NoError(d.t, d.retryOn("rest", 2)) },
		"a retry over the document's connection": func(d *desk) { d.at(durham); require.NoError(d.t, d.retryOn("durham", 2)) },
		"sent again":                             func(d *desk) { d.at(durham); d.office.invoice.Updated++; d.pending() },
		"a refresh":                              func(d *desk) { d.at(durham); require.NoError(d.t, d.refreshOn("rest")) },
		"a poll, later":                          func(d *desk) { d.at(durham); time.Sleep(6 * time.Minute); d.pending() },
		"a changed filter, and a poll":           func(d *desk) { changed(d, "durham", "{offices: [702]}", "rest", "otherwise"); d.pending() },
		"its connection is removed, and a poll":  func(d *desk) { changed(d, "durham", "otherwise"); d.pending() },
		"its connection is removed, and a retry": func(d *desk) { changed(d, "durham", "otherwise"); require.NoError(d.t, d.retryOn("durham", 2)) },
		"its connection is disabled, filter mended": func(d *desk) {
			changed(d, "durham", "{offices: [702]}", "rest", "otherwise, enabled: false")
			d.pending()
		},
		"voided, and the slow look": func(d *desk) {
			d.office.invoice.Status, d.office.invoice.Updated = "void", d.office.invoice.Updated+1
			d.voided()
		},
		"voided, and the sweep, later": func(d *desk) {
			d.office.invoice.Status = "void"
			time.Sleep(6 * time.Minute)
			require.NoError(d.t, d.Sweep(d.t.Context(), d.entry()))
		},
		"a changed filter, and the sweep": func(d *desk) {
			changed(d, "durham", "{offices: [702]}", "rest", "otherwise")
			require.NoError(d.t, d.Sweep(d.t.Context(), d.entry()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				heldInRichmond(t, d)
				mended(d)
				d.requireBackInDurham()
			})
		})
	}
}

func TestAHeldInvoiceStaysHeldWhileItBelongsElsewhere(t *testing.T) {
	for name, wake := range map[string]func(d *desk){
		"a retry": func(d *desk) { require.NoError(d.t, d.retryOn("durham", 2)) },
		"polls":   func(d *desk) { time.Sleep(time.Hour); d.pending() },
		"the connection with the document is disabled": func(d *desk) {
			d.Desk = deskOf(connectionsOf(d.t, "durham", "{offices: [702]}, enabled: false", "rest", "otherwise")...)
			d.pending()
			require.Contains(d.t, d.Desk.Waiting()[0].Reason, "durham (disabled)")
		},
		"the connection with the document is gone": func(d *desk) {
			d.Desk = deskOf(connectionsOf(d.t, "rest", "otherwise")...)
			d.pending()
			require.Contains(d.t, d.Desk.Waiting()[0].Reason, "durham (not in the configuration)")
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				heldInRichmond(t, d)
				n := len(d.sent())
				wake(d)
				require.Equal(t, record.Held, d.entry().State())
				require.Equal(t, "rest", d.entry().Record.GetConnection())
				require.Len(t, d.sent(), n)
			})
		})
	}
}

// With a third connection that takes it now, it is held for that one.
func TestAHeldInvoiceFollowsTheFilters(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		heldInRichmond(t, d)
		d.Desk = deskOf(connectionsOf(t, "durham", "{offices: [701]}", "third", "otherwise")...)
		d.pending()
		require.Equal(t, record.Held, d.entry().State())
		require.Equal(t, "third", d.entry().Record.GetConnection())
	})
}

func TestAHoldElsewhereIsToldOnceAndNamed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		log := heldInRichmond(t, d)
		reads := d.office.reads
		for range 4 {
			d.pending()
			require.NoError(t, d.Sweep(t.Context(), d.entry()))
			d.Desk.Listed(nil) // A retry of a failed one is in no list of pending ones.
			time.Sleep(time.Minute)
		}
		require.Equal(t, reads, d.office.reads, "a poll or a sweep costs no call")
		require.Equal(t, 1, strings.Count(log.String(), "level=WARN msg=\"the invoice is held"), log.String())
		waiting := d.Desk.Waiting()
		require.Len(t, waiting, 1)
		require.Contains(t, waiting[0].Reason, "posted before by connection durham, and belongs to connection rest now: delete the document in the books of durham")
		require.NotContains(t, waiting[0].Reason, "its send is open")

		d.change(record.GoneElsewhere(d.entry().Record.GetDocuments()[0]))
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Empty(t, d.Desk.Waiting(), "the document is gone, and the send goes on")
	})
}

func TestACommandOfAnotherConnectionSaysTheTrueReason(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		log := &bytes.Buffer{}
		d.Log = slog.New(slog.NewTextHandler(log, nil))
		d.Desk = deskOf(connectionsOf(t, split...)...)
		d.at(durham)
		d.failed()
		require.NoError(t, d.retryOn("rest", 1))
		require.Equal(t, int64(1), d.entry().Record.GetSend())
		require.Contains(t, log.String(), "the send is another connection's")
		require.Contains(t, log.String(), "connection=durham")
		require.NotContains(t, log.String(), "another send was opened")
	})
}
