package bus_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func TestStoredMessagesAreReadByPlaceAndBySubject(t *testing.T) {
	js := bustest.Server(t).JS(t)
	mine := bus.Subject{Stage: bus.StageReceived, Connection: "acme-books", InvoiceID: 7}
	for _, s := range []string{mine.String(), "invoice.received.acme-books.77", "invoice.received.other-books.7", mine.String()} {
		_, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: s, Data: []byte(s), Header: nats.Header{"A": {"first", "second"}}})
		require.NoError(t, err)
	}
	m, err := bus.At(t.Context(), js, bus.StreamReceived, 4)
	require.NoError(t, err)
	require.Equal(t, mine, m.Subject)
	require.Equal(t, "first", m.Headers["A"], "of a repeated header the first value counts")
	require.False(t, m.Published.IsZero())
	_, err = bus.At(t.Context(), js, bus.StreamReceived, 5)
	require.ErrorIs(t, err, bus.ErrNoMessage)
	_, err = bus.At(t.Context(), js, "NO_SUCH", 1)
	require.Error(t, err)
	require.NotErrorIs(t, err, bus.ErrNoMessage)

	var seen []uint64
	collect := func(m bus.Message) error { seen = append(seen, m.Sequence); return nil }
	require.NoError(t, bus.Of(t.Context(), js, bus.StreamReceived, "invoice.*.acme-books.7", collect))
	require.Equal(t, []uint64{1, 4}, seen, "another invoice's, and another connection's, are not")
	require.NoError(t, bus.Of(t.Context(), js, bus.StreamDead, "invoice.*.acme-books.7", collect))
	require.Len(t, seen, 2)
}
