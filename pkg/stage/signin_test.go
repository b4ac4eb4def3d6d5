package stage_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
)

// The address that the browser comes back to is the app's own, else deliver's page,
// else this machine.
func TestWhereTheBrowserComesBackTo(t *testing.T) {
	app := connector.SignIn{System: "quickbooks", Title: "QuickBooks Online", ClientID: "id", ClientSecret: "secret", CompanyParam: "realmId"}
	registry, err := connector.NewRegistry(
		connector.Registration{Kind: "online", SignIn: func(context.Context, connector.Settings) (connector.SignIn, error) { return app, nil }},
		connector.Registration{Kind: "plain", Title: "Plain books"})
	require.NoError(t, err)
	config := &connection.Config{}
	c := &connection.Connection{ID: "acme-qbo", AccountID: "acme", Connector: "online"}
	back := func() string {
		t.Helper()
		signed, err := stage.SignIn(t.Context(), config, c, registry, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Equal(t, "acme-qbo", signed.Name)
		return signed.SignIn.RedirectURL
	}
	require.Equal(t, "http://localhost:8085/connect/quickbooks/callback", back())
	config.Connect.PublicURL = "https://tradepost.acme.example/books/"
	require.Equal(t, "https://tradepost.acme.example/books/connect/quickbooks/callback", back())
	app.RedirectURL = "https://elsewhere.example/back"
	require.Equal(t, app.RedirectURL, back())

	app.ClientSecret = ""
	_, err = stage.SignIn(t.Context(), config, c, registry, nil)
	require.ErrorIs(t, err, stage.ErrNoApp)
	c.Connector = "plain"
	_, err = stage.SignIn(t.Context(), config, c, registry, nil)
	require.ErrorIs(t, err, stage.ErrNoSignIn)
}

// A program that only looks at settings has no tokens, and says so in every call.
func TestNoTokens(t *testing.T) {
	tokens := stage.Settings(&connection.Config{}, &connection.Connection{ID: "acme-qbo"}, nil).Tokens
	_, err := tokens.Token(t.Context())
	answer, ok := connector.AnswerOf(err)
	require.True(t, ok)
	require.Equal(t, connector.ReasonUnreachable, answer.(connector.Wait).Reason)
	_, err = tokens.Company(t.Context())
	require.ErrorContains(t, err, "acme-qbo")
	tokens.Refused(t.Context(), "x")
}
