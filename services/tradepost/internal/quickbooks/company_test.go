package quickbooks

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	"github.com/tradepost/tradepost/services/sandbox"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// settling is long enough for a machine that is busy.
const settling = time.Second

var companies atomic.Int64

// company is one company of the stand-in, with what the samples name.
type company struct {
	t      *testing.T
	stand  *stand.Stand
	server *httptest.Server
	realm  string
	tokens stand.Tokens
	met    atomic.Pointer[string]
	config func(*quickbooksonline.Config)
}

func newCompany(t *testing.T, change func(*stand.Settings)) *company {
	t.Helper()
	settings := stand.DefaultSettings("Meridian")
	settings.ClosedThrough = "2020-12-31"
	if change != nil {
		change(&settings)
	}
	c := &company{t: t}
	past := true // What is made now was there long before the first call.
	var mu sync.Mutex
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		if past {
			return time.Now().Add(-time.Hour)
		}
		return time.Now()
	}
	c.stand = stand.New(stand.Options{Companies: 2, Book: books(), Settings: settings, Limits: stand.NoLimits(), Now: now, AccessLifetime: 24 * time.Hour})
	c.realm = c.stand.API.Realms()[companies.Add(1)%2]
	tokens, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.tokens = tokens
	c.server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.server.Close)
	c.trouble("")(true)
	c.put("Vendor", stand.Object{"DisplayName": "Vera Vendor"})
	income := c.named("Account", "Services")
	c.put("Item", stand.Object{"Name": "Labor", "Sku": "L-1", "Type": "Service", "IncomeAccountRef": stand.Object{"value": income["Id"]}})
	mu.Lock()
	defer mu.Unlock()
	past = false
	return c
}

// books fills every company of the tests: its accounts, classes and places are there
// already.
var books = sync.OnceValue(func() *stand.Book { return sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 1}) })

func (c *company) put(entity string, o stand.Object) stand.Object {
	c.t.Helper()
	made, err := c.stand.API.Put(c.realm, entity, o)
	require.NoError(c.t, err)
	return made
}

func (c *company) named(entity, name string) stand.Object {
	c.t.Helper()
	for _, o := range c.stand.API.Objects(c.realm, entity) {
		if o["Name"] == name || o["DisplayName"] == name {
			return o
		}
	}
	require.Fail(c.t, "no such record", "%s %s", entity, name)
	return nil
}

// connect makes a connector, as after a restart.
func (c *company) connect() *quickbooksonline.Online {
	c.t.Helper()
	cfg := quickbooksonline.Config{
		CompanyID: c.realm, URL: c.server.URL, AccessToken: connection.NewSecret(c.tokens.Access), SettlingTime: settling,
	}
	if c.config != nil {
		c.config(&cfg)
	}
	made, err := quickbooksonline.New(cfg, connector.Settings{Connection: "kit-qbo", Account: "kit"}, quickbooksonline.Options{})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = made.Close() })
	return made
}

// hide keeps writes from searches for as long as the connector says at the most.
func (c *company) hide(on bool) {
	c.stand.API.Configure(c.realm, func(s *stand.Settings) {
		s.QueryDelay = 0
		if on {
			s.QueryDelay = time.Hour
		}
	})
}

// marked lists the documents of a marker, with their entity.
func (c *company) marked(marker string) map[string][]stand.Object {
	found := map[string][]stand.Object{}
	for _, entity := range []string{"Invoice", "CreditMemo"} {
		for _, o := range c.stand.API.Objects(c.realm, entity) {
			if note, _ := o["PrivateNote"].(string); strings.Contains(note, "["+marker+" ") {
				found[entity] = append(found[entity], o)
			}
		}
	}
	return found
}

func (c *company) count(marker string) int {
	n := 0
	for _, list := range c.marked(marker) {
		n += len(list)
	}
	return n
}

func (c *company) remove(marker string) {
	for entity, list := range c.marked(marker) {
		for _, o := range list {
			require.NoError(c.t, c.stand.API.Delete(c.realm, entity, o["Id"].(string)))
		}
	}
}

// tamper makes a document cost a dollar more.
func (c *company) tamper(marker string) {
	for entity, list := range c.marked(marker) {
		for _, o := range list {
			var changed stand.Object
			raw, err := json.Marshal(o)
			require.NoError(c.t, err)
			require.NoError(c.t, json.Unmarshal(raw, &changed))
			line := changed["Line"].([]any)[0].(map[string]any)
			line["Amount"] = line["Amount"].(float64) + 1
			delete(line["SalesItemLineDetail"].(map[string]any), "Qty")
			delete(line["SalesItemLineDetail"].(map[string]any), "UnitPrice")
			c.put(entity, changed)
		}
	}
}

// only is the one document of a marker.
func (c *company) only(marker string) stand.Object {
	c.t.Helper()
	var all []stand.Object
	for _, list := range c.marked(marker) {
		all = append(all, list...)
	}
	require.Len(c.t, all, 1, marker)
	return all[0]
}

func reference(o stand.Object, name string) string {
	inner, _ := o[name].(map[string]any)
	id, _ := inner["value"].(string)
	return id
}

// create makes a document as deliver does, after a look.
func (c *company) create(q *quickbooksonline.Online, d *tradepostv1.Document) connector.Answer {
	c.t.Helper()
	hash, err := canonical.Message(d)
	require.NoError(c.t, err)
	found, err := q.Find(c.t.Context(), connector.Query{Kind: d.GetKind(), Marker: d.GetMarker()})
	require.NoError(c.t, err)
	require.Empty(c.t, found)
	return q.Create(c.t.Context(), c.posting(d, hash))
}

func (c *company) posting(d *tradepostv1.Document, hash string) connector.Posting {
	key, err := canonical.Value([]string{d.GetMarker(), hash})
	require.NoError(c.t, err)
	return connector.Posting{Document: d, DocumentHash: hash, Generation: 1, Key: key[:40]}
}

func (c *company) posted(q *quickbooksonline.Online, d *tradepostv1.Document) connector.Posted {
	c.t.Helper()
	a := c.create(q, d)
	require.IsType(c.t, connector.Posted{}, a, "%+v", a)
	return a.(connector.Posted)
}

func (c *company) rejected(q *quickbooksonline.Online, d *tradepostv1.Document) connector.Rejected {
	c.t.Helper()
	a := c.create(q, d)
	require.IsType(c.t, connector.Rejected{}, a, "%+v", a)
	return a.(connector.Rejected)
}

// first is some record of an entity.
func (c *company) first(entity string) stand.Object {
	c.t.Helper()
	all := c.stand.API.Objects(c.realm, entity)
	require.NotEmpty(c.t, all, entity)
	return all[0]
}

func hashOf(t *testing.T, d *tradepostv1.Document) string {
	t.Helper()
	hash, err := canonical.Message(d)
	require.NoError(t, err)
	return hash
}
