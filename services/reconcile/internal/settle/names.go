package settle

import (
	"cmp"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// names lists documents as a bookkeeper looks for them.
func names(documents []*tradepostv1.PostedDocument) string {
	var all []string
	for _, d := range documents {
		all = append(all, fmt.Sprintf("%s (total %s)", name(d), d.GetTotal()))
	}
	return strings.Join(all, " and ")
}

// called is names without the totals.
func called(documents []*tradepostv1.PostedDocument) string {
	var all []string
	for _, d := range documents {
		all = append(all, name(d))
	}
	return strings.Join(all, " and ")
}

func name(d *tradepostv1.PostedDocument) string {
	kind := "invoice"
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		kind = "credit memo"
	}
	return kind + " " + cmp.Or(d.GetNumber(), d.GetId())
}
