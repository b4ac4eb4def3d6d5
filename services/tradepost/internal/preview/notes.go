package preview

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// notePause tells that the connection posts nothing at present, so that the invoice
// would wait, or does.
func (v *Viewer) notePause(ctx context.Context, view *View) {
	if v.o.JS == nil {
		return
	}
	store, err := pause.Open(ctx, v.o.JS)
	if err != nil {
		return // A server without the bucket never served a connection.
	}
	p, err := store.Tell(ctx, v.o.Connection.ID, time.Now(), v.o.Connection.Account.Location())
	switch {
	case err != nil:
		view.Notes = append(view.Notes, "whether the connection is paused could not be read: "+err.Error())
	case p != nil && p.ByPerson:
		view.Notes = append(view.Notes, p.Words+". Nothing is posted until then; to go on: "+p.Resume)
	case p != nil:
		view.Notes = append(view.Notes, p.Words+". It goes on by itself once that is mended; to try at once: "+p.Resume)
	}
}

// noteState tells that a send is under way, which goes on with what it began with.
func (view *View) noteState(r *tradepostv1.Record) {
	if r == nil || r.GetState() == record.Closed {
		return
	}
	note := fmt.Sprintf("its send %d is open (%s)", r.GetSend(), record.StateName(r.GetState()))
	if why := strings.TrimSpace(r.GetHeldReason()); why != "" && r.GetState() == record.Held {
		note += ": " + why
	}
	view.Notes = append(view.Notes, note)
}
