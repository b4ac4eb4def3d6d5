package record

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// What stands, or was, in the books of another connection is no document of this one.
func TestADocumentOfAnotherConnectionIsNotLive(t *testing.T) {
	invoice := tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	r := &tradepostv1.Record{Connection: "acme-books", Documents: []*tradepostv1.DocumentRef{
		{Kind: invoice, Connection: "other-books", Id: "1", Gone: true},
		{Kind: invoice, Connection: "other-books", Id: "2"},
	}}
	require.Nil(t, Live(r, invoice))
	require.Equal(t, int64(1), Generation(r, invoice))
	r.Connection = "other-books"
	require.Equal(t, "2", Live(r, invoice).GetId())
	require.Equal(t, int64(2), Generation(r, invoice))
}

// A document that is made anew has another id: the one that is gone stays known.
func TestADocumentIsKnownByItsID(t *testing.T) {
	first, second := docRef("1"), docRef("2")
	first.Gone = true
	r := run(t, OpenSend(opens(testHash)), Claim(testClaim, nil), Note(testClaim.Owner, first), Note(testClaim.Owner, second))
	require.Len(t, r.GetDocuments(), 2)
	require.True(t, r.GetDocuments()[0].GetGone())
	again := docRef("2")
	again.Total = "600.00"
	r, err := Note(testClaim.Owner, again)(r)
	require.NoError(t, err)
	require.Len(t, r.GetDocuments(), 2)
	require.Equal(t, "600.00", r.GetDocuments()[1].GetTotal())
	require.Equal(t, first.GetId(), r.GetDocuments()[0].GetId())
}
