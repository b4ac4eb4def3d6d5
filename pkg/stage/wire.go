package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/calls"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/signin"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// callTimeout bounds one call to ServiceTrade, its answer included.
	callTimeout = 60 * time.Second
	// idleCalls is the least number of connections that are kept for an account.
	idleCalls = 4
)

// Clients makes one ServiceTrade client for each account, keyed by account. With a
// key for secrets they share their sign-ins with all other processes over NATS.
// Their calls are counted and traced by counted.
func Clients(ctx context.Context, d runtime.Deps, counted *telemetry.Calls) (map[string]*servicetrade.Client, error) {
	store, err := signIns(ctx, d)
	if err != nil {
		return nil, err
	}
	clients := make(map[string]*servicetrade.Client, len(d.Config.Accounts))
	for id, a := range d.Config.Accounts {
		st := a.ServiceTrade
		c := plain(a, d.Log)
		c.HTTPClient = httpClient(st.MaxParallel, counted)
		c.Limiter = calls.New(d.JS, calls.Limits{Account: id, Parallel: st.MaxParallel, PerMinute: st.CallsPerMinute}, d.Log)
		if store != nil {
			c.Vault = store.Vault(id, st.URL, st.Auth, st.Identity())
		}
		clients[id] = servicetrade.New(c)
	}
	if d.Health != nil {
		d.Health.AddReadiness("servicetrade", func() error { return troubles(d.Config, clients) })
	}
	return clients, nil
}

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

// troubles tells which accounts wait, and for whom. Only where all of them are
// signed out has the process nothing to do.
func troubles(config *connection.Config, clients map[string]*servicetrade.Client) error {
	used, out := map[string]bool{}, 0
	var told []string
	for _, c := range config.EnabledConnections() {
		if used[c.AccountID] || clients[c.AccountID] == nil {
			continue
		}
		used[c.AccountID] = true
		t := clients[c.AccountID].Trouble()
		if t == nil {
			continue
		}
		told = append(told, fmt.Sprintf("account %s waits: %s", c.AccountID, t))
		if t.Reason != servicetrade.ReasonForbidden {
			out++
		}
	}
	switch {
	case len(told) == 0:
		return nil
	case out == len(used):
		return errors.New(strings.Join(told, "; "))
	default:
		return runtime.Notice(strings.Join(told, "; "))
	}
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
