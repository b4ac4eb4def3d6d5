package posting

import (
	"context"
	"strconv"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
)

// place makes one document exist: find it, and adopt, update or create it. It
// returns nil when the document exists as it should.
func (t *try) place(ctx context.Context, one paper) (*tradepostv1.Outcome, error) {
	ctx = t.told(ctx, one.explanation)
	live := one.slot.In(t.entry.Record)
	found, outcome, err := t.find(ctx, connector.Query{
		Kind: one.doc.GetKind(), Marker: one.doc.GetMarker(), ID: live.GetId(), Number: one.doc.GetNumber(),
	})
	if outcome != nil || err != nil {
		return outcome, err
	}
	switch len(found) {
	case 0:
		return t.create(ctx, one, live)
	case 1:
		return t.compare(ctx, one, live, found[0])
	default:
		return rejected(faultOf("document.more_than_one", one, found[0], map[string]string{
			"count": strconv.Itoa(len(found)), "numbers": names(found),
		})), nil
	}
}

// find asks the accounting system. Documents that count nothing (void) are not there.
func (t *try) find(ctx context.Context, q connector.Query) ([]connector.Found, *tradepostv1.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, t.callTime())
	defer cancel()
	all, err := t.Connector.Find(ctx, q)
	if err != nil {
		t.checked.Store(0) // What answers next may be other books.
	}
	if a, ok := connector.AnswerOf(err); ok {
		return nil, outcomeOf(a), nil
	}
	if err != nil {
		return nil, waitFor(connector.ReasonUnreachable, err.Error()), nil
	}
	live := make([]connector.Found, 0, len(all))
	for _, f := range all {
		if !f.Void {
			live = append(live, f)
		}
	}
	return live, nil, nil
}

// compare decides what becomes of a document that exists already.
func (t *try) compare(ctx context.Context, one paper, live *tradepostv1.DocumentRef, f connector.Found) (*tradepostv1.Outcome, error) {
	if t.takenBackBefore(one, live, f) {
		return nil, nil
	}
	ours := live.GetHash() != "" && live.GetId() == f.ID && live.GetVersion() == f.Version
	if ours {
		one = t.linked(one, live)
	}
	equal, differences := sameContent(f, one, live, ours, unedited(t.madeOf(), t.Resend))
	if equal && sameAmount(f.Total, one.doc.GetTotals().GetTotal()) {
		t.adopt(one, f, live, ours)
		return nil, nil
	}
	if ours && t.Resend == connection.ResendReject {
		return rejected(faultOf("document.posted_before", one, f, nil)), nil
	}
	updater, can := t.Connector.(connector.Updater)
	if !can || !ours {
		return rejected(faultOf("document.different_found", one, f, map[string]string{
			"differences": strings.Join(differences, "; "),
		})), nil
	}
	if outcome, err := t.wanted(ctx, 0); outcome != nil || err != nil {
		return outcome, err
	}
	ctx, cancel, err := t.renew(ctx, t.intends(one, f.ID))
	if err != nil {
		return nil, err
	}
	defer cancel()
	ctx = t.told(connector.WithFence(ctx, t.checkFence), one.explanation)
	return t.verified(one, updater.Update(ctx, t.posting(one), f))
}

// sameContent compares a document of the books with the one that is wanted; ours says
// that nobody but us wrote it last.
func sameContent(f connector.Found, one paper, live *tradepostv1.DocumentRef, ours bool, unedited string) (equal bool, differences []string) {
	equal, differences = connector.Equal(f, one.doc, one.hash)
	if equal && ours && editedSince(live, one, unedited) {
		return false, []string{"its lines or texts are those of an earlier version of the invoice"}
	}
	return equal, differences
}

// editedSince tells whether the document that we wrote last, and nobody changed since,
// had other content than this one, although what the accounting system shows of it is
// the same: lines and texts are not shown. A document of the snapshot unedited is none,
// see there.
func editedSince(live *tradepostv1.DocumentRef, one paper, unedited string) bool {
	if live.GetHashVersion() != canonical.HashVersion || live.GetHash() == one.hash {
		return false
	}
	return live.GetSnapshotHash() == "" || live.GetSnapshotHash() != unedited
}

// unedited is the snapshot of which another document is no edit by a user: madeOf where
// edits are rejected, since what differs then is by what the mapping names things now,
// and a user who sends an unchanged invoice again is not to blame. Where edits are
// brought into the books, so is a mended mapping; "" then.
func unedited(madeOf, resend string) string {
	if resend != connection.ResendReject {
		return ""
	}
	return madeOf
}

// madeOf is the snapshot that the send's documents are made of; "" when an operator
// mended them.
func (t *try) madeOf() string {
	r := t.entry.Record
	if r.GetMended() != nil && r.GetMended().GetSend() == r.GetSend() {
		return ""
	}
	return t.ready.GetSnapshotHash()
}

// create makes the document. Where the record knows one that is gone, that is
// noted first: the new one belongs to the next generation.
func (t *try) create(ctx context.Context, one paper, live *tradepostv1.DocumentRef) (*tradepostv1.Outcome, error) {
	if outcome := t.sameBooks(ctx, false); outcome != nil {
		return outcome, nil
	}
	if outcome, err := t.siblings(ctx, one); outcome != nil || err != nil {
		return outcome, err
	}
	if live != nil {
		if outcome := t.absent(ctx, live); outcome != nil {
			return outcome, nil
		}
		if err := t.change(ctx, record.Note(t.owner, gone(live))); err != nil {
			return nil, err
		}
	}
	if live != nil || t.fence.Left() < t.callTime() || !t.claimedFor(one) {
		renewed, cancel, err := t.renew(ctx, t.intends(one, ""))
		if err != nil {
			return nil, err
		}
		defer cancel()
		ctx = t.told(connector.WithFence(renewed, t.checkFence), one.explanation)
	}
	return t.verified(one, t.Connector.Create(ctx, t.posting(one)))
}

// told gives the calls what they belong to, for the attempts that are published.
func (t *try) told(ctx context.Context, why []*tradepostv1.Explanation) context.Context {
	return attempts.With(ctx, attempts.Info{
		InvoiceID: t.m.Subject.InvoiceID, Send: t.ready.GetSend(), SnapshotHash: t.ready.GetSnapshotHash(),
		Attempt: t.entry.Record.GetAttempts(), Explanation: why,
	})
}

// claimedFor tells whether the record's unresolved attempt is this paper's.
func (t *try) claimedFor(one paper) bool {
	u := t.entry.Record.GetUnresolved()
	return slotOfAttempt(u) == one.slot && u.GetDocumentHash() == one.hash && u.GetUpdatesId() == ""
}

// posting is the document with its idempotency key: the same for every attempt
// to make this content in this generation.
func (t *try) posting(one paper) connector.Posting {
	generation := one.slot.Generation(t.entry.Record)
	key, _ := canonical.Value(map[string]string{
		"marker": one.doc.GetMarker(), "generation": strconv.FormatInt(generation, 10), "document": one.hash,
	})
	return connector.Posting{Document: one.doc, DocumentHash: one.hash, Generation: generation, Key: key[:40]}
}
