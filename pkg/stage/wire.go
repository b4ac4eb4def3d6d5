package stage

import (
	"log/slog"
	"path/filepath"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// Alone makes clients that share nothing with other processes, for commands that
// run once.
func Alone(c *connection.Config, log *slog.Logger) map[string]*servicetrade.Client {
	clients := make(map[string]*servicetrade.Client, len(c.Accounts))
	for id, a := range c.Accounts {
		clients[id] = servicetrade.New(plain(a, log))
	}
	return clients
}

func plain(a *connection.Account, log *slog.Logger) servicetrade.Config {
	st := a.ServiceTrade
	return servicetrade.Config{
		URL: st.URL, Auth: st.Auth, Username: st.Username, Password: st.Password.Reveal(),
		ClientID: st.ClientID, ClientSecret: st.ClientSecret.Reveal(),
		MaxParallel: st.MaxParallel, Log: log.With("account", a.ID),
	}
}

// Settings is what the connector of a connection is made from.
func Settings(config *connection.Config, c *connection.Connection, log *slog.Logger) connector.Settings {
	return connector.Settings{
		Connection: c.ID, Account: c.AccountID, Decode: c.DecodeSettings,
		Dir: filepath.Dir(config.Path), Log: log,
		Tokens: NoTokens(connector.ReasonUnreachable, "the sign-in of connection "+c.ID+" is kept in NATS, which this program does not ask"),
	}
}

// AccountOf returns how to find the account of a connection in the configuration in force.
func AccountOf(live *connection.Live) func(connection string) (string, bool) {
	return func(id string) (string, bool) {
		c, ok := live.Current().Connections[id]
		if !ok {
			return "", false
		}
		return c.AccountID, true
	}
}
