package file

import (
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/caldate"
)

// Row is what a template sees. Dates are YYYY-MM-DD, amounts decimal strings with two
// places and the sign of the file; what is not given is "".
type Row struct {
	// Kind is invoice or credit_memo; Row is line, discount, tax or document.
	Kind, Row string
	// Index counts the rows of a document from 1, of Count.
	Index, Count int
	// Marker is Tradepost's own reference of the document.
	Marker, Number, Date, PostingDate, DueDate, ServiceFrom, ServiceTo, Currency  string
	Customer, CustomerName                                                        string
	Location, LocationName, Street, City, State, PostalCode, Country, StoreNumber string
	Job, JobNumber, JobName, JobType                                              string
	PO, Terms, Office, Class, Department, SalesRep, Receivable                    string
	Message, Note, AppliesTo                                                      string
	// InvoiceID is ServiceTrade's id, URL its page.
	InvoiceID                                int64
	URL                                      string
	Subtotal, DiscountTotal, TaxTotal, Total string
	// Of a line; of a tax, Item is its code, Name its name, and Account its account.
	Item, ItemName, Description, Quantity, Unit, UnitPrice, Amount, Account string
	TaxCode, CostCode, Phase, CostType                                      string
	Taxable                                                                 bool
	// Custom are the document's own fields of the mapping.
	Custom map[string]string
}

// functions are what templates may call besides those that every template has.
var functions = template.FuncMap{
	"date": func(format, day string) (string, error) {
		layout, ok := dateFormats[format]
		if !ok {
			return "", fmt.Errorf("%q is no format of a date; there are MM/DD/YY, MM/DD/YYYY, M/D/YY, M/D/YYYY, YYYY-MM-DD, YYYYMMDD, MMDDYY", format)
		}
		if day == "" {
			return "", nil
		}
		d, err := caldate.Parse(day)
		if err != nil {
			return "", err
		}
		return layout(d.String()), nil
	},
	"negate": func(amount string) (string, error) {
		a, err := decimal.NewFromString(amount)
		if err != nil {
			return "", err
		}
		return a.Neg().StringFixed(2), nil
	},
	"upper": strings.ToUpper,
	"first": func(n int, s string) string {
		r := []rune(s)
		return string(r[:max(0, min(n, len(r)))])
	},
	"digits": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, s)
	},
}

// dateFormats turn YYYY-MM-DD into what programs read.
var dateFormats = map[string]func(string) string{
	"YYYY-MM-DD": func(d string) string { return d },
	"YYYYMMDD":   func(d string) string { return d[:4] + d[5:7] + d[8:] },
	"MM/DD/YYYY": func(d string) string { return d[5:7] + "/" + d[8:] + "/" + d[:4] },
	"MM/DD/YY":   func(d string) string { return d[5:7] + "/" + d[8:] + "/" + d[2:4] },
	"MMDDYY":     func(d string) string { return d[5:7] + d[8:] + d[2:4] },
	"M/D/YYYY":   func(d string) string { return plain(d[5:7]) + "/" + plain(d[8:]) + "/" + d[:4] },
	"M/D/YY":     func(d string) string { return plain(d[5:7]) + "/" + plain(d[8:]) + "/" + d[2:4] },
}

func plain(s string) string { return strings.TrimPrefix(s, "0") }

// read parses the template, and tries it: what a row does not have is told at the start.
func (col *Column) read() error {
	t, err := template.New(col.Name).Option("missingkey=zero").Funcs(functions).Parse(col.Value)
	if err != nil {
		return err
	}
	col.tmpl = t
	zero := "0.00"
	return t.Execute(io.Discard, Row{
		Index: 1, Count: 1, Date: "2026-11-22", Subtotal: zero, DiscountTotal: zero, TaxTotal: zero, Total: zero, Amount: zero,
	})
}
