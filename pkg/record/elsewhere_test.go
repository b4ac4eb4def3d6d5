package record

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func heldElsewhere() *tradepostv1.Record {
	r := inState(Held)
	r.HeldFrom = Opening
	return r
}

func TestAHeldSendGoesOnWithTheConnectionThatHasTheDocument(t *testing.T) {
	r, err := GoTo("old-books")(heldElsewhere())
	require.NoError(t, err)
	require.Equal(t, "old-books", r.GetConnection())
	require.Equal(t, Opening, r.GetState())
	require.Empty(t, r.GetHeldReason())
	require.Len(t, r.GetDocuments(), 1)
}

// With documents in two other books, either connection would make the other's a second one.
func TestAHeldSendStaysHeldWhileADocumentIsElsewhere(t *testing.T) {
	r, err := GoTo("old-books")(inTwoOtherBooks(heldElsewhere()))
	require.NoError(t, err)
	require.Equal(t, Held, r.GetState())
	require.Equal(t, HeldElsewhere+"older-books", r.GetHeldReason())
	require.Equal(t, "older-books", Elsewhere(r)[0].GetConnection())

	r, err = GoTo("third")(heldElsewhere())
	require.NoError(t, err)
	require.Equal(t, Held, r.GetState())
	require.Equal(t, HeldElsewhere+"old-books", r.GetHeldReason())
}

func TestAConnectionIsNotChangedUnderAnAttemptOrForAnotherReason(t *testing.T) {
	for name, spoil := range map[string]func(r *tradepostv1.Record){
		"in doubt":            func(r *tradepostv1.Record) { r.Unresolved = intent("d") },
		"a claim in force":    func(r *tradepostv1.Record) { r.Claim = newClaim(testClaim, 1) },
		"held as unreadable":  func(r *tradepostv1.Record) { r.HeldReason = "message.invalid" },
		"held as handed over": func(r *tradepostv1.Record) { r.HeldFrom = Handed },
		"nothing elsewhere":   func(r *tradepostv1.Record) { r.Documents = nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := heldElsewhere()
			spoil(r)
			_, err := GoTo("old-books")(r)
			require.ErrorIs(t, err, ErrIllegal)
		})
	}
}
