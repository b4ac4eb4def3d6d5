package preview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/transform"
)

// void shows what becomes of an invoice that is void in ServiceTrade. It is not posted;
// what was posted of it before is dealt with as the mapping says, once.
func (v *Viewer) void(ctx context.Context, view *View, snap *tradepostv1.Snapshot, r *tradepostv1.Record, madeOf string) error {
	if v.store == nil {
		return errors.New("its status is void: what becomes of it depends on what was posted of it before, which is only in the record, and " + v.o.NoNATS)
	}
	view.Verdict = Void
	view.noteState(r)
	in := record.StandsIn(r)
	done := record.OfVoid(r) && r.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_VOIDED
	switch {
	case done && !record.VoidFailed(r):
		view.Notes = append(view.Notes, voidDone(r))
		return nil
	case in == "":
		view.Notes = append(view.Notes, "nothing of it is in the books, so that nothing is done there")
		return nil
	case in != v.o.Connection.ID:
		view.Notes = append(view.Notes, fmt.Sprintf("what was posted of it is in the books of connection %s, which deals with it: look with --connection %s", in, in))
		return nil
	case done:
		view.Notes = append(view.Notes, fmt.Sprintf("send %d told people of the void, and did nothing in the books; only tradepost retry has it tried again, as is shown here", r.GetSend()))
	}
	v.notePause(ctx, view)
	return v.takeBack(ctx, view, snap, r, madeOf)
}

// takeBack makes what transform makes of the void, and asks what deliver asks about it.
func (v *Viewer) takeBack(ctx context.Context, view *View, snap *tradepostv1.Snapshot, r *tradepostv1.Record, madeOf string) error {
	r, opened := proto.CloneOf(r), time.Now()
	r.Connection = v.o.Connection.ID // the void's own; an open send that withdraws may be another's
	if record.OfVoid(r) && r.GetState() != record.Closed {
		opened = r.GetOpenedAt().AsTime()
	}
	voided, err := transform.VoidedOf(ctx, v.o.JS, r, opened)
	if err != nil {
		return err
	}
	result := transform.TakeBack(transform.InputFor(v.o.Connection, snap, nil).Knowing(r, madeOf), voided)
	if len(result.Faults) > 0 {
		view.refuse(result.Faults)
		return nil
	}
	if err := view.show(result); err != nil {
		return err
	}
	looker := v.looker(r, madeOf)
	backs, err := looker.LookVoid(ctx, result.Documents...)
	if err != nil {
		return err
	}
	voidings, err := looker.LookVoiding(ctx, result.Voiding)
	if err != nil {
		return err
	}
	view.sees(backs, result.Voiding, voidings)
	return nil
}

// sees adds what deliver would meet: with the documents that take others back, and with
// those that are made void.
func (view *View) sees(backs []deliver.Sight, voiding *tradepostv1.Voiding, voidings []deliver.Sight) {
	var faults []*tradepostv1.Fault
	for i, s := range backs {
		view.Documents[i].Step = s.Step
		view.Notes = append(view.Notes, s.Unsure...)
		faults = append(faults, s.Faults...)
	}
	for i, s := range voidings {
		of := voiding.GetDocuments()[i]
		name := kindWord(of.GetKind()) + " " + cmp.Or(of.GetNumber(), of.GetId())
		switch s.Step {
		case deliver.StepVoid:
			view.Notes = append(view.Notes, name+" would be made void in the books")
		case deliver.StepGone:
			view.Notes = append(view.Notes, name+" is not in the books any more, so that nothing is done about it")
		}
		faults = append(faults, s.Faults...)
	}
	if len(faults) > 0 {
		view.refuse(faults)
	}
}

// voidDone tells what the send of the void did.
func voidDone(r *tradepostv1.Record) string {
	var voided, made []string
	for _, d := range r.GetOutcome().GetDocuments() {
		name := kindWord(d.GetKind()) + " " + cmp.Or(d.GetNumber(), d.GetId())
		if d.GetVoided() {
			voided = append(voided, name)
		} else {
			made = append(made, name)
		}
	}
	var did []string
	if len(voided) > 0 {
		did = append(did, "made "+strings.Join(voided, " and ")+" void in the books")
	}
	if len(made) > 0 {
		did = append(did, "took it back in the books by "+strings.Join(made, " and "))
	}
	if did == nil {
		did = []string{"found nothing of it in the books"}
	}
	return fmt.Sprintf("send %d dealt with the void: it %s. Nothing more is done", r.GetSend(), strings.Join(did, " and "))
}
