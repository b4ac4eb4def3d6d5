package externalid_test

import (
	"bytes"
	"context"
	"errors"
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

func TestAnIDIsWrittenOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for range 50 { // a burst whose invoices were read before it was written
			d.tell(7, "C100", "")
		}
		<-d.Idle()
		d.posted("C100", "")
		require.Equal(t, []string{"company 7 accounting=C100"}, d.office.puts)
		require.Equal(t, 1, d.office.reads)
		require.Len(t, d.told, 1)
		require.Equal(t, `accounting="C100" of company 7`, d.told[0].Request)
		require.Equal(t, int64(1042), d.told[0].Posted.Subject.InvoiceID)
		d.counts(line("written", 1))
	})
}

func TestAnIDThatIsThereCostsNoCall(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.posted("C100", "C100")
		require.Zero(t, d.office.reads)
		require.Empty(t, d.office.puts)
		require.Empty(t, d.told)
		require.Empty(t, d.log.String())
	})
}

// Another replica was faster, or a person, after the invoice was read.
func TestWhatIsThereMeanwhileIsNotReplaced(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.ids["company 7"] = "C100"
		d.posted("C100", "")
		d.office.ids["company 7"] = "by hand"
		d.posted("C200", "")
		require.Empty(t, d.office.puts)
		require.Equal(t, "by hand", d.office.ids["company 7"])
		d.counts(line("differs", 1) + line("same", 1))
	})
}

// A person's value stays, and is told once a day at the most, with both values.
func TestAnotherValueIsLeftAndToldOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.ids["company 7"] = "OLD-9"
		d.posted("C100", "") // read before OLD-9 was entered
		for range 5 {
			d.posted("C100", "")
			d.posted("C100", "OLD-9")
		}
		require.Len(t, d.told, 1)
		require.Empty(t, d.office.puts)
		require.Equal(t, 1, d.office.reads)
		require.Equal(t, 1, bytes.Count(d.log.Bytes(), []byte("level=WARN")))
		require.Contains(t, d.log.String(), "customer.external_id_differs")
		require.Contains(t, d.log.String(), "OLD-9")
		require.Contains(t, d.log.String(), "C100")

		d.posted("C100", "OLD-10")
		require.Len(t, d.told, 2, "another value is another matter")
		time.Sleep(25 * time.Hour) // fake time
		d.posted("C100", "OLD-10")
		require.Len(t, d.told, 3)

		time.Sleep(10 * time.Minute) // fake time
		delete(d.office.ids, "company 7")
		d.posted("C100", "")
		require.Equal(t, "C100", d.office.ids["company 7"], "the person removed it")
	})
}

func TestATakenIDIsNamedAndNotTriedInALoop(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.ids["company 8"] = "C100"
		for range 20 {
			d.posted("C100", "")
			time.Sleep(time.Minute) // fake time
		}
		require.Len(t, d.office.puts, 1)
		require.Len(t, d.told, 1)
		require.Equal(t, externalid.Taken, d.told[0].Ending)
		require.Contains(t, d.told[0].Error, `Customer "Acme Tower"`)
		require.Contains(t, d.told[0].Error, "What to do (")
		require.Contains(t, d.told[0].Error, "already used by company 8", "ServiceTrade says who has it")
		require.Contains(t, d.log.String(), "customer.external_id_taken")
		d.counts(line("taken", 1))

		delete(d.office.ids, "company 8") // mended
		time.Sleep(25 * time.Hour)        // fake time
		d.posted("C100", "")
		require.Equal(t, "C100", d.office.ids["company 7"])
	})
}

func TestWhatFailedIsLeftToTheNextPosting(t *testing.T) {
	lost := &servicetrade.Error{Method: http.MethodPut, Status: http.StatusBadGateway, Uncertain: true}
	for name, c := range map[string]struct {
		call string
		err  error
	}{
		"away":         {"get company 7", errors.New("connection refused")},
		"away at last": {"put company 7", &servicetrade.Error{Method: http.MethodPut, Err: errors.New("connection refused")}},
		"answer lost":  {"put company 7", lost},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.fail = func(call string) error {
					if call == c.call {
						return c.err
					}
					return nil
				}
				for i := range 9 {
					d.tell(int64(7+i), fmt.Sprint("C", i), "")
				}
				<-d.Idle()
				require.Equal(t, 1, d.office.reads, "while it is away nobody is asked again")
				require.Contains(t, d.log.String(), "the next posting of the customer tries again")
				d.counts(line("failed", 1) + line("put_off", 8))

				d.office.fail = nil
				time.Sleep(2 * time.Minute) // fake time
				d.posted("C0", "")
				require.Equal(t, "C0", d.office.ids["company 7"])
			})
		})
	}
}

func TestWhatServiceTradeRefusesIsNotTriedAgainSoon(t *testing.T) {
	gone := &servicetrade.Error{Method: http.MethodGet, Status: http.StatusNotFound, Gone: true}
	for name, c := range map[string]struct {
		err   error
		want  externalid.Ending
		again time.Duration
		reads int
	}{
		"unknown system":   {&servicetrade.Error{Status: http.StatusBadRequest, Messages: []string{"Unknown system"}}, externalid.Refused, time.Hour, 1},
		"company is gone":  {gone, externalid.Refused, time.Hour, 1},
		"no permission":    {&servicetrade.Error{Status: http.StatusForbidden}, externalid.Forbidden, 59 * time.Minute, 1},
		"permission later": {&servicetrade.Error{Status: http.StatusForbidden}, externalid.Forbidden, 61 * time.Minute, 2},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.fail = func(string) error { return c.err }
				d.posted("C100", "")
				require.Equal(t, c.want, d.told[0].Ending)
				require.Contains(t, d.told[0].Error, "What to do (")
				time.Sleep(c.again) // fake time
				d.posted("C100", "")
				require.Equal(t, c.reads, d.office.reads)
			})
		})
	}
}

func TestALocationHasItsOwnID(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Posted(t.Context(), externalid.Posted{
			Document: &tradepostv1.Document{
				Customer: &tradepostv1.Customer{CompanyId: 7, ExternalIds: map[string]string{"accounting": "C100"}},
				Location: &tradepostv1.Location{LocationId: 9},
			},
			Customers: []connector.Customer{
				{Record: connector.RecordCompany, RecordID: 7, ID: "C100"},
				{Record: connector.RecordLocation, RecordID: 9, ID: "C100:9", Created: true},
			},
		})
		<-d.Idle()
		require.Equal(t, []string{"location 9 accounting=C100:9"}, d.office.puts)
	})
}

// Only the records of the document are written to, whatever a connector answers.
func TestARecordThatTheDocumentDoesNotNameIsNotTouched(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for _, c := range []connector.Customer{
			{Record: connector.RecordCompany, RecordID: 8, ID: "C1"},
			{Record: connector.RecordLocation, RecordID: 7, ID: "C1"},
			{Record: "user", RecordID: 7, ID: "C1"},
			{Record: connector.RecordCompany, RecordID: 0, ID: "C1"},
			{Record: connector.RecordCompany, RecordID: 7, ID: ""},
		} {
			d.Posted(t.Context(), externalid.Posted{
				Document:  &tradepostv1.Document{Customer: &tradepostv1.Customer{CompanyId: 7}},
				Customers: []connector.Customer{c},
			})
		}
		<-d.Idle()
		require.Zero(t, d.office.reads)
		require.Equal(t, 5, bytes.Count(d.log.Bytes(), []byte("level=WARN")))
	})
}

// A slow ServiceTrade holds up nobody: what has no room is left to a later posting.
func TestASlowServiceTradeHoldsUpNobody(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.slow = 30 * time.Second
		start := time.Now()
		for i := range 1000 {
			d.tell(int64(1+i), fmt.Sprint("C", i), "")
		}
		require.Equal(t, start, time.Now(), "no waiting at all")
		<-d.Idle()
		require.Less(t, d.office.reads, 300)
		require.Len(t, d.office.puts, d.office.reads)
		d.office.slow = 0
		d.tell(1000, "C999", "")
		<-d.Idle()
		require.Equal(t, "C999", d.office.ids["company 1000"], "it was not remembered as dealt with")
	})
}

func TestTheEndOfTheServiceEndsTheWriting(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.slow = 30 * time.Second
		d.tell(7, "C100", "")
		d.tell(8, "C200", "")
		time.Sleep(time.Second) // fake time
		start := time.Now()
		d.stop()
		<-d.Idle()
		require.Equal(t, start, time.Now())
		d.tell(9, "C300", "")
		<-d.Idle()
		require.Empty(t, d.office.puts)
		require.NotContains(t, d.log.String(), "WARN", "that is no trouble")
	})
}
