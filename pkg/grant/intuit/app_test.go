package intuit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant/intuit"
)

func TestAnAppIsCheckedAsAWhole(t *testing.T) {
	require.NoError(t, intuit.App{}.Problems(), "no app at all: nobody signs in with it")
	whole := intuit.App{ClientID: "id", ClientSecret: connection.NewSecret("secret"), RedirectURL: "http://localhost:8085/connect/quickbooks/callback"}
	require.NoError(t, whole.Problems())
	require.ErrorContains(t, intuit.App{ClientID: "id"}.Problems(), "app.client_secret: is missing")

	err := intuit.App{RedirectURL: "http://tradepost.acme.example/x", TokenURL: "tokens", RevokeURL: "https://u:p@vendor.example"}.Problems()
	for _, want := range []string{
		"app.client_id: is missing", "app.client_secret: is missing", "app.redirect_url: begin it with https://",
		"app.token_url: is no complete address", "app.revoke_url: leave out user, password and #",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestWhatIntuitDocuments(t *testing.T) {
	in := intuit.App{ClientID: "id", ClientSecret: connection.NewSecret("secret")}.SignIn("9130")
	require.Equal(t, "https://appcenter.intuit.com/connect/oauth2", in.AuthorizeURL)
	require.Equal(t, "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer", in.TokenURL)
	require.Equal(t, []string{"com.intuit.quickbooks.accounting"}, in.Scopes)
	require.Equal(t, "realmId", in.CompanyParam)
	require.Equal(t, "9130", in.Company)
	require.Equal(t, "true", in.Header.Get("x-include-refresh-token-hard-expires-in"))
	require.Equal(t, 100*24*time.Hour, in.RefreshLife)

	other := intuit.App{TokenURL: "http://localhost:8390/tokens"}.SignIn("")
	require.Equal(t, "http://localhost:8390/tokens", other.TokenURL)
	require.Equal(t, in.AuthorizeURL, other.AuthorizeURL)
}
