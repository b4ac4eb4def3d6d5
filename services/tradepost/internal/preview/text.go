package preview

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
)

// steps are what deliver would do, as people say it.
var steps = map[deliver.Step]string{
	deliver.StepCreate: "would be made anew",
	deliver.StepAdopt:  "is in the books already and stays as it is",
	deliver.StepUpdate: "is in the books and would be changed",
	deliver.StepGone:   "is not needed: what it takes back is not in the books any more",
}

// Text writes a view for a person. explain adds why each field has its value.
func (view *View) Text(w io.Writer, explain bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Invoice %s (id %d%s) -> %s, connection %s\n",
		cmp.Or(fault.OneLine(view.InvoiceNumber), "without a number"), view.InvoiceID, prefixed(", ", fault.OneLine(view.Status)), view.System, view.Connection)
	switch view.Verdict {
	case Postable:
		fmt.Fprintf(&b, "POSTABLE: %s.\n", count(len(view.Documents), "document"))
	case Void:
		b.WriteString("VOID: it is not posted.\n")
	case Faulty:
		fmt.Fprintf(&b, "NOT POSTABLE: %s.\n", count(len(view.Faults), "problem"))
	default:
		fmt.Fprintf(&b, "CANNOT LOOK: %s\n", fault.OneLine(view.Why))
	}
	for i, f := range view.Faults {
		fmt.Fprintf(&b, "%d. %s\n   [%s%s]\n", i+1, f.Text, f.Code, prefixed(" ", f.Path))
	}
	for _, f := range view.Remarks {
		fmt.Fprintf(&b, "Remark: %s\n   [%s%s]\n", f.Text, f.Code, prefixed(" ", f.Path))
	}
	for _, note := range view.Notes {
		fmt.Fprintf(&b, "Note: %s.\n", fault.OneLine(note))
	}
	for _, p := range view.Documents {
		b.WriteString("\n")
		p.text(&b, explain)
	}
	for _, d := range view.InBooks {
		fmt.Fprintf(&b, "In the books now: %s.\n", fault.OneLine(d))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Paper) text(b *strings.Builder, explain bool) {
	d := p.message
	row := func(name string, words ...string) {
		var said []string
		for _, one := range words {
			if one = fault.OneLine(one); one != "" {
				said = append(said, one)
			}
		}
		if len(said) > 0 {
			fmt.Fprintf(b, "  %-14s %s\n", name, strings.Join(said, ", "))
		}
	}
	row("document", kindWord(d.GetKind()), d.GetMarker(), steps[p.Step])
	row("number", cmp.Or(d.GetNumber(), "(the books choose one)"))
	row("date", d.GetIssueDate(), prefixed("counts on ", d.GetPostingDate()), prefixed("due ", d.GetDueDate()), prefixed("work done ", d.GetServiceTo()))
	row("terms", d.GetTerms().GetReference().GetValue(), d.GetTerms().GetName())
	row("customer", d.GetCustomer().GetReference().GetValue(), quoted(d.GetCustomer().GetName()), said(d.GetCustomer().GetCreateIfMissing(), "made where it is missing"))
	row("location", d.GetLocation().GetReference().GetValue(), quoted(d.GetLocation().GetName()))
	row("job", d.GetJob().GetNumber(), quoted(d.GetJob().GetName()))
	row("P.O.", d.GetPoNumber())
	row("class", d.GetClass().GetValue())
	row("department", d.GetDepartment().GetValue())
	row("sales rep", d.GetSalesRep().GetValue())
	row("receivable", d.GetReceivableAccount().GetValue())
	row("memo", short(d.GetMemo()))
	row("message", short(d.GetCustomerMessage()))
	row("private note", short(d.GetPrivateNote()))
	b.WriteString(lines(d) + "\n")
	total(b, d)
	fmt.Fprintf(b, "  %-14s %s\n", "document hash", p.Hash)
	if explain {
		b.WriteString(p.reasons() + "\n")
	}
	if p.Diff != nil {
		p.Diff.text(b)
	}
}

func total(b *strings.Builder, d *tradepostv1.Document) {
	t := d.GetTotals()
	for _, one := range [][2]string{{"subtotal", t.GetSubtotal()}, {"discount", t.GetDiscount()}, {"tax", t.GetTax()}, {"rounding", t.GetRounding()}, {"total", t.GetTotal()}} {
		if one[1] == "" {
			continue
		}
		fmt.Fprintf(b, "  %-14s %14s %s", one[0], one[1], d.GetCurrency())
		if one[0] == "tax" {
			for _, tax := range d.GetTaxes() {
				fmt.Fprintf(b, "  %s", fault.OneLine(cmp.Or(tax.GetCode().GetValue(), tax.GetName())+" "+prefixed("to ", tax.GetAccount().GetValue())))
			}
		}
		b.WriteString("\n")
	}
}

func lines(d *tradepostv1.Document) string {
	t := grid("line", "item", "description", "quantity", "price", "amount", "account", "tax", "class")
	for i, l := range d.GetLines() {
		tax := l.GetTaxCode().GetValue()
		if tax == "" && l.GetTaxable() {
			tax = "taxable"
		}
		t.AppendRow(table.Row{
			i + 1, short(l.GetItem().GetReference().GetValue()), short(l.GetDescription()), l.GetQuantity(), l.GetUnitPrice(), l.GetAmount(),
			short(l.GetRevenueAccount().GetValue()), short(tax), short(l.GetClass().GetValue()),
		})
	}
	var right []table.ColumnConfig
	for n := 4; n <= 6; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	t.SuppressEmptyColumns()
	return t.Render()
}

func (p Paper) reasons() string {
	t := grid("field", "value", "from", "was there", "rule", "row of the table")
	for _, r := range p.Explanation {
		t.AppendRow(table.Row{r.Field, short(r.Value), short(r.SourceField), short(r.SourceValue), short(r.Rule), short(r.TableRow)})
	}
	t.SuppressEmptyColumns()
	return t.Render()
}

func (d *Diff) text(b *strings.Builder) {
	switch {
	case d.Cannot != "":
		fmt.Fprintf(b, "Not compared with what was posted before: %s.\n", d.Cannot)
	case len(d.Changes) == 0:
		fmt.Fprintf(b, "The same as %s.\n", d.Against)
	default:
		fmt.Fprintf(b, "Compared with %s:\n", d.Against)
		t := grid("field", "before", "now")
		for _, c := range d.Changes {
			t.AppendRow(table.Row{c.Field, short(c.Before), short(c.Now)})
		}
		b.WriteString(t.Render() + "\n")
	}
}

// Summary is one line about many views.
func (r *Report) Summary() string {
	s := fmt.Sprintf("%s: %d postable, %d with problems, %d could not be looked at", count(len(r.Invoices), "invoice"), r.Postable, r.Faulty, r.CannotLook)
	if r.Void > 0 {
		s += fmt.Sprintf(", %d void", r.Void)
	}
	return s
}

func grid(headings ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(headings)
	return t
}

// maxCell is the most that a table shows of a text; JSON has all of it.
const maxCell = 60

func short(s string) string {
	runes := []rune(fault.OneLine(s))
	if len(runes) <= maxCell {
		return string(runes)
	}
	return string(runes[:maxCell-1]) + "…"
}

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}

func said(yes bool, words string) string {
	if yes {
		return words
	}
	return ""
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
