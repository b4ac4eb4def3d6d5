// Package faultsdoc writes docs/faults.md from the catalogue of faults.
package faultsdoc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const head = `# Faults

<!-- Generated from the catalogue in pkg/fault by make generate. Do not edit. -->

Everything that can be wrong with an invoice, a connection or a message has a code here. Codes are never renamed or
reused: comments, logs, records and scripts keep them. ` + "`tradepost fault CODE`" + ` shows one, ` + "`-o json`" + ` gives it to a script.
Words in braces stand for the particulars of one case. A private comment in ServiceTrade tells a fault as

` + "```text\nthing: message What to do (who): fix\n```" + `

in at most 500 characters. Where the accounting system gave a reason, its own words stand behind the message, never alone.

| who | mends |
| --- | --- |
| office | invoices, customers and items in ServiceTrade |
| bookkeeper | the books, and how ServiceTrade is linked to them |
| Tradepost administrator | configuration and mappings |
| Tradepost operator | servers, networks, and what is held |

"Told by" is the part of Tradepost that finds it: a *stage* (ingest, transform, deliver, reconcile), a *connector*,
` + "`doctor`, `preview`" + `, or the *program* about itself.
`

// about names the groups of codes, by what stands before the point.
var about = map[string]string{
	"account": "Accounts of the books", "accounting": "The accounting system", "attempts": "Attempts", "books": "The place of the books",
	"class": "Classes", "command": "Operators' commands", "connection": "Connections", "currency": "Currency", "customer": "Customers", "date": "Dates", "field": "Custom fields",
	"department": "Departments", "document": "Documents in the books", "fault": "The program itself", "file": "Import files", "invoice": "The invoice as a whole",
	"item": "Items", "line": "One line", "lines": "All lines", "location": "Locations", "mapping": "Mapping", "message": "Messages",
	"number": "Invoice numbers", "posting": "Postings in doubt", "program": "Connectors that are programs of their own", "record": "Records", "retainage": "Retainage", "servicetrade": "ServiceTrade",
	"settle": "What ServiceTrade was told", "tax": "Sales tax", "terms": "Payment terms", "text": "Texts", "total": "Totals", "webhook": "Endpoints of your own",
}

// Page is docs/faults.md. It fails when a group of codes has no heading.
func Page() (string, error) {
	var b strings.Builder
	b.WriteString(head)
	group, kept := "", ""
	for _, e := range fault.All() {
		if e.Reserved {
			kept += fmt.Sprintf("- %s: %s\n", e.Code, e.Title)
			continue
		}
		if of, _, _ := strings.Cut(e.Code, "."); of != group {
			group = of
			if about[of] == "" {
				return "", fmt.Errorf("faultsdoc: the codes %s.… have no heading; give them one in page.go", of)
			}
			fmt.Fprintf(&b, "\n## %s\n", about[of])
		}
		section(&b, e)
	}
	if kept != "" {
		b.WriteString("\n## Kept for connectors to come\n\nNothing tells these yet, and they do not count.\n\n" + kept)
	}
	return b.String(), nil
}

func section(b *strings.Builder, e fault.Entry) {
	fmt.Fprintf(b, "\n### %s\n\n%s.\n\n", e.Code, e.Title)
	fmt.Fprintf(b, "> %s: %s\n\n", cell(e.Thing), cell(e.Message))
	fmt.Fprintf(b, "- What to do (%s): %s\n", fault.OwnerWord(e.Owner), cell(e.Fix))
	fmt.Fprintf(b, "- Told by: %s", e.Raised)
	b.WriteString("\n")
	if len(e.Params) > 0 {
		fmt.Fprintf(b, "- Particulars: `%s`\n", strings.Join(e.Params, "`, `"))
	}
}

var braces = regexp.MustCompile(`\{[a-z_]+\}`)

// cell keeps the placeholders of a text from being read as markup.
func cell(s string) string { return braces.ReplaceAllString(s, "`$0`") }

// Problems are what is wrong with entries of the catalogue: somebody has to mend
// each fault, and know how, and the vendor's words never stand alone.
func Problems(entries []fault.Entry) []string {
	var wrong []string
	for _, e := range entries {
		bad := func(what string) { wrong = append(wrong, e.Code+" "+what) }
		if e.Owner == tradepostv1.FaultOwner_FAULT_OWNER_UNSPECIFIED {
			bad("has no owner")
		}
		if len(strings.Fields(e.Fix)) < 3 {
			bad("has no fix that says what to do")
		}
		if len(strings.Fields(braces.ReplaceAllString(e.Message, ""))) < 2 {
			bad("has no message of its own: the accounting system's words would stand alone")
		}
		for _, name := range []string{"{vendor_text}", "{vendor}"} {
			if slices.ContainsFunc([]string{e.Message, e.Fix, e.Thing, e.Title}, func(s string) bool { return strings.Contains(s, name) }) {
				bad("puts the accounting system's words into a text of ours")
			}
		}
		if strings.TrimSpace(e.Thing) == "" {
			bad("has no thing")
		}
	}
	return wrong
}
