package externalid_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

// office is the external ids of a ServiceTrade account, in one system.
type office struct {
	mu    sync.Mutex
	ids   map[string]string // by "company 7"
	reads int
	puts  []string
	// fail is asked before each call: "get company 7", "put company 7".
	fail func(call string) error
	// slow lets a read take that long.
	slow time.Duration
}

func (o *office) ask(call string) error {
	if o.fail != nil {
		return o.fail(call)
	}
	return nil
}

func (o *office) ExternalIDs(ctx context.Context, kind string, id int64) (map[string]string, error) {
	if o.slow > 0 {
		select {
		case <-time.After(o.slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads++
	name := fmt.Sprint(kind, " ", id)
	return map[string]string{"accounting": o.ids[name], "other": "x"}, o.ask("get " + name)
}

func (o *office) SetExternalID(_ context.Context, kind string, id int64, system, value string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := fmt.Sprint(kind, " ", id)
	o.puts = append(o.puts, name+" "+system+"="+value)
	if err := o.ask("put " + name); err != nil {
		return err
	}
	for other, has := range o.ids {
		if has == value && other != name {
			return &servicetrade.Error{Method: http.MethodPut, Status: http.StatusConflict, Taken: true, Messages: []string{"already used by " + other}}
		}
	}
	o.ids[name] = value
	return nil
}

// desk is a writer in fake time.
type desk struct {
	*externalid.Writer
	t      *testing.T
	office *office
	log    *bytes.Buffer
	told   []externalid.Result
	stop   context.CancelFunc
	reg    *prometheus.Registry
}

func atDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		d := &desk{t: t, office: &office{ids: map[string]string{}}, log: &bytes.Buffer{}, stop: stop, reg: prometheus.NewRegistry()}
		d.Writer = externalid.New(ctx, externalid.Options{
			Connection: "acme-books", System: "accounting", ServiceTrade: d.office, Metrics: externalid.NewMetrics(d.reg),
			Tell: func(_ context.Context, r externalid.Result) { d.told = append(d.told, r) },
			Log:  slog.New(slog.NewTextHandler(d.log, nil)),
		})
		test(t, d)
		stop()
	})
}

// posted tells that an invoice of company 7 was posted to a customer, and waits for
// what comes of it. shows is the external id that the invoice showed.
func (d *desk) posted(customer, shows string) {
	d.tell(7, customer, shows)
	<-d.Idle()
	synctest.Wait()
}

func (d *desk) tell(company int64, customer, shows string) {
	d.Posted(d.t.Context(), externalid.Posted{
		Subject: bus.Subject{Stage: bus.StageReady, Connection: "acme-books", InvoiceID: 1042},
		Document: &tradepostv1.Document{
			Customer: &tradepostv1.Customer{CompanyId: company, Name: "Acme Tower", ExternalIds: map[string]string{"accounting": shows}},
			Location: &tradepostv1.Location{LocationId: 9, Name: "North wing"},
		},
		Customers: []connector.Customer{{Record: connector.RecordCompany, RecordID: company, ID: customer}},
	})
}

func (d *desk) counts(want string) {
	d.t.Helper()
	text := "# HELP tradepost_external_ids_total Ids of customers that were to be written to ServiceTrade as external ids, by result (written, same; differs, taken, refused, forbidden; failed, put_off).\n" +
		"# TYPE tradepost_external_ids_total counter\n" + want
	require.NoError(d.t, testutil.GatherAndCompare(d.reg, bytes.NewBufferString(text), "tradepost_external_ids_total"))
}

func line(result string, n int) string {
	return fmt.Sprintf("tradepost_external_ids_total{connection=%q,result=%q} %d\n", "acme-books", result, n)
}
