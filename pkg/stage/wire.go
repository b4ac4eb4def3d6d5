package stage

import (
	"log/slog"
	"path/filepath"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// Clients makes one ServiceTrade client for each account, keyed by account.
func Clients(c *connection.Config, log *slog.Logger) map[string]*servicetrade.Client {
	clients := make(map[string]*servicetrade.Client, len(c.Accounts))
	for id, a := range c.Accounts {
		clients[id] = servicetrade.New(servicetrade.Config{
			URL: a.ServiceTrade.URL, Auth: a.ServiceTrade.Auth,
			Username: a.ServiceTrade.Username, Password: a.ServiceTrade.Password.Reveal(),
			ClientID: a.ServiceTrade.ClientID, ClientSecret: a.ServiceTrade.ClientSecret.Reveal(),
			MaxParallel: a.ServiceTrade.MaxParallel, Log: log.With("account", id),
		})
	}
	return clients
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
