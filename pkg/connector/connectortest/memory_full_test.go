package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// full is memory with every optional capability.
type full struct{ *memory }

var (
	_ connector.Updater           = (*full)(nil)
	_ connector.PreviewChecker    = (*full)(nil)
	_ connector.Voider            = (*full)(nil)
	_ connector.PeriodLister      = (*full)(nil)
	_ connector.ChangeLister      = (*full)(nil)
	_ connector.ReferenceLister   = (*full)(nil)
	_ connector.IdempotentCreator = (*full)(nil)
	_ connector.Confirmer         = (*full)(nil)
)

func (f *full) CheckDocument(_ context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	if r := f.refuse(connector.Posting{Document: d}); r != nil && f.mistake != silentPreview {
		return r.Faults, nil
	}
	return nil, nil
}

func (f *full) Void(ctx context.Context, found connector.Found) connector.Answer {
	if connector.CheckFence(ctx) != nil && f.mistake != voidsFenced {
		return f.waits(connector.ReasonFenced)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, d := range f.docs {
		if d.ID != found.ID {
			continue
		}
		if d.Version != found.Version && f.mistake != voidsStale {
			return connector.Rejected{Faults: []*tradepostv1.Fault{f.fault("changed")}}
		}
		f.seq++
		f.docs[i].Void, f.docs[i].Version = f.mistake != voidCounts, fmt.Sprint(f.seq)
		f.made[f.markers[i]] = f.seq
		return connector.Posted{Document: f.docs[i], Adopted: d.Void}
	}
	return connector.Rejected{Faults: []*tradepostv1.Fault{f.fault("gone")}}
}

func (f *full) ListPeriod(ctx context.Context, p connector.Period, each func(connector.Listed) error) error {
	return f.list(ctx, each, func(marker string, d connector.Found) bool {
		last := p.Through.String()
		return d.IssueDate >= p.From.String() && (d.IssueDate < last || d.IssueDate == last && f.mistake != shortLists)
	})
}

func (f *full) ChangedSince(ctx context.Context, cursor string, each func(connector.Listed) error) (string, error) {
	since := 0
	if cursor != "" {
		var err error
		if since, err = strconv.Atoi(cursor); err != nil && f.mistake != anyCursor {
			return "", fmt.Errorf("cursor %q: %w", cursor, err)
		}
	}
	f.mu.Lock()
	next := f.seq
	f.mu.Unlock()
	return fmt.Sprint(next), f.list(ctx, each, func(marker string, _ connector.Found) bool { return f.made[marker] > since })
}

func (f *full) list(ctx context.Context, each func(connector.Listed) error, wanted func(string, connector.Found) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, d := range f.docs {
		if !wanted(f.markers[i], d) {
			continue
		}
		if err := errors.Join(ctx.Err(), each(connector.Listed{Found: d, Marker: f.markers[i]})); err != nil && f.mistake != quietLists {
			return err
		}
	}
	if f.mistake == quietLists {
		return nil
	}
	return ctx.Err()
}

func (f *full) ReferenceKinds() []connector.ReferenceKind {
	return []connector.ReferenceKind{connector.ReferenceAccount}
}

func (f *full) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	for _, code := range []string{"4000", "4100"} {
		told := 1
		if f.mistake == twiceTold {
			told = 2
		}
		for range told {
			if err := each(connector.ReferenceRecord{Kind: kind, Code: code}); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (f *full) RemembersKeys() time.Duration { return time.Hour }

// least is memory with nothing but what every connector has, and without a hash.
type least struct {
	connector.Connector
	mistake mistake
}

func (l *least) Describe() connector.Descriptor {
	d := l.Connector.Describe()
	d.SettlingTime, d.AtomicMarker = 0, false
	return d
}

func (l *least) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	found, err := l.Connector.Find(ctx, q)
	for i := range found {
		if l.mistake != madeUp {
			found[i].DocumentHash = ""
		}
	}
	return found, err
}

func (l *least) Create(ctx context.Context, p connector.Posting) connector.Answer {
	d := p.Document
	if l.mistake == givesAway {
		return connector.Handed{Token: d.GetMarker()}
	}
	kept := d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE && d.GetTotals().GetTotal() != "0.00"
	if !kept && l.mistake != takesAll {
		return connector.Rejected{Faults: []*tradepostv1.Fault{{Code: "document.kind_refused", Message: "not taken", Fix: "Mend it.", Owner: 2}}}
	}
	a := l.Connector.Create(ctx, p)
	if posted, is := a.(connector.Posted); is {
		posted.Document.DocumentHash, posted.Customers = "", nil
		return posted
	}
	return a
}
