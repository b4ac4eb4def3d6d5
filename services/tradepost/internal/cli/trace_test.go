package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/runtime"
)

func (s *shelf) put(stage bus.Stage, connection string, id int64, m proto.Message) {
	s.t.Helper()
	body, err := bus.Encode(m)
	require.NoError(s.t, err)
	_, err = s.js.Publish(s.t.Context(), bus.Subject{Stage: stage, Connection: connection, InvoiceID: id}.String(), body)
	require.NoError(s.t, err)
}

func received(id, send int64, number string) *tradepostv1.InvoiceReceived {
	return &tradepostv1.InvoiceReceived{
		Send: send, SnapshotHash: strings.Repeat("a", 64), HashVersion: 1, Seal: "not its own",
		Snapshot: &tradepostv1.Snapshot{Invoice: &tradepostv1.ServiceTradeInvoice{
			Id: id, InvoiceNumber: number, TotalPrice: "522.50", Items: []*tradepostv1.ServiceTradeItem{{}},
			Customer: &tradepostv1.NamedRef{Name: "Acme\nTower"},
		}},
	}
}

func (s *shelf) life(id int64) {
	code := strings.Repeat("b", 64)
	faults := []*tradepostv1.Fault{fault.New("customer.not_mapped", fault.Args{
		Thing: `Customer "Acme Tower"`, Params: map[string]string{"connection": "acme-books", "external_system": "accounting", "ways": "by external id"},
	})}
	s.put(bus.StageReceived, "acme-books", id, received(id, 1, "1042"))
	s.put(bus.StageOutcome, "acme-books", id, &tradepostv1.InvoiceOutcome{
		Send: 1, SnapshotHash: code, OutcomeHash: code,
		Outcome: &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{Faults: faults}}},
	})
	s.put(bus.StageSettled, "acme-books", id, &tradepostv1.InvoiceSettled{Send: 1, Settlement: tradepostv1.Settlement_SETTLEMENT_FAILED, CommentId: 77})
	s.put(bus.StageCommand, "acme-books", id, &tradepostv1.InvoiceCommand{
		FollowsSend: 1, By: "maria", Reason: "linked", Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	})
	s.put(bus.StageReceived, "acme-books", id, received(id, 2, "1042"))
	s.put(bus.StageAttempt, "acme-books", id, &tradepostv1.InvoiceAttempt{
		Send: 2, Attempt: 1, Operation: tradepostv1.AttemptOperation_ATTEMPT_OPERATION_FIND, Request: "find st-acme-1", DurationMs: 3,
		VendorTraceId: "1-67f0",
	})
	_, err := s.js.Publish(s.t.Context(), "invoice.ready.acme-books.880029", []byte("rubbish"))
	require.NoError(s.t, err)
}

func TestTraceTellsTheLife(t *testing.T) {
	s := newShelf(t)
	s.life(880029)
	s.life(880030) // somebody else's
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_HELD","heldReason":"message.unreadable: no JSON","total":"522.50",
		"openedAt":"2026-11-20T12:00:00Z","documents":[{"kind":"DOCUMENT_KIND_INVOICE","connection":"acme-books","id":"7","number":"1042","total":"522.50","gone":true}]`)
	code, out := s.say("", "trace", "880029")
	require.Equal(t, runtime.ExitOK, code, out)
	for _, want := range []string{
		"Invoice 1042 (ServiceTrade's id 880029), account acme, connection acme-books\nAcme Tower, 522.50\n",
		"Now:    send 2 is held: message.unreadable: no JSON\nWaits:  a person\n",
		"To do:  operator: look at the dead letter below",
		"tradepost retry acme-books 880029",
		"Books:  invoice 1042 of 522.50 (id 7, connection acme-books, send 0), gone",
		"rejected: 1 problem", `customer.not_mapped: Customer "Acme Tower": `,
		"private comment 77", "retry asked for by maria, after send 1", "because linked",
		"attempt 1: find in 3ms", "answer: nothing", "the accounting system's id of the call: 1-67f0", "mended by hand", "cannot be read:",
	} {
		require.Contains(t, out, want)
	}
	require.Equal(t, 1, strings.Count(out, "private comment"), "of this invoice only")
	require.Contains(t, out, "send 1   received")
	require.NotContains(t, out, "Not read")
}

func TestTraceOfAFailedOneTellsTheFaults(t *testing.T) {
	s := newShelf(t)
	s.life(880029)
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_CLOSED","settlement":"SETTLEMENT_FAILED","outcome":{"faultCodes":["customer.not_mapped"]}`)
	_, out := s.say("", "trace", "880029")
	require.Contains(t, out, "Now:    send 2 ended failed: customer.not_mapped\nTo do:  Customer: ", "the texts of this send are gone")
	require.Contains(t, out, "then: send the invoice again in ServiceTrade, or tradepost retry acme-books 880029")
}

func TestTraceFindsByNumber(t *testing.T) {
	s := newShelf(t)
	s.life(880029)
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_OPEN"`)
	s.keep("other", "other-books", 880029, `"state":"RECORD_STATE_OPEN"`)
	s.keep("other", "other-books", 55, `"state":"RECORD_STATE_CLOSED","documents":[{"connection":"other-books","number":"INV-9"}]`)
	s.keep("acme", "acme-books", 1042, `"state":"RECORD_STATE_OPEN"`)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an id of two accounts":         {[]string{"880029"}, "is not one invoice: id 880029 of account acme (connection acme-books); id 880029 of account other"},
		"an id and its account":         {[]string{"880029", "--account", "other"}, "account other"},
		"an id and its connection":      {[]string{"880029", "--connection", "acme-books"}, "account acme"},
		"an id that is a number too":    {[]string{"1042"}, "ServiceTrade's id 1042"},
		"a number that is an id too":    {[]string{"1042", "--number"}, "ServiceTrade's id 880029"},
		"the number of a document":      {[]string{"INV-9"}, "ServiceTrade's id 55"},
		"a number of nobody":            {[]string{"4711"}, "no invoice 4711 was ever sent"},
		"a number of another's account": {[]string{"INV-9", "--account", "acme"}, "no invoice INV-9"},
	} {
		t.Run(name, func(t *testing.T) {
			_, out := s.say("", append([]string{"trace"}, c.args...)...)
			require.Contains(t, out, c.want)
		})
	}
}

func TestTraceJSON(t *testing.T) {
	s := newShelf(t)
	s.life(880029)
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_PARKED","waiting":{"reason":"books_missing","until":"2026-11-22T12:00:00Z"}`)
	code, out := s.say("", "trace", "880029", "--json")
	require.Equal(t, runtime.ExitOK, code)
	var got struct {
		Waits  string
		Record struct{ State string }
		Sends  []struct {
			Number int
			Ended  string
		}
		Events []struct {
			Stage    string
			Sequence int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "books missing, until 2026-11-22T06:00:00-06:00", got.Waits)
	require.Equal(t, "RECORD_STATE_PARKED", got.Record.State)
	require.Equal(t, "failed", got.Sends[0].Ended)
	require.Len(t, got.Sends, 2)
	require.Len(t, got.Events, 7)
}

func TestTraceSaysWhereItLooked(t *testing.T) {
	code, _, errs := execute(t, "trace", "1", "-c", sick(t))
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "nats://127.0.0.1:1")
}

// A retry that ingest refused is told, and is not what people are told to do next.
func TestTraceTellsOfARefusedRetry(t *testing.T) {
	s := newShelf(t)
	s.life(880029)
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_CLOSED","settlement":"SETTLEMENT_FAILED","outcome":{"faultCodes":["customer.not_mapped"]}`)
	refused := func(send int64, r tradepostv1.Refusal, why string) string {
		s.put(bus.StageRefused, "acme-books", 880029, &tradepostv1.InvoiceRefused{
			FollowsSend: send, Refusal: r, Why: why, By: "maria", CommandStream: bus.StreamCommand, CommandSequence: 7,
		})
		_, out := s.say("", "trace", "880029")
		return out
	}
	out := refused(1, tradepostv1.Refusal_REFUSAL_NOT_THE_LAST_SEND, "another send was opened since")
	require.Contains(t, out, "command refused: another send was opened since")
	require.Contains(t, out, "it was message 7 of INVOICE_COMMAND, by maria")
	require.Contains(t, out, "or tradepost retry acme-books 880029", "an older send's says nothing of this one")
	out = refused(2, tradepostv1.Refusal_REFUSAL_CONTENT_CHANGED, "the invoice was changed")
	require.Contains(t, out, "then: send the invoice again in ServiceTrade (a retry was refused: the invoice was changed)")
	require.NotContains(t, out, "tradepost retry")
	out = refused(2, tradepostv1.Refusal_REFUSAL_NO_CONNECTION, "connection acme-books is disabled")
	require.Contains(t, out, "operator: a retry was refused: connection acme-books is disabled. Once that is mended: tradepost retry acme-books 880029")
}

func TestTraceNamesThePause(t *testing.T) {
	s := newShelf(t)
	s.keep("acme", "acme-books", 880029, `"state":"RECORD_STATE_OPEN"`)
	_, out := s.say("", "trace", "880029")
	require.Contains(t, out, "Waits:  its turn")
	pauses, err := pause.Open(t.Context(), s.js)
	require.NoError(t, err)
	since := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	_, err = pauses.Set(t.Context(), "acme-books", &tradepostv1.Pause{By: pause.Deliver, Reason: "signed out", Until: timestamppb.New(since.AddDate(90, 0, 0)), Since: timestamppb.New(since)}, since)
	require.NoError(t, err)
	_, out = s.say("", "trace", "880029")
	require.Contains(t, out, "Waits:  connection acme-books is paused by Tradepost (deliver) since 2026-11-20T00:00:00-06:00, until 2116-11-20T00:00:00-06:00 at the least: signed out\n")
	require.Contains(t, out, "it goes on by itself; to try at once: tradepost resume acme-books")
	s.say("", "pause", "acme-books", "--reason", "month end")
	_, out = s.say("", "trace", "880029")
	require.Contains(t, out, "is paused by an operator since ")
	require.Contains(t, out, ", until somebody resumes it: month end\n")
	require.Contains(t, out, "operator: when it should go on: tradepost resume acme-books")
	s.keep("acme", "acme-books", 880029, processed)
	_, out = s.say("", "trace", "880029")
	require.NotContains(t, out, "paused", "it waits for nothing")
}
