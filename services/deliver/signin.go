package deliver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/grant/page"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
)

// openGrants opens the place of the sign-ins to accounting systems. Without the key of
// one it leaves its connection to replicas that have it: leave is called with why.
func openGrants(ctx context.Context, d runtime.Deps, paused *pause.Store, leave func(connection string, why error)) (*grant.Keeper, error) {
	var ring *keyring.Ring
	if secrets := d.Configuration().Current().Secrets; !secrets.Key.IsZero() {
		var err error
		if ring, err = secrets.Ring(); err != nil {
			return nil, err
		}
	}
	return grant.Open(ctx, grant.Options{
		JS: d.JS, Ring: ring, Pauses: paused, KeyMissing: leave, Log: d.Log, Metrics: d.Metrics, Owner: d.Instance,
	})
}

// tokens returns those of a connection that a person signs in; nil where its accounting
// system has no sign-in. They are looked after also while the connection cannot be
// attached, which is so until somebody has signed in.
func (s *Service) tokens(ctx context.Context, config *connection.Config, c *connection.Connection, log *slog.Logger) (connector.Tokens, error) {
	signed, err := stage.SignIn(ctx, config, c, s.connectors, log)
	switch {
	case errors.Is(err, stage.ErrNoSignIn):
		return nil, nil
	case errors.Is(err, stage.ErrNoApp):
		return stage.NoTokens(connector.ReasonSignedOut, err.Error()), nil
	case err != nil:
		return nil, err
	}
	return s.grants.Tokens(c.ID, signed.SignIn), nil
}

// listenToSignIns opens the address of the pages on which people sign connections in.
func (s *Service) listenToSignIns() (err error) {
	address := s.deps.Config.Connect.Listen
	if address == "off" || address == "" {
		return nil
	}
	s.signInPages, err = runtime.ListenFor("connect.listen, TRADEPOST_CONNECT_LISTEN", address, s.signIns())
	if err == nil {
		s.deps.Log.Info("serving the pages for signing in", "address", s.signInPages.Addr())
	}
	return err
}

func (s *Service) signIns() http.Handler {
	name := func(ctx context.Context, id string, tokens connector.Tokens) (string, error) {
		config := s.live.Current()
		c := config.Connections[id]
		if c == nil {
			return "", nil
		}
		return stage.CompanyName(ctx, config, c, s.connectors, func(o *connector.Settings) { o.Tokens, o.Calls = tokens, s.calls.For })
	}
	return page.New(page.Options{Log: s.deps.Log, Desk: &grant.Desk{Keeper: s.grants, CompanyName: name, Connection: func(ctx context.Context, id string) (grant.Connection, bool) {
		config := s.live.Current()
		c := config.Connections[id]
		if c == nil || !c.Enabled {
			return grant.Connection{}, false
		}
		signed, err := stage.SignIn(ctx, config, c, s.connectors, s.deps.Log)
		return signed, err == nil
	}}})
}
