package posting

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
)

// Step is what an attempt would do with a document.
type Step string

// The steps of Place, in words that people and scripts read.
const (
	StepCreate Step = "create"
	StepAdopt  Step = "adopt"
	StepUpdate Step = "update"
	// StepNone: there are faults, and nothing is written.
	StepNone Step = "none"
)

// Sight is what an attempt would meet with one document.
type Sight struct {
	// Step is what it would do.
	Step Step
	// Faults are those that it would be rejected for.
	Faults []*tradepostv1.Fault
	// Found are the documents of this marker in the books, without void ones.
	Found []connector.Found
	// Differences are those between Found and the document, in words for a bookkeeper.
	Differences []string
	// Unsure are the reasons why an attempt may still end in another way.
	Unsure []string
}

// Looker tells what an attempt would do, without a claim and without writing
// anything: Place's questions in Place's order. It asks the books only what
// Connector.Find and PreviewChecker answer.
type Looker struct {
	Connection string
	Connector  connector.Connector
	// Record is the invoice's; nil when it has none, or when it is not known.
	Record *tradepostv1.Record
	// Unknown is why the record is not known, "" when it is.
	Unknown string
	// Unused says that the connection was never used, so that its books may still
	// have to be set up.
	Unused bool
	// Resend is the connection's policy for a posted document whose invoice was edited.
	Resend string
	// SnapshotHash is that of the snapshot which the documents are made of; "" when not
	// known: then other content counts as edited.
	SnapshotHash string
}

// Look answers for the documents of one send, in their order. An error means that
// it cannot be told now.
func (l Looker) Look(ctx context.Context, docs ...*tradepostv1.Document) ([]Sight, error) {
	papers := make([]paper, len(docs))
	for i, d := range docs {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return nil, err
		}
		papers[i] = paper{doc: d, hash: hash, slot: slotOf(d)}
	}
	if s, is, err := l.retired(ctx, papers); is || err != nil {
		return []Sight{s}, err
	}
	sights := make([]Sight, len(papers))
	for i, one := range papers {
		var err error
		if sights[i], err = l.look(ctx, one); err != nil {
			return nil, err
		}
	}
	return sights, nil
}

func (l Looker) look(ctx context.Context, one paper) (Sight, error) {
	doc := one.doc
	live := one.slot.In(l.Record)
	found, err := l.find(ctx, connector.Query{Kind: doc.GetKind(), Marker: doc.GetMarker(), ID: live.GetId(), Number: doc.GetNumber()})
	if err != nil {
		return Sight{}, err
	}
	switch len(found) {
	case 0:
		return l.check(ctx, one, Sight{Step: StepCreate})
	case 1:
		return l.compare(ctx, one, live, found[0])
	default:
		return Sight{Step: StepNone, Found: found, Faults: []*tradepostv1.Fault{faultOf("document.more_than_one", one, found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})}}, nil
	}
}

// retired looks for a document that retire would stop at: one of another kind, or one
// that took the invoice back.
func (l Looker) retired(ctx context.Context, papers []paper) (Sight, bool, error) {
	t := &try{papers: papers}
	for _, d := range l.Record.GetDocuments() {
		if d.GetGone() || d.GetConnection() != l.Connection || !t.retires(d) {
			continue
		}
		found, err := l.find(ctx, t.retiredAs(d))
		if err != nil {
			return Sight{}, false, err
		}
		if len(found) > 0 {
			return Sight{Step: StepNone, Found: found, Faults: []*tradepostv1.Fault{t.stillCounts(d, found[0])}}, true, nil
		}
	}
	return Sight{}, false, nil
}

func (l Looker) compare(ctx context.Context, one paper, live *tradepostv1.DocumentRef, f connector.Found) (Sight, error) {
	ours := live.GetHash() != "" && live.GetId() == f.ID && live.GetVersion() == f.Version
	equal, differences := sameContent(f, one, live, ours, unedited(l.SnapshotHash, l.Resend))
	s := Sight{Step: StepAdopt, Found: []connector.Found{f}, Differences: differences}
	if equal && sameAmount(f.Total, one.doc.GetTotals().GetTotal()) {
		return s, nil
	}
	_, can := l.Connector.(connector.Updater)
	if l.Unknown != "" && can {
		// A hash that still fits what it stands beside was written by us last.
		ours = f.DocumentHash != ""
		s.Unsure = append(s.Unsure, "whether the document in the books is as Tradepost left it is only in the record, and "+l.Unknown)
	}
	if ours && l.Resend == connection.ResendReject {
		s.Step, s.Faults = StepNone, []*tradepostv1.Fault{faultOf("document.posted_before", one, f, nil)}
		return s, nil
	}
	if !can || !ours {
		s.Step, s.Faults = StepNone, []*tradepostv1.Fault{faultOf("document.different_found", one, f, map[string]string{
			"differences": strings.Join(differences, "; "),
		})}
		return s, nil
	}
	s.Step = StepUpdate
	return l.check(ctx, one, s)
}

// check asks the connector what it has against the document.
func (l Looker) check(ctx context.Context, one paper, s Sight) (Sight, error) {
	checker, ok := l.Connector.(connector.PreviewChecker)
	if !ok {
		s.Unsure = append(s.Unsure, l.Connector.Describe().Title+" cannot be asked about a document before it is posted")
		return s, nil
	}
	faults, err := checker.CheckDocument(ctx, one.doc)
	if err != nil {
		return Sight{}, readable(err)
	}
	if s.Faults = faults; len(faults) > 0 {
		s.Step = StepNone
	}
	return s, nil
}

func (l Looker) find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Connector.Describe().CallTimeout)
	defer cancel()
	all, err := l.Connector.Find(ctx, q)
	if err != nil {
		a, _ := connector.AnswerOf(err)
		if w, waits := a.(connector.Wait); waits && w.Reason == connector.ReasonBooksMissing && l.Unused {
			return nil, nil
		}
		return nil, readable(err)
	}
	live := make([]connector.Found, 0, len(all))
	for _, f := range all {
		if !f.Void {
			live = append(live, f)
		}
	}
	return live, nil
}

// readable is an error whose text says what a person needs: the answer's words.
func readable(err error) error {
	a, ok := connector.AnswerOf(err)
	if !ok {
		return err
	}
	switch a := a.(type) {
	case connector.Wait:
		return fmt.Errorf("the books cannot be asked now (%s): %s", a.Reason, a.Message)
	case connector.Uncertain:
		return fmt.Errorf("the books cannot tell (%s): %s", a.Reason, a.Message)
	default:
		return err
	}
}
