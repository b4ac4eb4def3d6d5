package posting

import (
	"context"
	"slices"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
)

// rest looks for documents of the invoice that neither the record nor this send knows:
// the credit memo of an earlier split, or what took a document back. Where a record was
// lost, nothing else tells that they stand beside what is adopted or made. It asks under
// each marker once.
func (t *try) rest(ctx context.Context, markers []string) (*tradepostv1.Outcome, error) {
	var faults []*tradepostv1.Fault
	for _, marker := range markers {
		found, outcome, err := t.find(t.told(ctx, nil), restQuery(marker))
		if outcome != nil || err != nil {
			return outcome, err
		}
		t.asked = append(t.asked, marker)
		if len(found) > 0 {
			faults = append(faults, t.restFault(marker, found[0]))
		}
	}
	if len(faults) > 0 {
		return rejected(faults...), nil
	}
	return nil, nil
}

// besideAdopted are the markers to ask for beside a document that is adopted without the
// record knowing it: the record is lost, or an older copy.
func (t *try) besideAdopted(one paper, live *tradepostv1.DocumentRef) []string {
	if live != nil || one.slot.Reversal {
		return nil
	}
	return t.unmade(invoice.Markers(t.Account, t.m.Subject.InvoiceID))
}

// besideMade are the markers to ask for before a document is made that the record knows
// nothing of. Only a connection that splits invoices pays for that.
func (t *try) besideMade(one paper) []string {
	if one.slot.Reversal || t.Splits == nil || !t.Splits() || t.knows() {
		return nil
	}
	return t.unmade([]string{invoice.Marker(t.Account, t.m.Subject.InvoiceID, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, true)})
}

// knows tells whether the record has any document of the connection, gone or not.
func (t *try) knows() bool {
	return slices.ContainsFunc(t.entry.Record.GetDocuments(), func(d *tradepostv1.DocumentRef) bool { return d.GetConnection() == t.Connection })
}

// unmade leaves out the markers of this send's documents, and those that were asked for.
func (t *try) unmade(markers []string) []string {
	return slices.DeleteFunc(markers, func(m string) bool { return t.makes(m) || slices.Contains(t.asked, m) })
}

func restQuery(marker string) connector.Query {
	return connector.Query{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, Marker: marker}
}

// restFault is what keeps the invoice from being posted beside what was found.
func (t *try) restFault(marker string, f connector.Found) *tradepostv1.Fault {
	return t.stillCounts(&tradepostv1.DocumentRef{
		Kind: f.Kind, Connection: t.Connection, Id: f.ID, Marker: marker, Reversal: invoice.IsReversal(marker),
	}, f)
}
