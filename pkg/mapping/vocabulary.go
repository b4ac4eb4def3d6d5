package mapping

import "slices"

var vocabulary = slices.Concat(invoiceFacts(), partyFacts(), jobFacts(), lineFacts())

// Vocabulary lists every fact, in the order of the documentation.
func Vocabulary() []Fact { return slices.Clone(vocabulary) }

func factNamed(name string) (Fact, bool) {
	i := slices.IndexFunc(vocabulary, func(f Fact) bool { return f.Name == name })
	if i < 0 {
		return Fact{}, false
	}
	return vocabulary[i], true
}

func invoiceFacts() []Fact {
	return []Fact{
		text("invoice.number", "the invoice number", func(f *Facts) string { return f.Invoice.Number }),
		text("invoice.name", "the invoice's name", func(f *Facts) string { return f.Invoice.Name }),
		text("invoice.notes", "the notes to the customer", func(f *Facts) string { return f.Invoice.Notes }),
		text("invoice.date", "the day of the invoice, YYYY-MM-DD", func(f *Facts) string { return f.Invoice.Date }),
		text("invoice.terms", "the payment terms by name", func(f *Facts) string { return f.Invoice.Terms }),
		text("invoice.tax_group", "the invoice's tax group", func(f *Facts) string { return f.Invoice.TaxGroup }),
		yesNo("invoice.partial", "whether it bills a part of its job", func(f *Facts) bool { return f.Invoice.Partial }),
		yesNo("invoice.negative", "whether its total is below zero", func(f *Facts) bool { return f.Invoice.Negative }),
	}
}

func partyFacts() []Fact {
	return []Fact{
		number("customer.id", "ServiceTrade's id of the company that owes", func(f *Facts) int64 { return f.Customer.ID }),
		text("customer.name", "the company's name", func(f *Facts) string { return f.Customer.Name }),
		text("customer.status", "the company's status", func(f *Facts) string { return f.Customer.Status }),
		text("customer.state", "the state of the company's address", func(f *Facts) string { return f.Customer.State }),
		text("customer.zip", "the postal code of the company's address", func(f *Facts) string { return f.Customer.ZIP }),
		number("location.id", "ServiceTrade's id of the location", func(f *Facts) int64 { return f.Location.ID }),
		text("location.name", "the location's name", func(f *Facts) string { return f.Location.Name }),
		text("location.store_number", "the location's store number", func(f *Facts) string { return f.Location.StoreNumber }),
		text("location.city", "the location's city", func(f *Facts) string { return f.Location.City }),
		text("location.state", "the location's state", func(f *Facts) string { return f.Location.State }),
		text("location.zip", "the location's postal code", func(f *Facts) string { return f.Location.ZIP }),
		text("location.tax_group", "the location's tax group", func(f *Facts) string { return f.Location.TaxGroup }),
		yesNo("location.taxable", "whether work at the location is taxed", func(f *Facts) bool { return f.Location.Taxable }),
		list("location.offices", "the offices that serve the location", func(f *Facts) []string { return f.Location.Offices }),
		list("location.tags", "the location's tags", func(f *Facts) []string { return f.Location.Tags }),
	}
}

func jobFacts() []Fact {
	return []Fact{
		number("job.id", "ServiceTrade's id of the job", func(f *Facts) int64 { return f.Job.ID }),
		text("job.number", "the job number", func(f *Facts) string { return f.Job.Number }),
		text("job.name", "the job's name", func(f *Facts) string { return f.Job.Name }),
		text("job.type", "the job type", func(f *Facts) string { return f.Job.Type }),
		text("job.office", "the office that the job is assigned to; else the location's only one", func(f *Facts) string { return f.Job.Office }),
		text("job.po", "the customer's purchase order", func(f *Facts) string { return f.Job.PO }),
		text("job.owner", "the job's owner", func(f *Facts) string { return f.Job.Owner }),
		text("job.sales", "the job's salesperson", func(f *Facts) string { return f.Job.Sales }),
		list("job.tags", "the job's tags", func(f *Facts) []string { return f.Job.Tags }),
	}
}

func lineFacts() []Fact {
	return ofLine(
		number("line.item_id", "ServiceTrade's id of the library item", func(f *Facts) int64 { return f.line().ItemID }),
		text("line.item_code", "the library item's code", func(f *Facts) string { return f.line().ItemCode }),
		text("line.item_name", "the library item's name", func(f *Facts) string { return f.line().ItemName }),
		text("line.item_type", "the library item's type in lower case: labor, part", func(f *Facts) string { return f.line().ItemType }),
		text("line.item", "the key of the item of the books", func(f *Facts) string { return f.line().Item }),
		text("line.service_line", "the line's service line", func(f *Facts) string { return f.line().ServiceLine }),
		text("line.trade", "the trade of the service line", func(f *Facts) string { return f.line().Trade }),
		text("line.description", "the line's description", func(f *Facts) string { return f.line().Description }),
		yesNo("line.generic", "whether the library item is a generic one", func(f *Facts) bool { return f.line().Generic }),
		yesNo("line.taxable", "whether the line is taxed", func(f *Facts) bool { return f.line().Taxable }),
		yesNo("line.negative", "whether the line takes money off", func(f *Facts) bool { return f.line().Negative }),
	)
}

var noLine LineFacts

func (f *Facts) line() *LineFacts {
	if f.Line == nil {
		return &noLine
	}
	return f.Line
}
