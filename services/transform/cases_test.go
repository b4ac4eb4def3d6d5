package transform_test

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

type (
	snapshot = tradepostv1.Snapshot
	stItem   = tradepostv1.ServiceTradeItem
	libItem  = tradepostv1.ServiceTradeLibItem
	ref      = tradepostv1.NamedRef
)

// goldenCase is one snapshot with what Make makes of it, in testdata/make/<name>.
type goldenCase struct {
	name    string
	mapping string // standard when empty
	zone    string // America/New_York when empty
	limits  connector.Limits
	edit    func(*snapshot)
}

// unix are the seconds of a wall-clock time in New York.
func unix(wall string) int64 {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", wall, loc)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

var (
	labor  = &libItem{Id: 501, Name: "HVAC labor", Code: "LAB-STD", Type: "Labor", ExternalIds: map[string]string{"accounting": "LAB"}}
	filter = &libItem{Id: 502, Name: "Pleated filter 20x20", Code: "FLT-20", Type: "Part"}
	trip   = &libItem{Id: 503, Name: "Trip charge", Type: "Fee"}
	belt   = &libItem{Id: 504, Name: "V-belt A42", Code: "BLT-42", Type: "Part"}
	valve  = &libItem{Id: 505, Name: "Expansion valve", Code: "VLV-9", Type: "Part"}
)

func sold(id int64, description, quantity, price string, lib *libItem) *stItem {
	return &stItem{
		Id: id, Description: description, Quantity: quantity, Price: price, LibItem: lib,
		ServiceLine: &tradepostv1.ServiceTradeServiceLine{Id: 5, Name: "HVAC", Trade: "Mechanical", Abbr: "HVAC"},
	}
}

func taxable(i *stItem) *stItem {
	i.Taxable = true
	return i
}

// base is an ordinary invoice that can be posted.
func base() *snapshot {
	return &snapshot{
		Invoice: &tradepostv1.ServiceTradeInvoice{
			Id: 2687264638045999, Type: "invoice", Name: "Quarterly maintenance", InvoiceNumber: "11653990", Status: "pending_accounting",
			Notes: "Thank you for your business.", TransactionDate: unix("2026-11-03 00:00"), DueDate: unix("2026-12-03 00:00"),
			PaymentTerms: "Net 30", TotalPrice: "522.5", TotalPaidAmount: "0", Created: 1, Updated: 2,
			Customer: &ref{Id: 9001, Name: "Acme Tower LLC"}, Location: &ref{Id: 820, Name: "Acme Tower North"}, Job: &ref{Id: 34872},
			Items: []*stItem{sold(1, "Labor, two technicians", "2.5", "125.00", labor), sold(2, "Filters", "3", "70", filter)},
		},
		Customer: &tradepostv1.ServiceTradeCompany{
			Id: 9001, Name: "Acme Tower LLC", Status: "active", Phone: "919-555-0100", Email: "ap@acme.example; books@acme.example",
			Address:     &tradepostv1.Address{Street: "1 Tower Ave", City: "Durham", State: "NC", PostalCode: "27701"},
			ExternalIds: map[string]string{"accounting": "C100"},
		},
		Location: &tradepostv1.ServiceTradeLocation{
			Id: 820, Name: "Acme Tower North", StoreNumber: "N-7", Company: &ref{Id: 9001},
			Address: &tradepostv1.Address{Street: "3 Tower Ave", City: "Durham", State: "NC", PostalCode: "27701"},
			Offices: []*ref{{Id: 3, Name: "Raleigh"}},
		},
		Job: &tradepostv1.ServiceTradeJob{
			Id: 34872, Number: "5123", Name: "Quarterly maintenance", Type: "preventative_maintenance", CustomerPo: "PO-8841",
			AssignedOffice: &ref{Id: 3, Name: "Raleigh"}, Tags: []*ref{{Id: 1, Name: "contract"}, {Id: 2, Name: "night"}},
			CompletedOn: unix("2026-11-02 16:30"),
		},
	}
}

func withLines(s *snapshot, total string, lines ...*stItem) {
	s.Invoice.Items, s.Invoice.TotalPrice = lines, total
}

func unmapCustomer(s *snapshot) {
	s.Customer.ExternalIds, s.Customer.Name, s.Invoice.Customer.Name = nil, "Riverside Dental Group", "Riverside Dental Group"
}

func sixty(s *snapshot) {
	var lines []*stItem
	for i := range 60 {
		lines = append(lines, sold(int64(100+i), fmt.Sprintf("Work step %d", i+1), fmt.Sprintf("%d.25", i%4), "19.99", []*libItem{labor, filter, trip}[i%3]))
	}
	withLines(s, "2099.10", lines...)
}

var goldenCases = []goldenCase{
	{name: "plain", edit: func(*snapshot) {}},
	{name: "unicode", edit: func(s *snapshot) {
		s.Customer.Name, s.Customer.ExternalIds = "  Bo\u0308rse &\tSöhne GmbH ", nil
		s.Invoice.Name, s.Invoice.Notes = "Wärmepumpe 🔧 – 設置", "Zeile eins\r\nZeile zwei\x00\u2028ende"
		s.Invoice.Items[0].Description = "Ñandú – 40°C “heiß” <b>&amp;</b>\tTab"
	}},
	{name: "sixty-lines", edit: sixty},
	{name: "partial", edit: func(s *snapshot) { s.Invoice.Partial = true }},
	{name: "bare", edit: func(s *snapshot) {
		s.Invoice = &tradepostv1.ServiceTradeInvoice{
			Id: 7, Type: "invoice", InvoiceNumber: "7", TransactionDate: unix("2026-11-03 12:00"),
			TotalPrice: "70.00", Customer: &ref{Id: 9003, Name: "Company by id"}, Items: []*stItem{{Quantity: "1", Price: "70", LibItem: filter}},
		}
		s.Customer, s.Location, s.Job = nil, nil, nil
	}},
	{name: "merged-records", edit: func(s *snapshot) { s.Location.Id, s.Job.Id = 821, 34873 }},
	{name: "four-decimals", edit: func(s *snapshot) {
		withLines(s, "1.61", sold(1, "Refrigerant", "2.5", "0.1234", filter), sold(2, "Half a cent up", "1", "1.2950", filter), sold(3, "Nothing left", "1", "0.0049", filter))
	}},
	{name: "php-exponent", edit: func(s *snapshot) { withLines(s, "1.0e+1", sold(1, "Wire, per inch", "1.0e+5", "1.0e-4", filter)) }},
	{name: "zero", edit: func(s *snapshot) {
		withLines(s, "0", sold(1, "Warranty call", "1", "0", labor), sold(2, "No charge", "0", "99.99", filter))
	}},
	{name: "credit", edit: func(s *snapshot) {
		withLines(s, "-195.00", sold(1, "Returned filters", "-1", "70", filter), sold(2, "Labor taken back", "1", "-125", labor))
	}},
	{name: "credit-mixed", edit: func(s *snapshot) {
		withLines(s, "-50.00", sold(1, "Returned filters", "-1", "70", filter), sold(2, "Restocking", "2", "10", filter))
	}},
	{name: "mixed-signs", edit: func(s *snapshot) {
		withLines(s, "55.00", sold(1, "Labor", "1", "125", labor), sold(2, "Filter taken back", "-1", "70", filter))
	}},
	{name: "mixed-zero", edit: func(s *snapshot) {
		withLines(s, "0.00", sold(1, "Filter", "1", "70", filter), sold(2, "Filter taken back", "-1", "70", filter))
	}},
	{name: "same-ids", edit: func(s *snapshot) {
		withLines(s, "140", sold(4, "a", "1", "70", filter), sold(4, "b", "0.5", "70", filter), sold(0, "", "0.5", "70", filter))
	}},
	{name: "tax-as-billed", mapping: "tax", edit: func(s *snapshot) {
		withLines(s, "536.92", taxable(sold(1, "Labor", "2.5", "125.00", labor)), sold(2, "Filters", "3", "70", filter))
		s.Invoice.TotalPrice, s.Invoice.Tax, s.Invoice.TaxRate, s.Invoice.TaxGroup = "545.16", "22.66", "7.25", "NC-DURHAM"
	}},
	{name: "tax-by-rate", mapping: "tax", edit: func(s *snapshot) {
		withLines(s, "545.16", taxable(sold(1, "Labor", "2.5", "125.00", labor)), sold(2, "Filters", "3", "70", filter))
		s.Invoice.TaxRate = "7.25"
	}},
	{name: "tax-credit", mapping: "tax", edit: func(s *snapshot) {
		withLines(s, "-107.25", taxable(sold(1, "Labor taken back", "-1", "100", labor)))
		s.Invoice.Tax, s.Invoice.TaxRate = "-7.25", "7.25"
	}},
	{name: "tax-none-charged", mapping: "tax", edit: func(s *snapshot) { s.Invoice.Tax = "0" }},
	{name: "tax-not-set-up", edit: func(s *snapshot) { s.Invoice.TotalPrice, s.Invoice.Tax = "545.16", "22.66" }},
	{name: "tax-mismatch", mapping: "tax", edit: func(s *snapshot) { s.Invoice.TotalPrice, s.Invoice.Tax = "545.17", "22.66" }},
	{name: "tax-outside-total", mapping: "tax", edit: func(s *snapshot) { s.Invoice.Tax = "22.66" }},
	{name: "lost-line-is-no-tax", mapping: "tax", edit: func(s *snapshot) { s.Invoice.TotalPrice = "545.16" }},
	{name: "default-item", mapping: "tax", edit: func(s *snapshot) {
		withLines(s, "30", sold(1, "By code", "1", "10", valve), sold(2, "Generic", "1", "10", &libItem{Id: 9, Generic: true}), sold(3, "None", "1", "10", nil))
	}},
	{name: "late-evening", edit: func(s *snapshot) { s.Invoice.TransactionDate, s.Invoice.DueDate = unix("2026-10-01 23:59"), 0 }},
	{name: "closed-by-a-minute", edit: func(s *snapshot) { s.Invoice.TransactionDate = unix("2026-09-30 23:59") }},
	{name: "closed-in-the-west", zone: "America/Los_Angeles", edit: func(s *snapshot) { s.Invoice.TransactionDate = unix("2026-10-01 02:59") }},
	{name: "description-shortened", limits: connector.Limits{DescriptionLength: 20, NumberLength: 8, Lines: 2}, edit: func(s *snapshot) {
		s.Invoice.Items[0].Description = "Wärmetauscher gründlich gereinigt und geprüft"
		s.Job.CustomerPo = strings.Repeat("P", 300)
	}},
	{name: "limits", limits: connector.Limits{NumberLength: 7, Lines: 1}, edit: func(*snapshot) {}},
	{name: "customer-not-mapped", edit: unmapCustomer},
	{name: "customer-missing", edit: func(s *snapshot) { s.Customer, s.Invoice.Customer = nil, nil }},
	{name: "customer-nameless", edit: func(s *snapshot) { s.Customer, s.Invoice.Customer.Name = nil, "" }},
	{name: "items-not-mapped", edit: func(s *snapshot) {
		withLines(s, "60", sold(1, "Belt", "1", "10", belt), sold(2, "Valve", "1", "10", valve), sold(3, "Belt again", "1", "10", belt),
			sold(4, "No item", "1", "10", nil), sold(5, "Nameless item", "1", "10", &libItem{Id: 88}), sold(6, "Fine", "1", "10", trip))
	}},
	{name: "sixty-unmapped", edit: func(s *snapshot) {
		sixty(s)
		for i, item := range s.Invoice.Items {
			item.LibItem = &libItem{Id: int64(600 + i), Code: fmt.Sprintf("PART-%03d", i+1), Name: fmt.Sprintf("Spare part number %d", i+1)}
		}
	}},
	{name: "numbers-unreadable", edit: func(s *snapshot) {
		withLines(s, "1,000.00", sold(1, "Words", "two", "10", filter), sold(2, "Endless", "1", "0.0000000000001", filter), sold(3, "", "", "", nil))
		s.Invoice.Tax = "seven"
	}},
	{name: "total-of-half-cents", edit: func(s *snapshot) { s.Invoice.TotalPrice = "522.505" }},
	{name: "total-mismatch", edit: func(s *snapshot) { s.Invoice.TotalPrice = "600" }},
	{name: "dates-invalid", edit: func(s *snapshot) {
		s.Invoice.TransactionDate, s.Invoice.DueDate, s.Job.CompletedOn = 1700582400000, -1<<60, 1<<60
	}},
	{name: "no-lines", edit: func(s *snapshot) { withLines(s, "0") }},
	{name: "oversize", edit: func(s *snapshot) {
		s.Invoice.Items, s.Invoice.Notes = nil, ""
		s.Oversize = &tradepostv1.Oversize{Bytes: 9 << 20, LimitBytes: 512 << 10, Lines: 5000}
	}},
	{name: "vendor-bill", edit: func(s *snapshot) { s.Invoice.Type, s.Customer = "vendorbill", nil }},
	{name: "external-type", edit: func(s *snapshot) { s.Invoice.Type = "external" }},
	{name: "unknown-type", edit: func(s *snapshot) { s.Invoice.Type = "quote" }},
	{name: "missing-everything", edit: func(s *snapshot) {
		proto.Reset(s)
		s.Invoice = &tradepostv1.ServiceTradeInvoice{Id: 1}
	}},
	{name: "five-at-once", limits: connector.Limits{NumberLength: 5}, edit: func(s *snapshot) {
		unmapCustomer(s)
		withLines(s, "99.95", sold(1, "Belt", "1", "10", belt), sold(2, "Valve", "2", "20", valve), sold(3, "Filter", "1", "", filter))
		s.Invoice.Items[2].Price = "50"
		s.Invoice.TransactionDate = unix("2026-09-15 08:00")
	}},
}
