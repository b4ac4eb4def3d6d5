package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const (
	// loadVariable is how many invoices each company gets: 2,500 for figures to quote
	// (make load-qbo), which take some seven minutes.
	loadVariable = "TRADEPOST_TEST_LOAD"
	companies    = 4
	delivers     = 3
	// worksFor is how long QuickBooks works on each call.
	worksFor = 200 * time.Millisecond
)

// load is four companies of QuickBooks Online, each with a ServiceTrade account of its
// own, behind one pipeline with three replicas of deliver.
type load struct {
	*plant
	invoices int
	stand    *quickbooks.Stand
	sites    []*sandbox.Sandbox
}

// Four companies post as fast as they may, through the product's own processes: not one
// call is refused, the permitted rate is used, few reads are metered, and no company
// waits for another. Without the variable a small load goes through once, and the bounds
// are not judged: a machine that is busy with other tests delays calls on their way.
func TestFourCompaniesUseTheDocumentedLimitsAndKeepThem(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: not with -short")
	}
	invoices, err := strconv.Atoi(cmp.Or(os.Getenv(loadVariable), "40"))
	require.NoError(t, err, loadVariable)
	l := newLoad(t, invoices)
	began, before := time.Now(), readBusy()
	l.run()
	took, spent := time.Since(began), readBusy().since(before)
	f := l.figures()
	t.Logf("%d invoices of each of %d companies in %s\n%s%s", invoices, companies, took.Round(time.Second), f, spent)
	l.requirePosted()
	if os.Getenv(loadVariable) != "" {
		f.requireBounds(t)
	}
}

func newLoad(t *testing.T, invoices int) *load {
	t.Helper()
	l := &load{invoices: invoices, plant: &plant{t: t, dir: t.TempDir(), procs: map[string]*proc{}}}
	l.stand = quickbooks.New(quickbooks.Options{Companies: companies, Book: l.book(), Work: worksFor})
	web := httptest.NewServer(l.stand)
	t.Cleanup(web.Close)
	l.startNATS()
	l.configure(web.URL)
	l.tradepost("nats", "apply", "--first-install")
	for _, s := range stages {
		replicas := 1
		if s == "deliver" {
			replicas = delivers
		}
		for i := range replicas {
			listen := bustest.FreeAddress(t)
			l.add(&proc{
				name: fmt.Sprint(s, "-", i+1), program: s, args: []string{"--config", l.path("tradepost.yaml")}, ready: listen,
				env: []string{"TRADEPOST_HTTP_LISTEN=" + listen},
			})
		}
	}
	return l
}

// book is what each ServiceTrade account has: all companies are filled alike.
func (l *load) book() *sandbox.Book {
	return sandbox.GenerateBook(sandbox.BookOptions{Seed: 21, Invoices: l.invoices, MaxLines: 4})
}

// configure writes the configuration of all companies, which share one app.
func (l *load) configure(url string) {
	l.t.Helper()
	accounts, connections := map[string]any{}, map[string]any{}
	for i, realm := range l.stand.API.Realms() {
		site := sandbox.New(sandbox.Options{Book: l.book(), Configured: true})
		web := httptest.NewServer(site)
		l.t.Cleanup(web.Close)
		l.sites = append(l.sites, site)
		name := fmt.Sprint("site-", i+1)
		accounts[name] = map[string]any{
			"time_zone": site.API.Book().TimeZone,
			"servicetrade": map[string]any{
				"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
				"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "10s", "external_system": site.API.Book().ExternalSystem,
			},
		}
		tokens, err := l.stand.API.Connect(realm)
		require.NoError(l.t, err)
		connections[name+"-books"] = map[string]any{
			"account": name, "connector": "quickbooksonline", "mapping_file": "mapping.yaml",
			"settings": map[string]any{
				"company_id": realm, "url": url, "access_token": tokens.Access,
				"app": map[string]any{"client_id": quickbooks.DefaultClientID, "client_secret": quickbooks.DefaultClientSecret},
			},
		}
	}
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	require.NoError(l.t, os.WriteFile(l.path("secrets.key"), []byte(key), 0o600))
	l.write("tradepost.yaml", map[string]any{
		"nats": map[string]any{"url": l.natsURL}, "secrets": map[string]any{"key_file": "secrets.key"},
		"accounts": accounts, "connections": connections,
	})
	l.write("mapping.yaml", map[string]any{
		"version":   1,
		"customers": map[string]any{"match": []string{"external_id", "table"}, "table": table(l.book().CustomerTable)},
		"items":     map[string]any{"match": []string{"external_id", "table"}, "table": table(l.book().ItemTable)},
		"tax":       map[string]any{"mode": "as_billed", "code": "TAX"},
	})
}

// run has everything sent, and waits until all of it is processed.
func (l *load) run() {
	l.t.Helper()
	for _, site := range l.sites {
		ids, err := site.API.SendAll("")
		require.NoError(l.t, err)
		require.Len(l.t, ids, l.invoices)
	}
	for _, p := range l.procs {
		if p.program != "" {
			p.start()
		}
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), 2*time.Minute+time.Duration(l.invoices)*300*time.Millisecond)
	defer cancel()
	for _, site := range l.sites {
		err := site.API.Await(ctx, func(a *sandbox.API) bool { return a.Counts()["pending_accounting"] == 0 })
		require.NoError(l.t, err, "%v", site.API.Counts())
	}
}

// requirePosted wants each invoice processed, and once in its company.
func (l *load) requirePosted() {
	l.t.Helper()
	for i, realm := range l.stand.API.Realms() {
		require.Equal(l.t, l.invoices, l.sites[i].API.Counts()["processed"], "%v", l.sites[i].API.Counts())
		posted := len(l.stand.API.Objects(realm, "Invoice")) + len(l.stand.API.Objects(realm, "CreditMemo"))
		require.Equal(l.t, l.invoices, posted, "documents of company %s", realm)
	}
}
