package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
)

// LoopbackPort is where `tradepost connect` listens when the settings name no address.
const LoopbackPort = "8085"

// ErrNoSignIn means that a connection's accounting system has no sign-in.
var ErrNoSignIn = errors.New("its accounting system has no sign-in")

// ErrNoApp means that the settings of a connection name no app to sign in with.
var ErrNoApp = errors.New("it has no app to sign in with: add its client_id and client_secret to the connection's settings")

// SignIn reads from a connection's settings how it is signed in, with the address that
// the browser comes back to.
func SignIn(ctx context.Context, config *connection.Config, c *connection.Connection, connectors *connector.Registry, log *slog.Logger) (grant.Connection, error) {
	reg, err := connectors.Lookup(c.Connector)
	if err != nil {
		return grant.Connection{}, err
	}
	if reg.SignIn == nil {
		return grant.Connection{}, fmt.Errorf("connection %s (%s): %w", c.ID, reg.Title, ErrNoSignIn)
	}
	in, err := reg.SignIn(ctx, Settings(config, c, log))
	if err != nil {
		return grant.Connection{}, fmt.Errorf("read how connection %s is signed in: %w", c.ID, err)
	}
	if in.ClientID == "" || in.ClientSecret == "" {
		return grant.Connection{}, fmt.Errorf("connection %s (%s): %w", c.ID, in.Title, ErrNoApp)
	}
	if in.CompanyParam == "" {
		return grant.Connection{}, fmt.Errorf("connector %s does not say which parameter names the company", c.Connector)
	}
	in.RedirectURL = redirect(in, config.Connect.PublicURL)
	return grant.Connection{ID: c.ID, Name: cmp.Or(c.DisplayName, c.ID), Account: c.AccountID, SignIn: in}, nil
}

func redirect(in connector.SignIn, public string) string {
	switch {
	case in.RedirectURL != "":
		return in.RedirectURL
	case public != "":
		return strings.TrimRight(public, "/") + grant.CallbackPath(in.System)
	}
	u := url.URL{Scheme: "http", Host: "localhost:" + LoopbackPort, Path: grant.CallbackPath(in.System)}
	return u.String()
}

// CompanyName asks the books of a connection for their name. give completes the
// connection's settings, with tokens. Nothing is written.
func CompanyName(ctx context.Context, config *connection.Config, c *connection.Connection, connectors *connector.Registry, give func(*connector.Settings)) (string, error) {
	reg, err := connectors.Lookup(c.Connector)
	if err != nil {
		return "", err
	}
	settings := Settings(config, c, slog.New(slog.DiscardHandler))
	give(&settings)
	made, err := reg.New(ctx, settings)
	if err != nil {
		return "", err
	}
	company, err := made.Company(ctx)
	return company.Name, errors.Join(err, made.Close())
}

// NoTokens are the tokens of a connection that cannot have any; why is told by every call.
func NoTokens(reason, why string) connector.Tokens { return noTokens{reason: reason, why: why} }

type noTokens struct{ reason, why string }

func (n noTokens) err() error {
	return connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: n.reason, Message: n.why})
}

// Token implements connector.Tokens.
func (n noTokens) Token(context.Context) (string, error) { return "", n.err() }

// Refused implements connector.Tokens.
func (noTokens) Refused(context.Context, string) {}

// Company implements connector.Tokens.
func (n noTokens) Company(context.Context) (string, error) { return "", n.err() }
