package stage

import (
	"context"
	"log/slog"
	"path/filepath"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/signin"
)

// Clients makes one ServiceTrade client for each account, keyed by account. With a
// key for secrets they share their sign-ins with all other processes over NATS.
func Clients(ctx context.Context, d runtime.Deps) (map[string]*servicetrade.Client, error) {
	store, err := signIns(ctx, d)
	if err != nil {
		return nil, err
	}
	clients := make(map[string]*servicetrade.Client, len(d.Config.Accounts))
	for id, a := range d.Config.Accounts {
		st := a.ServiceTrade
		c := servicetrade.Config{
			URL: st.URL, Auth: st.Auth, Username: st.Username, Password: st.Password.Reveal(),
			ClientID: st.ClientID, ClientSecret: st.ClientSecret.Reveal(),
			MaxParallel: st.MaxParallel, Log: d.Log.With("account", id),
		}
		if store != nil {
			c.Vault = store.Vault(id, st.URL, st.Auth, st.Identity())
		}
		clients[id] = servicetrade.New(c)
	}
	return clients, nil
}

// signIns opens the place of the shared sign-ins; nil without a key.
func signIns(ctx context.Context, d runtime.Deps) (*signin.Store, error) {
	if d.Config.Secrets.Key.IsZero() {
		d.Log.WarnContext(ctx, "sign-ins to ServiceTrade are not shared: there is no key for secrets (secrets.key_file, or TRADEPOST_SECRETS_KEY); "+
			"this process signs in by itself")
		return nil, nil
	}
	raw, err := d.Config.Secrets.Bytes()
	if err != nil {
		return nil, err
	}
	key, err := signin.NewKey(raw)
	if err != nil {
		return nil, err
	}
	return signin.Open(ctx, d.JS, key, d.Log)
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
