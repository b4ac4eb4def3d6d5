package doctor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// keep writes the record of an invoice as it lies in the bucket.
func keep(t *testing.T, js jetstream.JetStream, account string, id int, fields string) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), fmt.Sprintf("%s.%d", account, id),
		fmt.Sprintf(`{"account":%q,"invoiceId":"%d","connection":"%s-books","send":"2",%s}`, account, id, account, fields))
	require.NoError(t, err)
}

func queued(t *testing.T) (*world, jetstream.JetStream) {
	t.Helper()
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	w.nats["url"] = broker.URL()
	return w, broker.JS(t)
}

// What stands in the books of a deleted invoice no comment tells of.
func TestWhatIsInTheBooksOfADeletedInvoiceIsTold(t *testing.T) {
	w, js := queued(t)
	const gone = `"state":"RECORD_STATE_CLOSED","settlement":"SETTLEMENT_WITHDRAWN","outcome":{"invoiceGone":true}`
	keep(t, js, "acme", 1, gone+`,"documents":[{"connection":"acme-books","id":"7","number":"1042","total":"522.50"}]`)
	keep(t, js, "acme", 2, gone+`,"documents":[{"connection":"acme-books","id":"8","number":"1043","total":"1.00","gone":true}]`)
	keep(t, js, "acme", 3, `"state":"RECORD_STATE_CLOSED","documents":[{"connection":"acme-books","id":"9","number":"1044","total":"1.00"}]`)
	told := only(t, w.run(), "nats", "deleted invoices")
	require.Equal(t, doctor.Warn, told.Status)
	require.Equal(t, "1 invoice is gone from ServiceTrade, and in the books: 1 of acme-books, send 2 (posted as 1042, total 522.50, to acme-books)", told.Problem)

	w.options.Now = func() time.Time { return time.Now().Add(31 * 24 * time.Hour) }
	for _, r := range w.run().Results {
		require.NotEqual(t, "deleted invoices", r.Check)
	}
}

func TestWhatWaitsForAPersonIsTold(t *testing.T) {
	w, js := queued(t)
	for id := 1; id <= 6; id++ {
		keep(t, js, "acme", id, `"state":"RECORD_STATE_HELD","heldReason":"attempts never end"`)
	}
	keep(t, js, "acme", 7, `"state":"RECORD_STATE_HELD","heldReason":"`+strings.Repeat("long ", 100)+`"`)
	keep(t, js, "acme", 20, `"state":"RECORD_STATE_PARKED","waiting":{"reason":"books_missing"}`)
	keep(t, js, "acme", 21, `"state":"RECORD_STATE_CLOSED"`)
	keep(t, js, "acme", 30, `"state":"RECORD_STATE_OUTCOME","waiting":{"reason":"forbidden"}`)
	for _, subject := range []string{"invoice.dead.acme-books.1", "invoice.dead.acme-books.1", "invoice.dead._unknown.0"} {
		_, err := js.Publish(t.Context(), subject, []byte("{"))
		require.NoError(t, err)
	}
	w.options.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }

	r := w.run()

	require.Equal(t, "10 records, 1 closed, 7 held, 1 outcome, 1 parked (books_missing)", only(t, r, "nats", "invoices").Looked)
	held := only(t, r, "nats", "held")
	require.Equal(t, doctor.Warn, held.Status)
	require.Contains(t, held.Problem, "7 invoices are held: 1 of acme-books, send 2 (attempts never end); 2 of")
	require.Contains(t, held.Problem, "5 of acme-books, send 2 (attempts never end); and 2 more")
	require.Contains(t, held.Fix, `nats pub --jetstream invoice.command.acme-books.1 '{"followsSend":"2","by":"YOU","retry":{}}'`)
	late := only(t, r, "nats", "not settled")
	require.Equal(t, doctor.Warn, late.Status)
	require.Contains(t, late.Problem, "30 of acme-books, send 2 (forbidden)")
	dead := only(t, r, "nats", "dead letters")
	require.Contains(t, dead.Problem, "3 dead letters of messages that no stage could handle: invoice.dead._unknown.0, invoice.dead.acme-books.1")
	require.Contains(t, dead.Fix, "nats stream get INVOICE_DEAD")
}

func TestWhatGoesOnByItselfIsOnlyCounted(t *testing.T) {
	w, js := queued(t)
	now := time.Now()
	w.options.Now = func() time.Time { return now }
	keep(t, js, "acme", 1, `"state":"RECORD_STATE_OUTCOME"`)
	keep(t, js, "other", 2, `"state":"RECORD_STATE_HELD","heldReason":"x"`)
	_, err := js.Publish(t.Context(), "invoice.dead.other-books.2", []byte("{"))
	require.NoError(t, err)
	w.options.Account = "acme"
	r := w.run()
	require.Equal(t, "1 record, 1 outcome", only(t, r, "nats", "invoices").Looked)
	require.Empty(t, of(r, "nats", "held"), "another account was not asked for")
	require.Empty(t, of(r, "nats", "not settled"))
	require.Equal(t, doctor.Warn, only(t, r, "nats", "dead letters").Status, "of a connection that nobody knows")

	// Each try to settle writes the record anew: its age says nothing.
	keep(t, js, "acme", 1, fmt.Sprintf(`"state":"RECORD_STATE_OUTCOME","openedAt":%q,"waiting":{"reason":"unreachable"}`,
		now.Add(-time.Hour).UTC().Format(time.RFC3339)))
	require.Contains(t, only(t, w.run(), "nats", "not settled").Problem, "1 of acme-books, send 2 (unreachable)")

	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "acme.9", "no record")
	require.NoError(t, err)
	broken := of(w.run(), "nats", "invoices")
	require.Len(t, broken, 2)
	require.Contains(t, broken[1].Problem, "not every record could be read")
	require.Contains(t, broken[1].Problem, "acme.9")
}

func TestInvoicesOfARemovedConnectionAreTold(t *testing.T) {
	w, js := queued(t)
	keep(t, js, "acme", 1, `"state":"RECORD_STATE_OPEN"`)
	keep(t, js, "gone", 2, `"state":"RECORD_STATE_OPEN"`)
	keep(t, js, "gone", 3, `"state":"RECORD_STATE_PARKED","waiting":{"reason":"books_missing"}`)
	keep(t, js, "gone", 4, `"state":"RECORD_STATE_CLOSED"`)
	told := only(t, w.run(), "nats", "removed connections")
	require.Equal(t, doctor.Warn, told.Status)
	require.Equal(t, "2 invoices are not finished, of connection gone-books, which the configuration does not have", told.Problem)
}
