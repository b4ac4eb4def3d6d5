package posting

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
)

// resolve ends the doubt about an earlier attempt before anything else is
// considered, even whether the send is still wanted: nobody closes a send while
// something of it may exist that the record does not know.
func (t *try) resolve(ctx context.Context) (*tradepostv1.Outcome, error) {
	u := t.entry.Record.GetUnresolved()
	if !t.doubtful {
		return nil, nil
	}
	found, outcome, err := t.findOrHanded(t.told(ctx, nil), connector.Query{Kind: u.GetKind(), Marker: u.GetMarker(), ID: u.GetUpdatesId()})
	if err != nil {
		return nil, err
	}
	if outcome.GetHanded() != nil {
		// The attempt got as far as that: evidence tells how it ends.
		return outcome, nil
	}
	if blind(outcome) {
		return nil, errBlind
	}
	if !u.GetVoids() {
		// What stands there of another kind is no work of this attempt.
		found = ofKind(u.GetKind(), found)
	}
	if outcome == nil && len(found) == 0 {
		outcome = t.sameBooks(ctx, true)
	}
	if outcome != nil {
		// Nobody could look: whatever else the answer says, it ends no doubt.
		if outcome.GetWait() == nil {
			outcome = waitFor("cannot_look", "the accounting system did not let a document be looked for")
		}
		return outcome, nil
	}
	if u.GetVoids() {
		return t.resolveVoid(ctx, u, found)
	}
	t.doubtful = false
	if len(found) != 1 || t.untouched(u, found[0]) {
		// None: nothing was made. Several: place tells it to the bookkeeper.
		return nil, t.change(ctx, record.Resolve(t.owner))
	}
	return nil, t.change(ctx, record.Note(t.owner, t.resolved(ctx, u, found[0])))
}

// untouched tells whether the document is the one that the record knows, in the
// version that it knows: the attempt did not get as far as writing.
func (t *try) untouched(u *tradepostv1.Unresolved, f connector.Found) bool {
	live := slotOfAttempt(u).In(t.entry.Record)
	return live != nil && live.GetId() == f.ID && live.GetVersion() == f.Version && live.GetHash() != ""
}

// resolved is what the record keeps of a document that an earlier attempt left.
// Its hash is known only if it equals what that attempt wanted to write;
// otherwise nobody may update it, since we were not the last to write it.
func (t *try) resolved(ctx context.Context, u *tradepostv1.Unresolved, f connector.Found) *tradepostv1.DocumentRef {
	ref := &tradepostv1.DocumentRef{
		Kind: u.GetKind(), Connection: t.Connection, Id: f.ID, Number: f.Number,
		Total: f.Total, Generation: u.GetGeneration(), Send: t.ready.GetSend(),
		Reversal: u.GetReversal(), Marker: u.GetMarker(), Stream: u.GetStream(), Sequence: u.GetSequence(),
	}
	attempted := t.attemptedDocument(ctx, u)
	equal := f.DocumentHash == u.GetDocumentHash()
	if f.DocumentHash == "" && attempted != nil {
		equal, _ = connector.Equal(f, attempted, u.GetDocumentHash())
	}
	if equal {
		ref.Hash, ref.HashVersion, ref.Version, ref.PostedOn = u.GetDocumentHash(), u.GetHashVersion(), f.Version, countsOn(attempted)
	}
	return ref
}

// attemptedDocument is what an earlier attempt was to write; nil when its message cannot
// be read any more.
func (t *try) attemptedDocument(ctx context.Context, u *tradepostv1.Unresolved) *tradepostv1.Document {
	for _, one := range t.papers {
		if one.hash == u.GetDocumentHash() {
			return one.doc
		}
	}
	old, err := t.Stored.Ready(ctx, u.GetStream(), u.GetSequence())
	if err != nil {
		t.log.WarnContext(ctx, "the document of an earlier attempt cannot be read any more", "err", err)
		return nil
	}
	for _, d := range old.GetDocuments() {
		if hash, err := invoice.HashOf(d); err == nil && hash == u.GetDocumentHash() {
			return d
		}
	}
	return nil
}
