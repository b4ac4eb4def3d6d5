package preview_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// transformData is where the hand-made invoices and mappings are.
var transformData = filepath.Join("..", "..", "..", "transform", "testdata")

const (
	// generated is how many invoices are made up beside the hand-made ones.
	generated = 300
	// firstID is the id of the first invoice of the corpus; the others follow.
	firstID = 2687264638046000
)

// corpusInvoice is one invoice of the golden corpus.
type corpusInvoice struct {
	name     string
	mapping  string
	zone     string
	snapshot *tradepostv1.Snapshot
}

func (i corpusInvoice) connection() string {
	if i.zone != "America/New_York" {
		return i.mapping + "-west"
	}
	return i.mapping + "-east"
}

// corpus is all hand-made cases of transform, and generated ones under each of its
// mappings. The same every time; every invoice has an id of its own.
func corpus(t testing.TB) []corpusInvoice {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(transformData, "make-cases.json"))
	require.NoError(t, err)
	var cases []struct{ Name, Mapping, Zone string }
	require.NoError(t, json.Unmarshal(raw, &cases))
	var all []corpusInvoice
	var mappings []string
	seen := map[string]bool{}
	for _, c := range cases {
		raw, err := os.ReadFile(filepath.Join(transformData, "make", c.Name, "snapshot.json"))
		require.NoError(t, err)
		snap := &tradepostv1.Snapshot{}
		require.NoError(t, protojson.Unmarshal(raw, snap))
		all = append(all, corpusInvoice{c.Name, c.Mapping, c.Zone, snap})
		if !seen[c.Mapping] {
			seen[c.Mapping], mappings = true, append(mappings, c.Mapping)
		}
	}
	plain := all[0].snapshot
	for n := range generated {
		d := draw{rand.New(rand.NewPCG(uint64(n), 2026)), proto.CloneOf(plain)}
		d.all()
		all = append(all, corpusInvoice{fmt.Sprintf("generated-%d", n), mappings[n%len(mappings)], "America/New_York", d.snap})
	}
	for i := range all {
		all[i].snapshot.Invoice.Id = firstID + int64(i)
	}
	return all
}

// draw changes an ordinary invoice at random.
type draw struct {
	r    *rand.Rand
	snap *tradepostv1.Snapshot
}

// in tells whether something happens that does so once in n.
func (d draw) in(n int) bool { return d.r.IntN(n) == 0 }

func pick[T any](d draw, of ...T) T { return of[d.r.IntN(len(of))] }

func (d draw) all() {
	d.party()
	d.days()
	sum, taxable := d.lines()
	d.money(sum, taxable)
}

func (d draw) party() {
	s, inv := d.snap, d.snap.Invoice
	switch d.r.IntN(12) {
	case 0:
		s.Customer.ExternalIds, s.Customer.Name, inv.Customer.Name = nil, "Riverside Dental Group", "Riverside Dental Group"
	case 1:
		s.Customer.ExternalIds, s.Customer.Name = nil, "Börse & Söhne GmbH"
	case 2:
		s.Customer, inv.Customer = nil, nil
	case 3:
		s.Customer.ExternalIds["accounting"] = "C;1 : 2"
	default:
		s.Customer.ExternalIds["accounting"] = fmt.Sprintf("C%d", d.r.IntN(40))
	}
	if !d.in(4) {
		s.Location.ExternalIds = map[string]string{"accounting": fmt.Sprintf("L%d", d.r.IntN(9))}
	}
	s.Location.Address.State = pick(d, "NC", "NC", "SC", "")
	s.Job.Type = pick(d, "inspection", "preventative_maintenance", "")
	s.Job.Number = pick(d, "5123", "5124", "5125", "5126", "5127", "5128", "5129", "")
	inv.InvoiceNumber = pick(d, "11653990", "11653991", "11653992", "R-17", "A (1) 2", "")
	if d.in(3) {
		inv.InvoiceNumber = fmt.Sprintf("INV-%d", d.r.IntN(9999))
	}
	inv.PaymentTerms = pick(d, "Net 30", "Net 30", "Net 30", "Net 45", "Net 45", "Net 45", "Net 90", "")
	inv.Partial = d.in(20)
	inv.Name, inv.Notes = pick(d, "Quarterly maintenance", "Réparation; du  «toit»", ""), pick(d, "", "Thank you | tax: none\nsecond line")
}

func (d draw) days() {
	const day = 24 * 60 * 60
	inv := d.snap.Invoice
	inv.TransactionDate += int64(d.r.IntN(40)-30) * day
	inv.DueDate = pick(d, 0, inv.TransactionDate+30*day, inv.TransactionDate+45*day)
	d.snap.Job.CompletedOn = pick(d, 0, inv.TransactionDate-120*day, inv.TransactionDate-day, inv.TransactionDate-day, inv.TransactionDate-2*day, inv.TransactionDate-3*day, inv.TransactionDate)
}

// lines makes up to eight lines, and returns their sum and that of the taxable ones.
func (d draw) lines() (sum, taxable decimal.Decimal) {
	back := d.in(8)
	d.snap.Invoice.Items = nil
	for i := range 1 + d.r.IntN(8) {
		quantity := decimal.New(int64(d.r.IntN(40)), int32(-d.r.IntN(2)))
		if back || d.in(25) {
			quantity = quantity.Neg()
		}
		price := decimal.New(int64(d.r.IntN(99999)), int32(-pick(d, 2, 2, 2, 0, 4)))
		item := &tradepostv1.ServiceTradeItem{
			Id: int64(i + 1), Description: pick(d, "Labor", "Inbound freight", "Filters; 20x20", ""), Taxable: d.in(2),
			Quantity: quantity.String(), Price: price.String(), LibItem: d.libItem(),
			ServiceLine: &tradepostv1.ServiceTradeServiceLine{Name: d.serviceLine()},
		}
		amount := quantity.Mul(price).Round(2)
		sum = sum.Add(amount)
		if item.Taxable {
			taxable = taxable.Add(amount)
		}
		if d.in(60) {
			item.Price = pick(d, "", "free", "0.0000000000001")
		}
		d.snap.Invoice.Items = append(d.snap.Invoice.Items, item)
	}
	return sum, taxable
}

func (d draw) serviceLine() string {
	if d.in(20) {
		return "Plumbing"
	}
	return pick(d, "HVAC", "Sprinkler")
}

func (d draw) libItem() *tradepostv1.ServiceTradeLibItem {
	if d.in(30) {
		return pick(d, nil, &tradepostv1.ServiceTradeLibItem{Id: 504, Name: "V-belt A42", Code: "BLT-42", Type: "Part"})
	}
	return pick(d,
		&tradepostv1.ServiceTradeLibItem{Id: 501, Name: "HVAC labor", Code: "LAB-STD", Type: "Labor", ExternalIds: map[string]string{"accounting": "LAB"}},
		&tradepostv1.ServiceTradeLibItem{Id: 502, Name: "Pleated filter 20x20", Code: "FLT-20", Type: "Part"},
		&tradepostv1.ServiceTradeLibItem{Id: 503, Name: "Trip charge", Code: "TRIP", Type: "Fee", Generic: d.in(4), ExternalIds: map[string]string{"accounting": "TRIP"}},
	)
}

// money writes total and tax: mostly as they should be.
func (d draw) money(sum, taxable decimal.Decimal) {
	inv := d.snap.Invoice
	switch d.r.IntN(4) {
	case 0:
		tax := taxable.Mul(decimal.RequireFromString("0.0725")).Round(2)
		inv.Tax, inv.TaxRate, inv.TaxGroup = tax.String(), pick(d, "7.25", ""), pick(d, "NC-DURHAM", "NC-DURHAM", "NC-DURHAM", "SC")
		sum = sum.Add(tax)
	case 1:
		inv.TaxRate = "7.25"
		sum = sum.Add(taxable.Mul(decimal.RequireFromString("0.0725")).Round(2))
	}
	if d.in(20) {
		sum = sum.Add(decimal.New(int64(1+d.r.IntN(500)), -2))
	}
	inv.TotalPrice = sum.String()
	if d.in(60) {
		inv.TotalPrice = ""
	}
}
