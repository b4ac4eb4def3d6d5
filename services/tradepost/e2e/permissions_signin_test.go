package e2e

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
)

// requireSignIns has deliver and the operator sign a connection in, renew it and look at
// it, with their permissions alone.
func (g *guarded) requireSignIns(t *testing.T) {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"token_type":"bearer","access_token":"a","refresh_token":"r","expires_in":1}`)
	}))
	t.Cleanup(vendor.Close)
	ring, err := keyring.Parse(keyring.NewKey())
	require.NoError(t, err)
	c := grant.Connection{ID: "acme-signed", Account: account, SignIn: connector.SignIn{
		System: "quickbooks", Title: "QuickBooks Online", ClientID: "id", ClientSecret: "secret",
		AuthorizeURL: vendor.URL, TokenURL: vendor.URL, RedirectURL: vendor.URL, CompanyParam: "realmId",
	}}
	for name, inbox := range map[string]string{"deliver": "deliver", "operator": "connect"} {
		u := g.connectAs(t, name, inbox)
		pauses, err := pause.Open(t.Context(), u.js)
		require.NoError(t, err, name)
		keeper, err := grant.Open(t.Context(), grant.Options{JS: u.js, Ring: ring, Pauses: pauses})
		require.NoError(t, err, name)
		desk := &grant.Desk{Keeper: keeper, Connection: func(context.Context, string) (grant.Connection, bool) { return c, true }}
		ticket, err := desk.Invite(t.Context(), c.ID, false)
		require.NoError(t, err, name)
		b, err := desk.Begin(t.Context(), "quickbooks", c.ID, ticket)
		require.NoError(t, err, name)
		page, err := url.Parse(b.URL)
		require.NoError(t, err)
		_, err = desk.Finish(t.Context(), "quickbooks", url.Values{"state": {page.Query().Get("state")}, "code": {"c"}, "realmId": {"1"}}, b.Browser)
		require.NoError(t, err, name)
		_, err = keeper.Tokens(c.ID, c.SignIn).Token(t.Context())
		require.NoError(t, err, name)
		states, err := grant.States(t.Context(), u.js)
		require.NoError(t, err, name)
		require.Equal(t, "1", states[c.ID].Company)
		lacks, err := grant.Open(t.Context(), grant.Options{JS: u.js, Owner: name, KeyMissing: func(string, error) {}})
		require.NoError(t, err, name)
		_, err = lacks.Tokens(c.ID, c.SignIn).Token(t.Context())
		require.ErrorContains(t, err, "there is no key for secrets here", name)
		missing, err := grant.KeysMissing(t.Context(), u.js)
		require.NoError(t, err, name)
		require.Equal(t, name, missing[c.ID][0].Process)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, lacks.Run(ended), name)
		kv, err := u.js.KeyValue(t.Context(), bus.BucketGrants)
		require.NoError(t, err)
		w, err := kv.Watch(t.Context(), c.ID)
		require.NoError(t, err, name)
		require.NoError(t, w.Stop(), name)
		require.NoError(t, u.nc.Flush())
		require.Empty(t, u.refused, name)
	}
}
