package hledger

import (
	"fmt"
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

// readDecimal takes "" for zero.
func readDecimal(s string) (decimal.Decimal, error) {
	if s == "" {
		return decimal.Zero, nil
	}
	return decimal.NewFromString(s)
}
