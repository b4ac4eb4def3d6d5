package hledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Create checks the document, writes it to a temporary file, flushes that and
// links it to its name. The link is the only step that others can see, and fails
// when the name is taken: then what stands there is compared. A document that
// was moved to another journal by hand counts as there.
func (l *Ledger) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return l.withCustomer(l.create(ctx, p), p)
}

func (l *Ledger) create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := l.present(ctx); err != nil {
		return l.waitFor(err)
	}
	l.sweep(time.Now())
	marker := p.Document.GetMarker()
	// Before any check: what is posted stays posted, also when the chart has
	// changed since.
	there, err := l.lookFor(ctx, marker)
	if err != nil {
		return l.waitFor(fmt.Errorf("look for %s: %w", marker, err))
	}
	if len(there) > 0 {
		return l.adopt(p, there)
	}
	r, faults, err := l.check(ctx, p)
	if err != nil {
		return l.waitFor(fmt.Errorf("check %s: %w", marker, err))
	}
	if len(faults) > 0 {
		return rejected(faults...)
	}
	temp, err := l.writeTemp(marker, r.text)
	if err != nil {
		return l.waitFor(fmt.Errorf("write %s: %w", marker, err))
	}
	answer, err := l.commit(ctx, p, temp)
	discard(temp, err)
	return answer
}

// commit is the one step that makes the document.
func (l *Ledger) commit(ctx context.Context, p connector.Posting, temp string) (connector.Answer, error) {
	marker := p.Document.GetMarker()
	err := l.reached(stepCommit)
	if err == nil {
		err = errors.Join(ctx.Err(), connector.CheckFence(ctx))
	}
	if err != nil {
		return l.waitFor(fmt.Errorf("link %s: %w", marker, err)), err
	}
	err = os.Link(temp, l.file(marker))
	taken := errors.Is(err, fs.ErrExist)
	if err != nil && !taken {
		err = fmt.Errorf("link %s: %w", marker, err)
		if notMade(err) {
			return l.waitFor(err), err
		}
		return connector.Uncertain{Reason: connector.ReasonDiskError, Message: err.Error()}, err
	}
	return l.confirm(p, taken)
}

// confirm reads the document back from the disk, whoever wrote it.
func (l *Ledger) confirm(p connector.Posting, taken bool) (connector.Answer, error) {
	marker := p.Document.GetMarker()
	doubt := func(err error) (connector.Answer, error) {
		err = fmt.Errorf("confirm %s: %w", marker, err)
		return connector.Uncertain{Reason: connector.ReasonDiskError, Message: err.Error()}, err
	}
	if err := l.settle(); err != nil {
		return doubt(err)
	}
	there, err := l.readOwn(marker)
	if err != nil {
		return doubt(err)
	}
	if len(there) == 0 {
		return doubt(errors.New("it was removed as soon as it was made"))
	}
	if taken {
		return l.adopt(p, there), nil
	}
	return connector.Posted{Document: there[0]}, nil
}

// adopt answers for what was there already.
func (l *Ledger) adopt(p connector.Posting, there []connector.Found) connector.Answer {
	if len(there) > 1 {
		return rejected(fault.New("document.more_than_one", fault.Args{
			Thing:  thing(p.Document),
			Params: map[string]string{"count": fmt.Sprint(len(there)), "numbers": numbers(there)},
		}))
	}
	equal, diffs := connector.Equal(there[0], p.Document, p.DocumentHash)
	if !equal {
		return connector.Rejected{
			Faults:   []*tradepostv1.Fault{differentFound(p.Document, there[0], diffs)},
			Document: &there[0],
		}
	}
	if err := l.settle(); err != nil {
		return connector.Uncertain{Reason: connector.ReasonDiskError, Message: fmt.Sprintf("flush %s: %v", invoiceDir, err)}
	}
	return connector.Posted{Document: there[0], Adopted: true}
}

// check tells everything that is wrong with the document before it is written.
func (l *Ledger) check(ctx context.Context, p connector.Posting) (rendered, []*tradepostv1.Fault, error) {
	c, err := l.chart()
	if err != nil {
		return rendered{}, nil, err
	}
	return l.checkWith(ctx, p, c)
}

func (l *Ledger) checkWith(ctx context.Context, p connector.Posting, c chart) (rendered, []*tradepostv1.Fault, error) {
	r, faults := l.render(p)
	missing := l.undeclared(r, c.accounts, p.Document)
	if len(faults) > 0 {
		return r, append(faults, missing...), nil
	}
	asked, err := l.checkText(ctx, r.text, c)
	var no *refusal
	switch {
	case errors.As(err, &no) && len(missing) > 0:
		return r, missing, nil
	case errors.As(err, &no):
		return r, []*tradepostv1.Fault{fault.New("accounting.refused", fault.Args{
			Thing: thing(p.Document), Params: map[string]string{"system": title}, VendorText: no.words,
		})}, nil
	case err != nil:
		return r, nil, err
	}
	// What hledger accepted is good. Where it was not asked, our reading counts.
	if asked {
		missing = nil
	}
	return r, missing, nil
}

func numbers(there []connector.Found) string {
	list := make([]string, 0, len(there))
	for _, f := range there {
		list = append(list, orUnknown(f.Number))
	}
	return fmt.Sprint(list)
}
