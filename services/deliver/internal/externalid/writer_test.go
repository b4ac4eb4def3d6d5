package externalid_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

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

// Where the mapping finds customers by the location, the company is left alone.
func TestACustomerThatStandsForALocationIsWrittenThere(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.Posted(t.Context(), externalid.Posted{
			Document: &tradepostv1.Document{
				Customer: &tradepostv1.Customer{CompanyId: 7, StandsForLocation: true, ExternalIds: map[string]string{"accounting": "another"}},
				Location: &tradepostv1.Location{LocationId: 9},
			},
			Customers: []connector.Customer{{Record: connector.RecordCompany, RecordID: 7, ID: "C100"}},
		})
		<-d.Idle()
		require.Equal(t, []string{"location 9 accounting=C100"}, d.office.puts)
		require.Len(t, d.told, 1)
		require.Equal(t, externalid.Written, d.told[0].Ending, "the company's other id is no matter")
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
