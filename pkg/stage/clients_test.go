package stage_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Nobody is given a client of another configuration, or none as if it were one.
func TestAClientIsOfTheAccountAsItIsDescribed(t *testing.T) {
	account := func(url string) *connection.Account {
		return &connection.Account{ID: "acme", ServiceTrade: connection.ServiceTrade{URL: url}}
	}
	with := func(a *connection.Account) *connection.Config {
		return &connection.Config{Accounts: map[string]*connection.Account{a.ID: a}}
	}
	before, after := account("https://one.test"), account("https://two.test")
	config := with(before)
	reg := prometheus.NewRegistry()
	clients, err := stage.Clients(t.Context(), runtime.Deps{Config: config, JS: bustest.Server(t).JS(t), Log: quiet(), Metrics: reg}, telemetry.NewCalls(reg, "test"))
	require.NoError(t, err)
	client, err := clients.Of(before)
	require.NoError(t, err)
	require.NotNil(t, client)
	clients.Follow(with(after))
	_, err = clients.Of(before)
	require.ErrorContains(t, err, "account acme: the configuration in force has changed meanwhile")
	other, err := clients.Of(after)
	require.NoError(t, err)
	require.NotSame(t, client, other)
	clients.Follow(&connection.Config{})
	_, err = clients.Of(after)
	require.ErrorContains(t, err, "has changed meanwhile")
}
