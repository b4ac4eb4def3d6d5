package transform_test

import (
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func rich(name string, edit func(*snapshot)) goldenCase {
	return goldenCase{name: "rich-" + name, mapping: "rich", edit: edit}
}

func taxedBothWays(s *snapshot) {
	withLines(s, "545.30", taxable(sold(1, "Labor", "2.5", "125.00", labor)), taxable(sold(2, "Filters", "3", "70", filter)))
	s.Invoice.TotalPrice, s.Invoice.Tax, s.Invoice.TaxGroup = "560.39", "37.89", "NC-DURHAM"
}

// richCases are of mappings that choose much.
var richCases = []goldenCase{
	rich("plain", func(*snapshot) {}),
	rich("tax-of-two-codes", taxedBothWays),
	rich("tax-without-a-code", func(s *snapshot) {
		taxedBothWays(s)
		s.Invoice.TaxGroup = "SC"
	}),
	rich("freight", func(s *snapshot) {
		withLines(s, "35", sold(1, "Inbound FREIGHT", "1", "15", &libItem{Id: 9, Code: "GEN", Generic: true}), sold(2, "Paint", "1", "20", &libItem{Id: 9, Code: "GEN", Generic: true}))
	}),
	rich("closed-period", func(s *snapshot) { s.Job.CompletedOn = unix("2026-10-30 16:30") }),
	rich("no-day", func(s *snapshot) { s.Job.CompletedOn = 0 }),
	rich("before-go-live", func(s *snapshot) { s.Job.CompletedOn = unix("2026-07-31 16:30") }),
	rich("everything-refused", func(s *snapshot) {
		withLines(s, "-50", sold(1, "Back", "-1", "70", belt), sold(2, "Fee", "1", "20", &libItem{Code: "FEE"}))
		s.Invoice.Partial, s.Invoice.PaymentTerms, s.Job.Number = true, "Net 90", ""
		s.Invoice.Items[1].ServiceLine = &tradepostv1.ServiceTradeServiceLine{Name: "Plumbing"}
	}),
	rich("nothing", func(s *snapshot) { withLines(s, "0", sold(1, "Warranty", "1", "0", labor)) }),
	rich("unnumbered", func(s *snapshot) { s.Invoice.InvoiceNumber = "" }),
	{name: "assigned-number", mapping: "locations", edit: func(s *snapshot) { s.Location.ExternalIds = map[string]string{"accounting": "L7"} }},
	{name: "location-missing", mapping: "locations", edit: func(s *snapshot) { s.Location, s.Invoice.Location = nil, nil }},
	{name: "location-not-mapped", mapping: "locations", edit: func(*snapshot) {}},
	{name: "taxable-flag", mapping: "locations", edit: func(s *snapshot) {
		s.Location.ExternalIds = map[string]string{"accounting": "L7"}
		withLines(s, "545.16", taxable(sold(1, "Labor", "2.5", "125.00", labor)), sold(2, "Filters", "3", "70", filter))
		s.Invoice.Tax, s.Invoice.TaxRate = "22.66", "7.25"
	}},
	{name: "closed-today", mapping: "locations", edit: func(s *snapshot) {
		s.Location.ExternalIds = map[string]string{"accounting": "L7"}
		s.TakenAt = &timestamppb.Timestamp{Seconds: unix("2026-11-05 09:00")}
		s.Invoice.TransactionDate = unix("2026-09-05 09:00")
	}},
	{name: "department-not-mapped", mapping: "departments", edit: func(*snapshot) {}},
	{name: "key-too-long", edit: func(s *snapshot) {
		s.Customer.ExternalIds = map[string]string{"accounting": strings.Repeat("K", 1200)}
	}},
	{name: "split", mapping: "split", edit: func(s *snapshot) {
		withLines(s, "55.00", sold(1, "Labor", "1", "125", labor), sold(2, "Filter taken back", "-1", "70", filter), sold(3, "Free", "1", "0", filter))
	}},
	{name: "split-over-nothing", mapping: "split", edit: func(s *snapshot) {
		withLines(s, "0.00", sold(1, "Filter", "1", "70", filter), sold(2, "Filter taken back", "-1", "70", filter))
	}},
	{name: "split-taxed-by-rate", mapping: "split", edit: func(s *snapshot) {
		withLines(s, "58.99", taxable(sold(1, "Labor", "1", "125", labor)), taxable(sold(2, "Filter taken back", "-1", "70", filter)))
		s.Invoice.TaxRate = "7.25"
	}},
	{name: "split-taxed", mapping: "split", edit: func(s *snapshot) {
		withLines(s, "58.99", taxable(sold(1, "Labor", "1", "125", labor)), taxable(sold(2, "Filter taken back", "-1", "70", filter)))
		s.Invoice.Tax = "3.99"
	}},
	{name: "split-credit-untaxed", mapping: "split", edit: func(s *snapshot) {
		withLines(s, "64.06", taxable(sold(1, "Labor", "1", "125", labor)), sold(2, "Filter taken back", "-1", "70", filter))
		s.Invoice.Tax = "9.06"
	}},
	{name: "rounded-document", mapping: "rounding", edit: func(s *snapshot) {
		withLines(s, "1.00", sold(1, "A third", "1", "0.3333", labor), sold(2, "A third", "1", "0.3333", labor), sold(3, "A third", "1", "0.3334", labor))
	}},
	{name: "rounded-even", mapping: "rounding", edit: func(s *snapshot) {
		withLines(s, "0.12", taxable(sold(1, "Half a cent", "1", "0.125", labor)))
	}},
	{name: "condition-failed", mapping: "costly", edit: func(s *snapshot) {
		for range 300 {
			s.Job.Tags = append(s.Job.Tags, &ref{Name: "tag"})
		}
	}},
}
