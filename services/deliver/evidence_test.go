package deliver

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// One record that cannot be asked for keeps no other one waiting, and is told.
func TestABadRecordKeepsNoOtherOneWaiting(t *testing.T) {
	all := []record.Entry{{Key: record.Key{Account: "acme", InvoiceID: 1}}, {Key: record.Key{Account: "acme", InvoiceID: 2}}, {Key: record.Key{Account: "acme", InvoiceID: 3}}}
	var asked []int64
	bad := errors.New("it is damaged")
	err := each(t.Context(), all, func(_ context.Context, e record.Entry) error {
		asked = append(asked, e.Key.InvoiceID)
		if e.Key.InvoiceID != 3 {
			return bad
		}
		return nil
	})
	require.Equal(t, []int64{1, 2, 3}, asked)
	require.ErrorIs(t, err, bad)
	require.ErrorContains(t, err, "acme.1: ")
	require.ErrorContains(t, err, "acme.2: ")
	require.NotContains(t, err.Error(), "acme.3")

	over, stop := context.WithCancel(t.Context())
	asked = nil
	err = each(over, all, func(_ context.Context, e record.Entry) error {
		asked = append(asked, e.Key.InvoiceID)
		stop()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []int64{1}, asked)
}

// The sweep ends its round at an error: a document that cannot be asked for now is none.
func TestTheSweepGoesOnBehindADocumentThatCannotBeAskedFor(t *testing.T) {
	for want, err := range map[error]error{nil: fmt.Errorf("%w of file-7:3: timeout", posting.ErrNotLooked), context.Canceled: context.Canceled} {
		require.Equal(t, want, sweeping(func(context.Context, record.Entry) error { return err })(t.Context(), record.Entry{}))
	}
}
