package attempts

import (
	"cmp"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// answered is a connector's answer in the words of the field.
func answered(a connector.Answer) string {
	switch a := a.(type) {
	case connector.Posted:
		word := "posted: "
		if a.Adopted {
			word = "found in the books: "
		}
		return shorten(word + document(a.Document) + because("; ", a.Remarks))
	case connector.Rejected:
		if a.Document != nil {
			return shorten("rejected, and there all the same as " + document(*a.Document) + because(": ", a.Faults))
		}
		return shorten("rejected" + because(": ", a.Faults))
	case connector.Wait:
		least := ""
		if a.For > 0 {
			least = fmt.Sprintf(", for %s at the least", a.For)
		}
		return shorten(fmt.Sprintf("nothing was made; %s has to wait (%s%s): %s", scope(a.Scope), a.Reason, least, a.Message))
	case connector.Handed:
		return shorten(fmt.Sprintf("handed over as %s: %s", a.Token, a.Message))
	case connector.Uncertain:
		return shorten(fmt.Sprintf("in doubt (%s): %s", a.Reason, a.Message))
	default:
		return fmt.Sprintf("an answer that deliver does not know (%T)", a)
	}
}

// document is one as a person looks for it.
func document(f connector.Found) string {
	kind := "document"
	switch f.Kind {
	case tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE:
		kind = "invoice"
	case tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO:
		kind = "credit memo"
	}
	if f.Void {
		kind = "void " + kind
	}
	return fmt.Sprintf("%s %s of %s (id %s)", kind, cmp.Or(f.Number, "without a number"), f.Total, f.ID)
}

func scope(s tradepostv1.WaitScope) string {
	if s == tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION {
		return "the connection"
	}
	return "the invoice"
}

// because lists faults, or remarks, by their codes and in their words.
func because(before string, faults []*tradepostv1.Fault) string {
	said := make([]string, len(faults))
	for i, f := range faults {
		said[i] = f.GetCode() + ": " + fault.Text(f)
	}
	if len(said) == 0 {
		return ""
	}
	return before + strings.Join(said, "; ")
}
