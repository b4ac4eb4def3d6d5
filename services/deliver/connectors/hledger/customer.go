package hledger

import (
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// customerAccount is the account of the document's customer, and the customer's
// id: the level below the receivable account, or the whole account where the
// mapping named one. A reference that is such an id leads to the same account.
func (l *Ledger) customerAccount(d *tradepostv1.Document) (account, id string) {
	receivable := orElse(d.GetReceivableAccount(), l.cfg.Accounts.Receivable)
	ref := d.GetCustomer().GetReference().GetValue()
	if strings.HasPrefix(ref, receivable+":") {
		return ref + below(d), ref
	}
	id = accountPart(ref)
	return receivable + ":" + id + below(d), id
}

// below is what the mapping wants below the customer: a level for the location, one
// more for the job.
func below(d *tradepostv1.Document) string {
	var levels string
	if l := d.GetLocation(); l.GetBelowCustomer() {
		levels += ":" + accountPart(orElse(l.GetReference(), l.GetName()))
	}
	if j := d.GetJob(); j.GetBelowCustomer() {
		levels += ":" + accountPart("Job "+orElse(j.GetReference(), j.GetNumber()))
	}
	return levels
}

// mayDeclare tells whether a document may bring its own customer's account into the
// books: always where every document may, else where the mapping lets the deepest
// level be created.
func (l *Ledger) mayDeclare(d *tradepostv1.Document) bool {
	create := d.GetCustomer().GetCreateIfMissing()
	if d.GetLocation().GetBelowCustomer() {
		create = d.GetLocation().GetCreateIfMissing()
	}
	if d.GetJob().GetBelowCustomer() {
		create = d.GetJob().GetCreateIfMissing()
	}
	return l.cfg.Customers != CustomersChart || create
}

// withCustomer adds to an answer which customer the document was posted to. A
// journal has no records of customers, so that none is ever created; its accounts
// below the receivable account are what stays the same. An entry that was changed
// by hand tells nothing: it may be another customer's now.
func (l *Ledger) withCustomer(a connector.Answer, p connector.Posting) connector.Answer {
	posted, ok := a.(connector.Posted)
	company := p.Document.GetCustomer().GetCompanyId()
	if !ok || company == 0 || posted.Document.DocumentHash != p.DocumentHash {
		return a
	}
	_, id := l.customerAccount(p.Document)
	posted.Customers = []connector.Customer{{Record: connector.RecordCompany, RecordID: company, ID: id}}
	return posted
}
