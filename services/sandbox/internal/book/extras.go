package book

import "strconv"

// extras adds records that are no business of an accounting integration, or not
// yet: an unfiltered invoice list shows them all.
func (m *maker) extras() {
	shapes := []struct{ kind, status string }{
		{"vendorbill", "ok"},
		{"invoice", "void"},
		{"invoice", "draft"},
		{"external", "ok"},
		{"invoice", "paid"},
		{"invoice", "internal_review"},
		{"vendorbill", "pending_accounting"},
	}
	for i := range m.opt.Extras {
		r := m.rng("extra", i)
		shape := shapes[i%len(shapes)]
		company, location := m.customer(r, true)
		when := m.date(r, 1, false)
		inv := Invoice{
			ID: m.id(r), Type: shape.kind, Name: "Extra " + strconv.Itoa(i+1), Number: "X-" + strconv.Itoa(70001+i),
			Status: shape.status, TransactionDate: when.Unix(), CustomerID: company.ID, LocationID: location.ID,
			VendorID: vendorID, Created: when.Unix(), Updated: when.Unix(),
			Lines: m.fixTotal(r, i*12, []Line{m.line(r, m.mappedItem(r)), m.line(r, m.mappedItem(r))}),
		}
		inv.Total = Sum(inv.Lines)
		if shape.status == "paid" {
			inv.Paid = inv.Total
		}
		m.book.Invoices = append(m.book.Invoices, inv)
	}
}
