package hledger

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// rendered is a document as a journal file.
type rendered struct {
	text string
	// accounts are those that the chart has to declare, with where they come from.
	accounts []named
}

type named struct{ account, path string }

// render writes the whole file of a document. The same posting gives the same
// bytes. With faults the text is not to be used.
func (l *Ledger) render(p connector.Posting) (rendered, []*tradepostv1.Fault) {
	d := p.Document
	lines, faults := l.postings(d)
	faults = append(l.headerFaults(d), faults...)
	if len(faults) > 0 {
		return rendered{accounts: accountsOf(lines)}, faults
	}
	customer := lines[0].account
	payee := payeeOf(d)
	var head, body strings.Builder
	fmt.Fprintf(&head, "; Tradepost made this file from ServiceTrade invoice %d. An edit by hand is noticed and kept.\n", d.GetSource().GetInvoiceId())
	fmt.Fprintf(&head, "decimal-mark .\npayee %s\n", payee)
	if !lines[0].declared {
		fmt.Fprintf(&head, "account %s\n", customer)
	}
	head.WriteByte('\n')
	fmt.Fprintf(&body, "%s * (%s) %s\n", entryDate(d), d.GetNumber(), description(d, payee))
	for _, comment := range headerTags(p) {
		fmt.Fprintf(&body, "    ; %s\n", comment)
	}
	tagsEnd := body.Len()
	l.writePostings(&body, lines)
	entry := body.String()
	entry = entry[:tagsEnd] + "    ; stbytes:" + entryHash(entry) + "\n" + entry[tagsEnd:]
	return rendered{text: head.String() + entry, accounts: accountsOf(lines)}, nil
}

func (l *Ledger) writePostings(b *strings.Builder, lines []line) {
	width := 0
	for _, p := range lines {
		width = max(width, len([]rune(p.account)))
	}
	for _, p := range lines {
		if p.account == "" {
			fmt.Fprintf(b, "    ; %s\n", p.comment)
			continue
		}
		pad := strings.Repeat(" ", width-len([]rune(p.account)))
		fmt.Fprintf(b, "    %s%s  %14s  ; %s\n", p.account, pad, l.cfg.write(p.amount), p.comment)
	}
}

// accountsOf lists the accounts of the lines that the chart has to declare.
func accountsOf(lines []line) []named {
	var accounts []named
	for _, p := range lines {
		if p.account != "" && !p.ownDeclaration() {
			accounts = append(accounts, named{p.account, p.path})
		}
	}
	return accounts
}

func (l *Ledger) headerFaults(d *tradepostv1.Document) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	if !markerForm.MatchString(d.GetMarker()) {
		faults = append(faults, fault.New("document.incomplete", fault.Args{
			Path: "marker", Thing: thing(d), Params: map[string]string{"connection": l.connection, "field": "marker"},
		}))
	}
	if !numberFits(d.GetNumber()) {
		faults = append(faults, fault.New("text.refused", fault.Args{
			Path: "number", Thing: "Invoice number " + d.GetNumber(), Params: map[string]string{"field": "invoice number"},
		}))
	}
	if d.GetCurrency() != l.cfg.Currency {
		faults = append(faults, fault.New("currency.not_in_books", fault.Args{
			Path: "currency", Thing: "Currency " + d.GetCurrency(), Params: map[string]string{"currency": d.GetCurrency()},
		}))
	}
	for _, f := range [][2]string{{"issueDate", d.GetIssueDate()}, {"postingDate", d.GetPostingDate()}, {"dueDate", d.GetDueDate()}} {
		if _, err := caldate.Parse(f[1]); err != nil && (f[1] != "" || f[0] == "issueDate") {
			faults = append(faults, fault.New("date.invalid", fault.Args{
				Path: f[0], Params: map[string]string{"value": f[1]},
			}))
		}
	}
	return faults
}

// entryDate is the day that the document counts in the books.
func entryDate(d *tradepostv1.Document) string {
	if d.GetPostingDate() != "" {
		return d.GetPostingDate()
	}
	return d.GetIssueDate()
}

func payeeOf(d *tradepostv1.Document) string {
	if payee := payeeText(d.GetCustomer().GetName()); payee != "" {
		return payee
	}
	return "customer " + accountPart(d.GetCustomer().GetReference().GetValue())
}

func description(d *tradepostv1.Document, payee string) string {
	note := payeeText(d.GetJob().GetName())
	if n := payeeText(d.GetJob().GetNumber()); n != "" {
		note = strings.TrimSpace("Job " + n + " " + note)
	}
	if note == "" {
		return payee
	}
	return payee + " | " + note
}

// headerTags are the comments of the entry: what finds it again first, then what
// a bookkeeper looks for, each with a line of its own.
func headerTags(p connector.Posting) []string {
	d := p.Document
	tags := []string{
		fmt.Sprintf("stid:%s, kind:%s, gen:%d", d.GetMarker(), kindTag(d.GetKind()), p.Generation),
		"sthash:" + p.DocumentHash,
	}
	add := func(name, value string) {
		if v := tagText(value); v != "" {
			tags = append(tags, name+":"+v)
		}
	}
	if entryDate(d) != d.GetIssueDate() {
		add("issued", d.GetIssueDate())
	}
	add("due", d.GetDueDate())
	add("po", d.GetPoNumber())
	add("job", d.GetJob().GetNumber())
	add("location", d.GetLocation().GetName())
	add("terms", d.GetTerms().GetName())
	add("class", d.GetClass().GetValue())
	add("department", d.GetDepartment().GetValue())
	add("rep", d.GetSalesRep().GetValue())
	add("office", d.GetOffice())
	add("from", d.GetServiceFrom())
	add("to", d.GetServiceTo())
	add("message", d.GetCustomerMessage())
	add("note", d.GetPrivateNote())
	add("memo", d.GetMemo())
	add("corrects", d.GetAppliesTo().GetNumber())
	add("url", d.GetSource().GetUrl())
	return tags
}

const creditMemoTag = "credit-memo"

func kindTag(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return creditMemoTag
	}
	return "invoice"
}

func kindOf(tag string) tradepostv1.DocumentKind {
	switch tag {
	case creditMemoTag:
		return tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	case "invoice":
		return tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	}
	return tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED
}

// lineTags is the comment of a line's posting.
func lineTags(i int, ln *tradepostv1.Line) string {
	tags := []string{"line:" + tagText(ln.GetKey())}
	add := func(name, value string) {
		if v := tagText(value); v != "" {
			tags = append(tags, name+":"+v)
		}
	}
	if ln.GetKey() == "" {
		tags[0] = "line:" + strconv.Itoa(i+1)
	}
	add("item", itemWord(ln.GetItem()))
	add("qty", ln.GetQuantity())
	add("unit", ln.GetUnitOfMeasure())
	add("price", ln.GetUnitPrice())
	add("class", ln.GetClass().GetValue())
	add("department", ln.GetDepartment().GetValue())
	add("costcode", ln.GetCostCode())
	add("text", ln.GetDescription())
	return strings.Join(tags, ", ")
}

func itemWord(it *tradepostv1.Item) string {
	for _, word := range []string{it.GetReference().GetValue(), it.GetCode(), it.GetName()} {
		if word != "" {
			return word
		}
	}
	return ""
}

// readDecimal takes "" for zero.
func readDecimal(s string) (decimal.Decimal, error) {
	if s == "" {
		return decimal.Zero, nil
	}
	return decimal.NewFromString(s)
}
