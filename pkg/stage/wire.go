package stage

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// callTimeout bounds one call to ServiceTrade, its answer included.
	callTimeout = 60 * time.Second
	// idleCalls is the least number of connections that are kept for an account.
	idleCalls = 4
)

// Clients makes one ServiceTrade client for each account, keyed by account. Their
// calls are counted and traced by calls.
func Clients(c *connection.Config, log *slog.Logger, calls *telemetry.Calls) map[string]*servicetrade.Client {
	clients := make(map[string]*servicetrade.Client, len(c.Accounts))
	for id, a := range c.Accounts {
		clients[id] = servicetrade.New(servicetrade.Config{
			URL: a.ServiceTrade.URL, Username: a.ServiceTrade.Username,
			Password: a.ServiceTrade.Password.Reveal(), MaxParallel: a.ServiceTrade.MaxParallel,
			HTTPClient: httpClient(a.ServiceTrade.MaxParallel, calls), Log: log.With("account", id),
		})
	}
	return clients
}

// httpClient is one account's: as many idle connections as calls at the same time.
func httpClient(parallel int, calls *telemetry.Calls) *http.Client {
	t := http.DefaultTransport
	if standard, ok := t.(*http.Transport); ok {
		own := standard.Clone()
		own.MaxIdleConnsPerHost = max(parallel, idleCalls)
		t = own
	}
	return &http.Client{Timeout: callTimeout, Transport: calls.Transport(t)}
}

// Settings is what the connector of a connection is made from.
func Settings(config *connection.Config, c *connection.Connection, log *slog.Logger) connector.Settings {
	return connector.Settings{
		Connection: c.ID, Account: c.AccountID, Decode: c.DecodeSettings,
		Dir: filepath.Dir(config.Path), Log: log,
	}
}

// AccountOf returns how to find the account of a connection.
func AccountOf(config *connection.Config) func(connection string) (string, bool) {
	return func(id string) (string, bool) {
		c, ok := config.Connections[id]
		if !ok {
			return "", false
		}
		return c.AccountID, true
	}
}
