package hledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// errChanged means that the file is not the one that was found.
var errChanged = errors.New("the document was changed in between")

// Update replaces the file of a document in one rename, if it still is the
// version that was found. An entry that a bookkeeper moved to a journal of his
// own is never rewritten. Between the last look at the version and the rename a
// hand's edit could slip in; that window is two system calls long.
func (l *Ledger) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	return l.withCustomer(l.updateTo(ctx, p, found), p)
}

func (l *Ledger) updateTo(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := l.present(ctx); err != nil {
		return l.waitFor(err)
	}
	marker := p.Document.GetMarker()
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
	answer, err := l.replace(ctx, p, found, temp)
	discard(temp, err)
	return answer
}

func (l *Ledger) replace(ctx context.Context, p connector.Posting, found connector.Found, temp string) (connector.Answer, error) {
	marker := p.Document.GetMarker()
	l.update.Lock()
	defer l.update.Unlock()
	err := l.reached(stepCommit)
	if err == nil {
		err = l.unchanged(marker, found.Version)
	}
	switch {
	case errors.Is(err, errChanged):
		return l.changed(p, found), nil
	case errors.Is(err, fs.ErrNotExist):
		return l.elsewhere(ctx, p, found), nil
	case err != nil:
		return l.waitFor(fmt.Errorf("update %s: %w", marker, err)), err
	}
	if err := errors.Join(ctx.Err(), connector.CheckFence(ctx)); err != nil {
		return l.waitFor(fmt.Errorf("update %s: %w", marker, err)), err
	}
	if err := os.Rename(temp, l.file(marker)); err != nil {
		err = fmt.Errorf("rename %s: %w", marker, err)
		if notMade(err) {
			return l.waitFor(err), err
		}
		return connector.Uncertain{Reason: connector.ReasonDiskError, Message: err.Error()}, err
	}
	return l.confirm(p, false)
}

func (l *Ledger) unchanged(marker, version string) error {
	raw, err := os.ReadFile(l.file(marker))
	if err != nil {
		return err
	}
	if hashOf(string(raw)) != version {
		return errChanged
	}
	return nil
}

// changed answers when the file is another than was found: perhaps it is this
// very document, written by an attempt whose answer was lost.
func (l *Ledger) changed(p connector.Posting, found connector.Found) connector.Answer {
	there, err := l.readOwn(p.Document.GetMarker())
	if err != nil {
		return l.waitFor(err)
	}
	if len(there) == 1 && there[0].DocumentHash != "" && there[0].DocumentHash == p.DocumentHash {
		return l.adopt(p, there)
	}
	answer := rejected(changedFault(p, found, "the file was changed after Tradepost read it"))
	if len(there) == 1 {
		answer.Document = &there[0]
	}
	return answer
}

// elsewhere answers when the marker's own file is not there: the entry was moved
// by hand, or removed just now.
func (l *Ledger) elsewhere(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	there, err := l.lookFor(ctx, p.Document.GetMarker())
	if err != nil {
		return l.waitFor(err)
	}
	if len(there) == 0 {
		w := l.waitFor(fmt.Errorf("update %s: it was removed in between", p.Document.GetMarker()))
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonChanged
		return w
	}
	answer := rejected(changedFault(p, found, "the entry was moved to another journal by hand, where Tradepost does not change it"))
	answer.Document = &there[0]
	return answer
}

func changedFault(p connector.Posting, found connector.Found, why string) *tradepostv1.Fault {
	return fault.New("document.changed_in_books", fault.Args{
		Thing: thing(p.Document), Params: map[string]string{"number": orUnknown(found.Number)}, VendorText: why,
	})
}
