package model

import (
	"errors"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

const (
	wantedAge  = time.Minute
	parkFrom   = time.Minute
	recoverAge = 15 * time.Minute
	earlyFire  = 2 * time.Second
	// crashLoop is smaller than deliver's, so that short runs reach it.
	crashLoop = 2
)

// try is one attempt to post.
type try struct {
	*worker
	m        *message
	e        record.Entry
	owner    string
	doubtful bool
	kept     []*tradepostv1.DocumentRef
}

// errRace ends an attempt: who changed the record first decides.
var errRace = errors.New("another worker changed the record first")

func (t *try) move(what string, step record.Transition) error {
	next, err := t.change(t.e, what, step)
	if errors.Is(err, record.ErrConflict) {
		return errRace
	}
	if err == nil {
		t.e = next
	}
	return err
}

func (w *worker) deliver(m *message) verdict {
	e, current, v := w.admit(m)
	if !current {
		return v
	}
	t := &try{worker: w, m: m, e: e, owner: w.name}
	switch e.State() {
	case record.Held, record.Handed, record.Settling:
		return done
	case record.Outcome:
		return t.answerAgain()
	case record.Parked:
		if time.Until(e.Record.GetWaiting().GetUntil().AsTime()) > earlyFire {
			return done
		}
	case record.Claimed:
		if left := w.takeOverIn(e); left > 0 {
			return again(left)
		}
	}
	return t.claimAndPost(record.Claim)
}

func (t *try) answerAgain() verdict {
	have := t.e.Record.GetOutcome()
	switch {
	case have.GetKind() != outcomeRejected:
	case have.GetStage() != record.StageDeliver || t.told(have.GetHash()):
		return done
	default:
		return t.claimAndPost(record.Reclaim)
	}
	t.publish(message{to: reconcile, send: t.m.send, snapshot: t.m.snapshot, outcome: have.GetHash()})
	return done
}

// told looks whether the outcome's message is in the stream.
func (t *try) told(hash string) bool {
	t.pause("look for the outcome's message")
	for _, m := range t.world.stream {
		if m.to == reconcile && m.send == t.m.send && m.outcome == hash {
			return true
		}
	}
	return false
}

func (t *try) claiming() record.Claiming {
	return record.Claiming{Owner: t.owner, Lasts: claimTime, Settling: settlingTime}
}

func (t *try) intends(updates string) *tradepostv1.Unresolved {
	return &tradepostv1.Unresolved{
		Kind: invoiceKind, Marker: "st-acme-1", DocumentHash: t.m.snapshot, HashVersion: 1,
		Generation: record.Generation(t.e.Record, invoiceKind), UpdatesId: updates,
	}
}

func (t *try) claimAndPost(claim func(record.Claiming, *tradepostv1.Unresolved) record.Transition) verdict {
	t.doubtful = t.e.Record.GetUnresolved() != nil
	t.fence = record.NewFence(claimTime)
	if err := t.move("claim", claim(t.claiming(), t.intends(""))); err != nil {
		return failed(err)
	}
	if t.e.Record.GetAttempts() > crashLoop {
		return failed(t.move("hold", record.Hold("attempts never end")))
	}
	end, err := t.steps()
	if err != nil {
		return failed(err)
	}
	return t.finish(end)
}

// ending is how an attempt ended.
type ending struct {
	kind tradepostv1.OutcomeKind
	hash string
	// wait is how long to wait, uncertain that nobody knows what was written.
	wait      time.Duration
	uncertain bool
	// handed is the file that was handed over.
	handed string
}

func (t *try) steps() (ending, error) {
	if end, over, err := t.resolve(); over || err != nil {
		return end, err
	}
	if end, over := t.wanted(wantedAge); over {
		return end, nil
	}
	return t.place()
}

// resolve looks for what an earlier attempt may have left.
func (t *try) resolve() (ending, bool, error) {
	u := t.e.Record.GetUnresolved()
	if !t.doubtful {
		return ending{}, false, nil
	}
	found, handed, ok := t.find()
	switch {
	case !ok:
		return ending{wait: time.Second}, true, nil
	case handed != nil:
		return ending{handed: handed.id}, true, nil
	}
	t.doubtful = false
	live := record.Live(t.e.Record, invoiceKind)
	if len(found) != 1 || live.GetId() == found[0].id && live.GetVersion() == version(found[0]) && live.GetHash() != "" {
		return ending{}, false, t.move("resolve", record.Resolve(t.owner))
	}
	ref := refOf(found[0], u.GetGeneration(), t.m.send)
	if found[0].hash != u.GetDocumentHash() {
		ref.Hash, ref.Version = "", ""
	}
	return ending{}, false, t.move("note", record.Note(t.owner, ref))
}

// wanted asks ServiceTrade whether the send still stands.
func (t *try) wanted(age time.Duration) (ending, bool) {
	if time.Since(t.m.takenAt) < age && time.Since(t.m.published) < age {
		return ending{}, false
	}
	inv, err := t.readInvoice()
	switch {
	case errors.Is(err, errGone):
		return ending{kind: outcomeWithdrawn, hash: "withdrawn"}, true
	case err != nil:
		return ending{wait: time.Second}, true
	case inv.status != pending && inv.status != t.e.Record.GetStartStatus():
		return ending{kind: outcomeWithdrawn, hash: "withdrawn"}, true
	case hashOf(inv.content) != t.m.snapshot:
		return ending{kind: outcomeReplaced, hash: "superseded"}, true
	}
	return ending{}, false
}

// recover is deliver's sweep for attempts whose message is lost.
func (w *worker) recover() {
	e, err := w.get()
	if err != nil || time.Since(e.At) < recoverAge || w.world.mutant == omitRecover {
		return
	}
	doubtful := e.Record.GetUnresolved() != nil
	switch e.State() {
	case record.Opening, record.Opened:
		if !doubtful {
			return
		}
	case record.Claimed:
		if !doubtful && w.world.mutant == omitEndedClaims {
			return
		}
	default:
		return
	}
	if w.takeOverIn(e) > 0 {
		return
	}
	t := &try{worker: w, m: &message{send: e.Record.GetSend()}, e: e, owner: w.name, doubtful: doubtful}
	t.fence = record.NewFence(claimTime)
	if t.move("claim", record.Claim(t.claiming(), nil)) != nil {
		return
	}
	end, over, err := t.resolve()
	switch {
	case err != nil:
	case end.handed != "":
		_ = t.move("hand", record.Hand(t.owner, end.handed)) // the next sweep sees
	case over:
		_ = t.move("doubt", record.Doubt(t.owner, record.Waits{Until: time.Now().Add(recoverAge)})) // the next sweep sees
	default:
		_ = t.move("release", record.Release(t.owner, record.Waits{Until: time.Now()})) // the next sweep sees
	}
}
