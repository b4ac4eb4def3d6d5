package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

func handed(t *testing.T) *tradepostv1.Record {
	t.Helper()
	r := openedRecord(t)
	u := &tradepostv1.Unresolved{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "m"}
	for _, step := range []record.Transition{
		record.Claim(record.Claiming{Owner: "a", Lasts: time.Second}, u), record.Hand("a", "file 7"),
	} {
		var err error
		r, err = step(r)
		require.NoError(t, err)
	}
	return r
}

// What was handed over is nobody's to make again: no stage takes it back.
func TestNothingTakesAHandedSendBackByItself(t *testing.T) {
	for name, step := range map[string]record.Transition{
		"claim":         record.Claim(record.Claiming{Owner: "b", Lasts: time.Second}, nil),
		"publish again": record.Reopen("h2", 1, "9.00"),
		"reject":        record.Reject(&tradepostv1.RecordedOutcome{}),
		"next send":     record.OpenSend(opens(7)),
		"settle":        record.Settle(record.Claiming{Owner: "b"}),
	} {
		_, err := step(handed(t))
		require.ErrorIs(t, err, record.ErrIllegal, name)
	}
	require.NotNil(t, handed(t).GetUnresolved(), "what was handed over is known")
}

func TestAHandOverEndsByEvidenceOrAnOperator(t *testing.T) {
	d := &tradepostv1.DocumentRef{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Id: "5"}
	r, err := record.Conclude("", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}, d)(handed(t))
	require.NoError(t, err)
	require.Equal(t, record.Outcome, r.GetState())
	require.Len(t, r.GetDocuments(), 1)
	require.Nil(t, r.GetUnresolved())

	r, err = record.Confirm(d)(handed(t))
	require.NoError(t, err)
	require.Equal(t, record.Opened, r.GetState())
	require.Len(t, r.GetDocuments(), 1)
	require.Empty(t, r.GetHandedToken())

	r, err = record.NotMade()(handed(t))
	require.NoError(t, err)
	require.Equal(t, record.Opening, r.GetState())
	require.Nil(t, r.GetUnresolved())
	require.Empty(t, r.GetHandedToken())
}

// An operator may vouch for a held attempt in doubt, never against an outcome.
func TestNotMadeOfAHeldSend(t *testing.T) {
	r := openedRecord(t)
	u := &tradepostv1.Unresolved{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE}
	claim := record.Claiming{Owner: "a", Lasts: time.Second}
	for _, step := range []record.Transition{record.Claim(claim, u), record.Hold("cannot_find"), record.NotMade()} {
		var err error
		r, err = step(r)
		require.NoError(t, err)
	}
	require.Equal(t, record.Opening, r.GetState())
	require.Nil(t, r.GetUnresolved())
	require.Empty(t, r.GetHeldReason())

	r, err := record.Conclude("a", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED})(handed(t))
	require.NoError(t, err)
	r, err = record.Hold("x")(r)
	require.NoError(t, err)
	_, err = record.NotMade()(r)
	require.ErrorIs(t, err, record.ErrIllegal)
	_, err = record.NotMade()(openedRecord(t))
	require.ErrorIs(t, err, record.ErrIllegal)
}
