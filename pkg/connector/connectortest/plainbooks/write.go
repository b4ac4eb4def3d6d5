package plainbooks

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// What a write may be refused for.
var (
	errClosed  = errors.New("date_closed")
	errTotal   = errors.New("total")
	errVersion = errors.New("version")
	errGone    = errors.New("gone")
	errMarker  = errors.New("unreadable")
)

// Trouble is what the answer of a write meets.
type Trouble string

// The troubles. All but TroubleBefore happen after the commit.
const (
	// TroubleLost: committed, and the connection is cut without an answer.
	TroubleLost Trouble = "answer lost after the commit"
	// TroubleError: committed, and answered with 500.
	TroubleError Trouble = "5xx after the commit"
	// TroubleSlow: committed, and answered after Options.Slow.
	TroubleSlow Trouble = "slow answer after the commit"
	// TroubleBefore: nothing done, answered with 503.
	TroubleBefore Trouble = "5xx before the commit"
)

// create makes a document, whatever else there is.
func (b *Books) create(d Document, sent time.Time) (Document, Trouble, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	trouble := b.trouble(d.Marker)
	if trouble == TroubleBefore {
		return Document{}, trouble, nil
	}
	if err := b.check(d); err != nil {
		b.note(Event{What: Refused, Marker: d.Marker, Total: d.Total, Sent: sent})
		return Document{}, "", err
	}
	b.next++
	d.ID, d.Version = strconv.Itoa(b.next), 1
	k := &kept{doc: d, at: b.opt.Now()}
	b.kept[d.ID] = k
	b.markers[d.Marker] = append(b.markers[d.Marker], k)
	b.note(Event{What: Created, Marker: d.Marker, ID: d.ID, Total: d.Total, Sent: sent, Trouble: trouble})
	return d, trouble, nil
}

// update replaces a document that still has the version. One that holds this very
// content already is left as it is.
func (b *Books) update(id string, version int, d Document, sent time.Time) (Document, Trouble, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	trouble := b.trouble(d.Marker)
	k := b.kept[id]
	switch {
	case trouble == TroubleBefore:
		return Document{}, trouble, nil
	case k == nil || k.deleted:
		return Document{}, "", errGone
	case d.Hash != "" && k.doc.Hash == d.Hash:
		return k.doc, trouble, nil
	case k.doc.Version != version:
		return Document{}, "", errVersion
	}
	if err := b.check(d); err != nil {
		b.note(Event{What: Refused, Marker: d.Marker, ID: id, Total: d.Total, Sent: sent})
		return Document{}, "", err
	}
	d.ID, d.Version = id, version+1
	k.doc = d
	b.note(Event{What: Updated, Marker: d.Marker, ID: id, Total: d.Total, Sent: sent, Trouble: trouble})
	return d, trouble, nil
}

// void makes a document void that still has the version. One that is void already is
// left as it is.
func (b *Books) void(id string, version int, sent time.Time) (Document, Trouble, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.kept[id]
	if k == nil || k.deleted {
		return Document{}, "", errGone
	}
	trouble := b.trouble(k.doc.Marker)
	switch {
	case trouble == TroubleBefore:
		return Document{}, trouble, nil
	case k.doc.Void:
		return k.doc, trouble, nil
	case k.doc.Version != version:
		return Document{}, "", errVersion
	case k.doc.Date <= b.opt.ClosedThrough:
		b.note(Event{What: Refused, Marker: k.doc.Marker, ID: id, Total: k.doc.Total, Sent: sent})
		return Document{}, "", errClosed
	}
	k.doc.Void, k.doc.Hash, k.doc.Version = true, "", version+1
	b.note(Event{What: Voided, Marker: k.doc.Marker, ID: id, Total: k.doc.Total, Sent: sent, Trouble: trouble})
	return k.doc, trouble, nil
}

func (b *Books) trouble(marker string) Trouble {
	b.writes[marker]++
	if b.calm || b.opt.Misbehave == nil {
		return ""
	}
	return b.opt.Misbehave(marker, b.writes[marker])
}

func (b *Books) note(e Event) {
	e.At = b.opt.Now()
	b.events = append(b.events, e)
}

func (b *Books) check(d Document) error {
	if d.Marker == "" {
		return errMarker
	}
	if d.Date <= b.opt.ClosedThrough {
		return errClosed
	}
	sum, err := sumOf(d)
	if err != nil {
		return err
	}
	total, err := decimal.NewFromString(d.Total)
	if err != nil || !sum.Equal(total) {
		return errTotal
	}
	return nil
}

func sumOf(d Document) (decimal.Decimal, error) {
	sum := decimal.Zero
	amounts := make([]string, 0, len(d.Lines)+1)
	for _, l := range d.Lines {
		amounts = append(amounts, l.Amount)
	}
	if d.Tax != "" {
		amounts = append(amounts, d.Tax)
	}
	for _, text := range amounts {
		amount, err := decimal.NewFromString(text)
		if err != nil {
			return sum, fmt.Errorf("read the amount %q: %w", text, err)
		}
		sum = sum.Add(amount)
	}
	return sum, nil
}
