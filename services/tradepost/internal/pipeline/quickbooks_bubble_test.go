package pipeline_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const quickbooksHost = "quickbooks.test"

var rewrite = flag.Bool("update", false, "write the golden files anew")

// online is a bubble whose books are a company of QuickBooks Online. The bookkeeper
// works in that company by hand.
type online struct {
	*bubble
	stand *quickbooks.Stand
	realm string
}

// company is how a test wants the company, and the mapping.
type company struct {
	settings func(s *quickbooks.Settings)
	mapping  map[string]any
	resend   string
	// customers of the connector's settings.
	customers map[string]any
	// taxed has ServiceTrade show the tax of some invoices.
	taxed bool
	// parallel is how many documents are worked on at once; 0 is the connector's own.
	parallel int
	// unstarted leaves it to the test to start the stages.
	unstarted bool
}

// inQuickBooks runs a test with one replica of each stage.
func inQuickBooks(t *testing.T, c company, test func(o *online)) {
	t.Helper()
	var o *online
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 11, Invoices: 6, MaxLines: 4, TaxShown: c.taxed})
	replicas := 1
	if c.unstarted {
		replicas = 0
	}
	inBubbleOf(t, sandbox.Options{Book: book}, replicas, func(b *bubble) {
		settings := quickbooks.DefaultSettings("Meridian Mechanical & Fire")
		if c.settings != nil {
			c.settings(&settings)
		}
		o = &online{bubble: b, stand: quickbooks.New(quickbooks.Options{
			Book: book, Settings: settings, PlainNames: true, AccessLifetime: 24 * time.Hour,
		})}
		o.realm = o.stand.API.Realms()[0]
		tokens, err := o.stand.API.Connect(o.realm)
		require.NoError(t, err)
		b.hosts, b.kind = map[string]http.Handler{quickbooksHost: o.stand}, "quickbooksonline"
		b.settings = map[string]any{
			"company_id": o.realm, "url": "http://" + quickbooksHost, "access_token": tokens.Access, "customers": c.customers,
		}
		if c.parallel > 0 {
			b.settings["parallel"] = c.parallel
		}
		if c.resend != "" {
			b.resend = c.resend
		}
		b.mapping = map[string]any{
			"accounts": nil, "customers": map[string]any{"match": []string{"name"}}, "items": map[string]any{"match": []string{"code", "name"}},
		}
		maps.Copy(b.mapping, c.mapping)
	}, func(*bubble) { test(o) })
}

// first is an invoice that is not sent yet, with tax where some are.
func (o *online) first() sandbox.Invoice {
	all := o.sandbox.API.Invoices("ok")
	return all[max(0, slices.IndexFunc(all, func(inv sandbox.Invoice) bool { return inv.Tax != nil }))]
}

// send has an invoice sent, and waits until the send is over.
func (o *online) send(id int64) {
	o.t.Helper()
	before := o.entry(id).Record.GetSend()
	require.NoError(o.t, o.sandbox.API.Send("", id))
	o.awaitOver(id, before)
}

// retry is an operator's, and waits until it is over.
func (o *online) retry(id int64) {
	o.t.Helper()
	before := o.entry(id).Record.GetSend()
	to := bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: id}
	body, err := protojson.Marshal(&tradepostv1.InvoiceCommand{
		FollowsSend: before, By: "maria", Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	})
	require.NoError(o.t, err)
	_, err = o.js.Publish(o.t.Context(), to.String(), body)
	require.NoError(o.t, err)
	o.awaitOver(id, before)
}

// awaitOver waits until a send after that one is over.
func (o *online) awaitOver(id, before int64) {
	o.t.Helper()
	o.await(2*time.Hour, func() error {
		if r := o.entry(id).Record; r.GetSend() == before || r.GetState() != record.Closed {
			return fmt.Errorf("send %d is %s", r.GetSend(), r.GetState())
		}
		return nil
	})
}

// posted sends an invoice that has to be processed.
func (o *online) posted(id int64) quickbooks.Object {
	o.t.Helper()
	o.send(id)
	o.requireStatus(id, "processed")
	return o.document(id)
}

func (o *online) requireStatus(id int64, status string) {
	o.t.Helper()
	inv, err := o.sandbox.API.Invoice(id)
	require.NoError(o.t, err)
	require.Equal(o.t, status, inv.Status, "%v", o.sandbox.API.Comments(id))
}

// documents are what QuickBooks has of an invoice, void ones too.
func (o *online) documents(id int64) (all []quickbooks.Object) {
	for _, entity := range []string{"Invoice", "CreditMemo"} {
		for _, one := range o.stand.API.Objects(o.realm, entity) {
			if note, _ := one["PrivateNote"].(string); strings.Contains(note, fmt.Sprintf("[st-acme-%d ", id)) {
				all = append(all, one)
			}
		}
	}
	return all
}

// document is the one document of an invoice.
func (o *online) document(id int64) quickbooks.Object {
	o.t.Helper()
	all := o.documents(id)
	require.Len(o.t, all, 1)
	return all[0]
}

func (o *online) put(entity string, doc quickbooks.Object) quickbooks.Object {
	o.t.Helper()
	made, err := o.stand.API.Put(o.realm, entity, doc)
	require.NoError(o.t, err)
	return made
}

func (o *online) configure(change func(s *quickbooks.Settings)) {
	o.stand.API.Configure(o.realm, change)
}

// raise makes the first line of an invoice dearer, as a user does.
func (o *online) raise(id int64) {
	o.t.Helper()
	inv, err := o.sandbox.API.Invoice(id)
	require.NoError(o.t, err)
	lines := append([]sandbox.Line{}, inv.Lines...)
	lines[0].Price = sandbox.NewAmount(lines[0].Price.Add(decimal.NewFromInt(10)).String())
	_, err = o.sandbox.API.Edit(id, sandbox.InvoiceEdit{Lines: &lines})
	require.NoError(o.t, err)
}

// writes are the calls that changed, or were to change, documents.
func (o *online) writes() (paths []string) {
	for _, r := range o.stand.API.Requests(quickbooks.RequestFilter{Method: http.MethodPost, Prefix: "/v3/company/" + o.realm + "/"}) {
		paths = append(paths, strings.TrimPrefix(r.Path, "/v3/company/"+o.realm+"/"))
	}
	return paths
}

// callID is Intuit's id of a call, which is another one each time.
var callID = regexp.MustCompile(`its id of the call: [-0-9a-f]+`)

// requireComment wants the last comment of an invoice, the only one that is new, to be
// the text of a file: what the bookkeeper reads.
func (o *online) requireComment(id int64, count int, name string) {
	o.t.Helper()
	comments := o.sandbox.API.Comments(id)
	require.Len(o.t, comments, count, "%v", comments)
	require.Empty(o.t, comments[count-1].Visibility, "it is private")
	text := strings.ReplaceAll(comments[count-1].Content, time.Now().Format(time.DateOnly), "(today)") + "\n"
	text = callID.ReplaceAllString(text, "its id of the call: (id)")
	file := filepath.Join("testdata", "quickbooks", name+".txt")
	if *rewrite {
		require.NoError(o.t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(o.t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(o.t, err)
	require.Equal(o.t, string(want), text)
}
