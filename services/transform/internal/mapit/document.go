package mapit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Lengths that the message schema sets, in characters.
const (
	maxStreet     = 1000
	maxShortText  = 255
	maxPostalCode = 40
	maxCountry    = 60
)

// Writer writes one document.
type Writer struct {
	Account  string
	AppURL   string
	TimeZone string
	Mapping  *mapping.Mapping
	// Exponent is the number of digits behind the point of the currency.
	Exponent int32
	// Split says that the invoice becomes two documents, of which this is one.
	Split bool
	// Days are the days of the document.
	Days Days
	// DescriptionLength is the longest description that the accounting system
	// takes, in characters; 0 is any.
	DescriptionLength int

	log explain.Log
	doc *tradepostv1.Document
}

// Write makes the document of an invoice without faults, and its explanation.
func (w *Writer) Write(inv *normalise.Invoice, res Resolved, sums check.Reckoning) (*tradepostv1.Document, *tradepostv1.DocumentExplanation) {
	w.doc = &tradepostv1.Document{}
	w.identity(inv, sums)
	w.header(inv)
	w.terms(inv, res.Terms)
	w.texts(res.Facts)
	w.chosen(res)
	w.customer(inv.Customer, res.Customer)
	w.location(inv)
	w.job(inv)
	w.accounts()
	w.lines(inv, res)
	w.tax(inv, res, sums)
	w.totals(sums)
	w.doc.MappingHash = w.set("mapping_hash", w.Mapping.Hash(), explain.Source{Rule: explain.RuleComputed, Field: "mapping"})
	return w.doc, w.log.Done()
}

// set explains a value and returns it.
func (w *Writer) set(field, value string, s explain.Source) string {
	w.log.Set(field, value, s)
	return value
}

// short copies text, shortened to limit characters where it is longer.
func (w *Writer) short(field, value, source string, limit int) string {
	return w.shortened(field, value, explain.Copied(source, value), limit)
}

func (w *Writer) shortened(field, value string, s explain.Source, limit int) string {
	clipped := value
	if limit > 0 {
		clipped = fault.Clip(value, limit)
	}
	if clipped != value {
		s.Rule = strings.TrimPrefix(s.Rule+", "+explain.RuleShortened, explain.RuleCopy+", ")
	}
	return w.set(field, clipped, s)
}

// answer writes what the mapping chose; nothing where it chose nothing.
func (w *Writer) answer(field string, a mapping.Answer) *tradepostv1.Reference {
	if a.Reference == nil {
		return nil
	}
	return w.log.Answer(field, a, "")
}

// allowed writes a switch of the mapping.
func (w *Writer) allowed(field string, yes bool, rule string) bool {
	if yes {
		w.set(field, "true", explain.Source{Rule: rule})
	}
	return yes
}

// turned tells whether amounts change their sign: what is owed to the customer
// becomes a credit memo with a positive total.
func (w *Writer) turned() bool {
	return w.doc.Kind == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
}

func (w *Writer) identity(inv *normalise.Invoice, sums check.Reckoning) {
	w.doc.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	if sums.Total.Sign() < 0 {
		w.doc.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	}
	w.set("kind", w.doc.Kind.String(), explain.Source{Field: "totalPrice", Value: inv.Total.Text, Rule: "the sign of the total"})
	w.doc.Marker = w.set("marker", invoice.Marker(w.Account, inv.ID, w.doc.Kind, w.Split),
		explain.Source{Field: "id", Value: strconv.FormatInt(inv.ID, 10), Rule: explain.RuleFixed})
	src := &tradepostv1.Source{
		Account:       w.set("source.account", w.Account, explain.Source{Rule: explain.RuleConnection}),
		InvoiceId:     w.log.ID("source.invoice_id", inv.ID, "id"),
		InvoiceNumber: w.log.Text("source.invoice_number", inv.Number, "invoiceNumber"),
		InvoiceName:   w.log.Text("source.invoice_name", inv.Name, "name"),
		Total:         w.set("source.total", inv.Total.Value.Fixed(w.Exponent), explain.Copied("totalPrice", inv.Total.Text)),
		Split:         w.allowed("source.split", w.Split, "policy.mixed_signs"),
		Partial:       w.log.True("source.partial", inv.Partial, "partial"),
	}
	if w.AppURL != "" {
		src.Url = w.set("source.url", servicetrade.InvoicePage(w.AppURL, inv.ID),
			explain.Source{Field: "id", Value: strconv.FormatInt(inv.ID, 10), Rule: explain.RuleConnection})
	}
	w.doc.Source = src
}

func (w *Writer) header(inv *normalise.Invoice) {
	d := w.doc
	w.documentNumber(inv)
	d.IssueDate = w.date("issue_date", w.Days.Issue, w.Days.issued.Field, w.Days.seconds(inv))
	if !w.Days.Posting.IsZero() {
		d.PostingDate = w.set("posting_date", w.Days.Posting.String(), w.Days.posted)
	}
	d.DueDate = w.date("due_date", inv.DueDate, "dueDate", inv.Source.GetDueDate())
	d.ServiceTo = w.date("service_to", inv.JobDone, "job.completedOn", inv.Job.GetCompletedOn())
	d.Currency = w.set("currency", w.Mapping.Currency, explain.Source{Rule: "currency"})
	d.Memo = w.log.Text("memo", inv.Name, "name")
	d.CustomerMessage = w.log.Text("customer_message", inv.Notes, "notes")
	d.PoNumber = w.short("po_number", normalise.OneLine(inv.Job.GetCustomerPo()), "job.customerPo", maxShortText)
	d.Office = w.short("office", inv.Office, "job.assignedOffice.name", maxShortText)
}

// date explains a calendar date by the seconds and the zone that it came from.
func (w *Writer) date(field string, d caldate.Date, source string, seconds int64) string {
	return w.set(field, d.String(), explain.Source{
		Field: source, Value: fmt.Sprintf("%d (%s)", seconds, w.TimeZone), Rule: explain.RuleLocalDate,
	})
}

// terms are ServiceTrade's words, and the terms of the books where the mapping
// chooses them.
func (w *Writer) terms(inv *normalise.Invoice, chosen mapping.Answer) {
	if inv.Terms == "" && chosen.Reference == nil {
		return
	}
	w.doc.Terms = &tradepostv1.Terms{
		Reference: w.answer("terms.reference", chosen),
		Name:      w.log.Text("terms.name", inv.Terms, "paymentTerms"),
	}
	if inv.IssueDate.IsZero() || inv.DueDate.IsZero() {
		return
	}
	if days := inv.IssueDate.DaysUntil(inv.DueDate); days > 0 {
		w.doc.Terms.NetDays = int32(days)
		w.set("terms.net_days", strconv.Itoa(days), explain.Source{
			Field: "dueDate", Value: inv.DueDate.String(), Rule: "days from issue date to due date",
		})
	}
}

func (w *Writer) accounts() {
	if a, ok := w.Mapping.ReceivableAccount(); ok {
		w.doc.ReceivableAccount = w.log.Answer("receivable_account", a, "")
	}
}
