package transform_test

// taxed is an invoice over one line of 100.00 with the tax that ServiceTrade states.
func taxed(taxableLine bool, tax, rate, total string) func(*snapshot) {
	return func(s *snapshot) {
		line := sold(1, "Labor", "1", "100", labor)
		line.Taxable = taxableLine
		withLines(s, total, line)
		s.Invoice.Tax, s.Invoice.TaxRate = tax, rate
	}
}

// twoAuthorities is an invoice that a state and a county tax.
func twoAuthorities(tax, total string) func(*snapshot) {
	return func(s *snapshot) {
		withLines(s, total, taxable(sold(1, "Filter", "1", "10.22", filter)))
		s.Invoice.Tax, s.Invoice.TaxRate = tax, "7.25"
	}
}

// bothSigns is a taxed charge under one code and a taxed credit under another.
func bothSigns(rate, tax, total string) func(*snapshot) {
	return func(s *snapshot) {
		withLines(s, total, taxable(sold(1, "Labor", "1", "200", labor)), taxable(sold(2, "Filter taken back", "-1", "100", filter)))
		s.Invoice.TaxRate, s.Invoice.Tax = rate, tax
	}
}

// taxCases hold the tax that ServiceTrade states against its rate and its lines.
var taxCases = []goldenCase{
	{name: "tax-not-the-rate", mapping: "tax", edit: taxed(true, "20", "5", "120")},
	{name: "tax-at-no-rate", mapping: "tax", edit: taxed(true, "20", "0", "120")},
	{name: "tax-of-nothing-taxable", mapping: "tax", edit: taxed(false, "20", "5", "120")},
	{name: "tax-of-nothing-taxable-nor-a-rate", mapping: "tax", edit: taxed(false, "20", "", "120")},
	{name: "tax-rate-unreadable", mapping: "tax", edit: taxed(true, "5", "-5", "105")},
	{name: "tax-without-a-rate", mapping: "tax", edit: taxed(true, "5", "", "105")},
	{name: "tax-off-by-a-cent", mapping: "tax", edit: taxed(true, "7.26", "7.25", "107.26")},
	// 4.75 % of 10.22 is 0.49 and 2.5 % is 0.26: 0.75 together, and 7.25 % is 0.74.
	{name: "tax-of-two-authorities", mapping: "tolerant", edit: twoAuthorities("0.75", "10.97")},
	{name: "tax-of-two-authorities-unexpected", mapping: "tax", edit: twoAuthorities("0.75", "10.97")},
	{name: "tax-beyond-its-tolerance", mapping: "tolerant", edit: twoAuthorities("0.76", "10.98")},
	{name: "tax-tolerated-beside-the-total", mapping: "tolerant", edit: twoAuthorities("0.75", "10.98")},
	{name: "tax-by-rate-mismatch", mapping: "tax", edit: taxed(true, "", "5", "107")},
	{name: "tax-rounded-for-each-line", mapping: "tax", edit: func(s *snapshot) {
		withLines(s, "3.24", taxable(sold(1, "a", "1", "1.50", labor)), taxable(sold(2, "b", "1", "1.50", labor)))
		s.Invoice.Tax, s.Invoice.TaxRate = "0.24", "7.7" // 0.1155 twice: 0.12 + 0.12; of the sum it is 0.23.
	}},
	{name: "total-too-large", mapping: "tax", edit: taxed(true, "1e15", "5", "1e15")},
	{name: "codes-of-both-signs", mapping: "codes", edit: bothSigns("5", "", "105")},
	{name: "codes-of-both-signs-stated", mapping: "codes", edit: bothSigns("5", "5", "105")},
	{name: "codes-of-both-signs-no-rate", mapping: "codes", edit: bothSigns("", "5", "105")},
}
