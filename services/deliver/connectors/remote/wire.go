package remote

import (
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func posting(p connector.Posting) *tradepostv1.AskCreate {
	return &tradepostv1.AskCreate{Document: p.Document, DocumentHash: p.DocumentHash, Key: p.Key, Generation: p.Generation}
}

func foundOf(d *tradepostv1.BooksDocument) connector.Found {
	return connector.Found{
		Kind: d.GetKind(), ID: d.GetId(), Number: d.GetNumber(), Version: d.GetVersion(), Total: d.GetTotal(),
		DocumentHash: d.GetDocumentHash(), IssueDate: d.GetIssueDate(), CustomerName: d.GetCustomerName(), Void: d.GetVoid(), URL: d.GetUrl(),
	}
}

func documentOf(f connector.Found) *tradepostv1.BooksDocument {
	return &tradepostv1.BooksDocument{
		Kind: f.Kind, Id: f.ID, Number: f.Number, Version: f.Version, Total: f.Total,
		DocumentHash: f.DocumentHash, IssueDate: f.IssueDate, CustomerName: f.CustomerName, Void: f.Void, Url: f.URL,
	}
}

func waitOf(w *tradepostv1.BooksWait) connector.Wait {
	return connector.Wait{Scope: w.GetScope(), For: durationOf(w.GetFor()), Reason: w.GetReason(), Message: fault.Clip(fault.OneLine(w.GetMessage()), maxMessage)}
}

const maxMessage = 500

// tell makes faults of those that a program told. A code of the catalogue, with all that
// its texts need, is told in the catalogue's words; any other in the program's own.
func (c *Connector) tell(said []*tradepostv1.Fault) []*tradepostv1.Fault {
	told := make([]*tradepostv1.Fault, 0, len(said))
	for _, f := range said {
		told = append(told, c.tellOne(f))
	}
	return told
}

func (c *Connector) tellOne(f *tradepostv1.Fault) *tradepostv1.Fault {
	if e, known := fault.Lookup(f.GetCode()); known && complete(e, f.GetParams()) {
		return fault.New(f.GetCode(), fault.Args{Path: f.GetPath(), Thing: f.GetThing(), Params: f.GetParams(), VendorText: f.GetVendorText()})
	}
	told := fault.New("program.refused", fault.Args{
		Path: f.GetPath(), Thing: f.GetThing(), VendorText: f.GetVendorText(),
		Params: map[string]string{"system": c.cfg.Title, "reason": strings.TrimRight(f.GetMessage(), ". "), "fix": f.GetFix()},
	})
	told.Owner = f.GetOwner()
	return told
}

func complete(e fault.Entry, params map[string]string) bool {
	if e.Reserved || e.Code == fault.Unknown {
		return false
	}
	for _, p := range e.Params {
		if params[p] == "" {
			return false
		}
	}
	return true
}
