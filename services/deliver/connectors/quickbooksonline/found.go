package quickbooksonline

import (
	"github.com/tradepost/tradepost/pkg/connector"
)

// pages are where people see a document, by environment.
var pages = map[string]string{
	Production: "https://qbo.intuit.com/app/",
	Sandbox:    "https://app.sandbox.qbo.intuit.com/app/",
}

// found is a document as deliver compares it.
func (q *Online) found(e entity, p *paper) connector.Found {
	prefs, _ := q.known.now()
	f := connector.Found{
		Kind: e.kind, ID: p.ID, Number: p.DocNumber, Version: p.version(), Total: p.total(),
		IssueDate: p.TxnDate, DueDate: p.DueDate, Void: p.isVoid(), URL: pages[q.cfg.Environment] + e.path + "?txnId=" + p.ID,
		Other: q.seenUnder(prefs, p),
	}
	if p.CustomerRef != nil {
		f.CustomerName = p.CustomerRef.Name
	}
	s, stamped := stampOf(p.PrivateNote)
	if !stamped || f.Void {
		return f
	}
	if total := amountOf(p.TotalAmt); s.check == p.digest(true, total) || s.check == p.digest(false, total) {
		f.DocumentHash = s.hash
		if s.issued != "" {
			f.IssueDate = s.issued
		}
	}
	return f
}

// listed is found with the marker that the document carries.
func (q *Online) listed(e entity, p *paper) connector.Listed {
	s, _ := stampOf(p.PrivateNote)
	return connector.Listed{Found: q.found(e, p), Marker: s.marker}
}
