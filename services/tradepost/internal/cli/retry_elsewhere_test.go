package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
)

const postedElsewhere = `"state":"RECORD_STATE_HELD","heldReason":"posted before by connection acme-books","heldFrom":"RECORD_STATE_OPENING",
"documents":[{"kind":"DOCUMENT_KIND_INVOICE","connection":"acme-books","id":"17"}]`

// Its own connection is not in the configuration any more: the one that has the
// document carries the retry out.
func TestRetryOfOneHeldForADocumentElsewhere(t *testing.T) {
	s := newShelf(t)
	s.keep("acme", "gone-books", 8, postedElsewhere)
	code, out := s.say("", "retry", "8")
	require.Equal(t, runtime.ExitOK, code, out)
	require.Contains(t, out, "over connection acme-books")
	require.Contains(t, out, "has a document in the books of connection acme-books, and belonged to connection gone-books")
	require.Contains(t, out, "if the filters name that one now")
	require.Equal(t, []string{"8 "}, s.commands())

	code, out = s.say("", "retry", "--all", "--yes")
	require.Equal(t, runtime.ExitOK, code, out)
	require.Equal(t, []string{"8 ", "8 "}, s.commands())
}

func TestRetryThatNobodyWouldCarryOutIsRefused(t *testing.T) {
	s := newShelf(t)
	s.fill()
	code, out := s.say("", "retry", "7")
	require.NotEqual(t, runtime.ExitOK, code)
	require.Contains(t, out, "connection gone-books, which the configuration does not have")
	require.Empty(t, s.commands())
}
