package pipeline_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// office is a plant that posts to QuickBooks Online, and a person with a browser.
type office struct {
	*plant
	stand  *stand.Stand
	realm  string
	public string
	js     jetstream.JetStream
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{plant: newPlant(t)}
	s := o.add("acme", 7)
	o.stand = stand.New(stand.Options{Book: s.API.Book(), PlainNames: true, Limits: stand.NoLimits(), AutoConnect: true})
	o.realm = o.stand.API.Realms()[0]
	web := httptest.NewServer(o.stand)
	t.Cleanup(web.Close)
	listen := bustest.FreeAddress(t)
	o.public = "http://" + listen
	o.more = map[string]any{"connect": map[string]any{"listen": listen, "public_url": o.public}}
	o.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "quickbooksonline", "mapping_file": "acme.yaml",
		"settings": map[string]any{"url": web.URL, "settling_time": "1s", "app": map[string]any{
			"client_id": stand.DefaultClientID, "client_secret": stand.DefaultClientSecret,
			"authorize_url": web.URL + "/connect/oauth2", "token_url": web.URL + "/oauth2/v1/tokens/bearer",
		}},
	}
	rules := mappingOf(s.API.Book())
	delete(rules, "accounts") // QuickBooks takes them from its items
	rules["customers"] = map[string]any{"match": []string{"name"}}
	rules["items"] = map[string]any{"match": []string{"code", "name"}}
	o.put("acme.yaml", rules)
	nc, err := nats.Connect("", nats.InProcessServer(o.nats))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	o.js, err = jetstream.New(nc)
	require.NoError(t, err)
	return o
}

// signIn opens a link as the command makes it, and presses its button.
func (o *office) signIn(config *connection.Config) {
	o.t.Helper()
	connectors, err := deliver.Connectors()
	require.NoError(o.t, err)
	c, err := stage.SignIn(o.t.Context(), config, config.Connections["acme-books"], connectors, nil)
	require.NoError(o.t, err)
	ring, err := keyring.Parse(config.Secrets.Key.Reveal())
	require.NoError(o.t, err)
	keeper, err := grant.Open(o.t.Context(), grant.Options{JS: o.js, Ring: ring})
	require.NoError(o.t, err)
	desk := &grant.Desk{Keeper: keeper, Connection: func(_ context.Context, _ string) (grant.Connection, bool) { return c, true }}
	ticket, err := desk.Invite(o.t.Context(), "acme-books", false)
	require.NoError(o.t, err)
	jar, err := cookiejar.New(nil)
	require.NoError(o.t, err)
	link, _, _ := strings.Cut(grant.Link(o.public, c, ticket), "?")
	res, err := (&http.Client{Jar: jar}).PostForm(link, url.Values{"ticket": {ticket}})
	require.NoError(o.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(o.t, err)
	require.Contains(o.t, string(body), "QuickBooks Online is connected", "%s", bytes.TrimSpace(body))
}

func (o *office) posted() int {
	return len(o.stand.API.Objects(o.realm, "Invoice")) + len(o.stand.API.Objects(o.realm, "CreditMemo"))
}

// From nothing to a posted invoice; then somebody disconnects Tradepost in QuickBooks:
// the invoices wait, everybody is told why, and a new sign-in lets them go on.
func TestSignedInOutAndInAgain(t *testing.T) {
	o := newOffice(t)
	config := o.startUnready("sign it in: tradepost connect quickbooks acme-books")
	first := o.sendOne()
	o.signIn(config)
	o.awaitSettled("acme")
	require.Equal(t, 1, o.posted())
	require.Equal(t, "processed", o.status(first))

	o.stand.API.Disconnect(o.realm)
	second := o.sendOne()
	store, err := pause.Open(t.Context(), o.js)
	require.NoError(t, err)
	o.await("paused", func() bool {
		p, err := store.Get(t.Context(), "acme-books")
		return err == nil && p.GetReason() == "signed_out" && strings.Contains(p.GetMessage(), "somebody disconnected Tradepost there")
	})
	o.await("readiness tells the way out", func() bool {
		return strings.Contains(o.health.Readiness().Checks["deliver/sign-ins"], "tradepost connect quickbooks acme-books")
	})
	require.Equal(t, "pending_accounting", o.status(second))
	require.Equal(t, 1, o.posted())
	l := o.life(second)
	require.Contains(t, l.Waits, "somebody disconnected Tradepost there")
	require.Equal(t, "administrator: Sign in again: tradepost connect quickbooks acme-books - what waits is then posted by itself.", l.Todo[0])

	o.signIn(config)
	o.awaitSettled("acme")
	require.Equal(t, 2, o.posted())
	o.await("no pause is left", func() bool {
		p, err := store.Get(t.Context(), "acme-books")
		return err == nil && p == nil
	})
	o.await("readiness tells nothing of it", func() bool { return o.health.Readiness().Checks["deliver/sign-ins"] == "ok" })
	require.NotContains(t, o.log.String(), stand.DefaultClientSecret)
}

func (o *office) sendOne() int64 { return o.send("acme", 1)[0] }

func (o *office) status(id int64) string {
	for _, inv := range o.sandboxes["acme"].API.Invoices() {
		if inv.ID == id {
			return inv.Status
		}
	}
	return ""
}
