package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

// An endpoint's query may hold its key. It gets into no message, and what tells the same
// books from others has it as a hash.
func TestAKeyInTheQueryIsNotTold(t *testing.T) {
	at := func(url string) connector.Connector {
		return connect(t, "https://127.0.0.1:1/api/tradepost", func(c *webhook.Config) { c.URL = url })
	}
	c := at("https://127.0.0.1:1/api/tradepost?code=THEKEY")
	_, err := c.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "THEKEY")
	place := func(c connector.Connector) string { return c.(interface{ Location() string }).Location() }
	require.NotContains(t, place(c), "THEKEY")
	require.NotEqual(t, place(c), place(at("https://127.0.0.1:1/api/tradepost?code=OTHER")))
	require.Equal(t, "https://127.0.0.1:1/api/tradepost", place(at("https://127.0.0.1:1/api/tradepost")))
}
