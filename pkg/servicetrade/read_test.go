package servicetrade_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const saved = `{"id": 9007199254740993, "invoiceNumber": "17", "totalPrice": 12.340, "items": [{"id": 1, "quantity": 2, "price": "6.17"}]}`

func TestASavedInvoiceIsReadWithAndWithoutItsEnvelope(t *testing.T) {
	bare, err := servicetrade.ReadInvoice([]byte(saved))
	require.NoError(t, err)
	require.Equal(t, int64(9007199254740993), bare.GetId())
	require.Equal(t, "12.340", bare.GetTotalPrice(), "every digit is kept")
	require.Len(t, bare.GetItems(), 1)
	for _, body := range []string{`{"data": ` + saved + `}`, `{"messages": [], "data": {"invoice": ` + saved + `}}`} {
		inv, err := servicetrade.ReadInvoice([]byte(body))
		require.NoError(t, err, body)
		require.True(t, proto.Equal(bare, inv), body)
	}
}

func TestWhatIsNoSavedInvoiceIsRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{}`, `null`, `{"data": null}`, `{"data": {"id": 0}}`, `{"id": "x"}`, `{"id": 1, "items": [7]}`, `{"id":1`} {
		_, err := servicetrade.ReadInvoice([]byte(body))
		require.Error(t, err, body)
	}
}

func FuzzReadInvoice(f *testing.F) {
	f.Add([]byte(saved))
	f.Add([]byte(`{"data": {"invoice": ` + saved + `, "companies": [{"id": 2}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if inv, err := servicetrade.ReadInvoice(body); err == nil {
			require.Positive(t, inv.GetId())
		}
	})
}
