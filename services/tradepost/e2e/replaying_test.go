package e2e

import (
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
)

// replaying is a plant whose invoices are settled, and the recipes of docs/replay.md.
type replaying struct {
	*plant
	*recipes
	ids []int64
	// spare is a good invoice that was not sent yet.
	spare int64
}

// standing is what must not change by a replay: status and record of every invoice,
// comments, and the books.
type standing struct {
	status   map[int64]string
	sends    map[int64]int64
	comments map[int64]int
	books    string
}

func (r *replaying) standing() standing {
	r.t.Helper()
	s := standing{status: map[int64]string{}, sends: map[int64]int64{}, comments: map[int64]int{}}
	for _, id := range r.ids {
		inv, err := r.sandbox.API.Invoice(id)
		require.NoError(r.t, err)
		s.status[id], s.sends[id], s.comments[id] = inv.Status, r.record(id).GetSend(), len(r.sandbox.API.Comments(id))
	}
	tie, err := hledger.TieOut(r.t.Context(), r.path("books"), "")
	require.NoError(r.t, err)
	s.books = strconv.Itoa(tie.Count) + " documents, " + tie.Total.StringFixed(2)
	return s
}

// quiet waits until every stage has done what there is to do.
func (r *replaying) quiet() {
	r.t.Helper()
	for range 2 { // A replay becomes a command, and a command becomes messages.
		for _, c := range [][2]string{
			{bus.StreamReceived, "transform"},
			{bus.StreamReady, "deliver-" + connection},
			{bus.StreamCommand, "ingest-command"},
			{bus.StreamReceived, "transform"},
			{bus.StreamReady, "deliver-" + connection},
			{bus.StreamOutcome, "reconcile-" + connection},
		} {
			r.awaitAcked(c[0], c[1])
		}
	}
	for _, id := range r.ids {
		require.Eventually(r.t, func() bool { return r.record(id).GetState() == record.Closed }, time.Minute, 50*time.Millisecond, "invoice %d", id)
	}
}

// failing returns an invoice that failed for these faults alone.
func (r *replaying) failing(faults ...string) int64 {
	r.t.Helper()
	for _, id := range r.ids {
		if slices.Equal(r.sandbox.API.Book().Expected[id].Faults, faults) && r.record(id).GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED {
			return id
		}
	}
	require.Fail(r.t, "no invoice failed for", faults)
	return 0
}

func (r *replaying) posted() int64 {
	r.t.Helper()
	i := slices.IndexFunc(r.ids, func(id int64) bool { return r.sandbox.API.Book().Expected[id].Posted() })
	require.GreaterOrEqual(r.t, i, 0)
	return r.ids[i]
}

// awaitPosted waits until a failed invoice is processed.
func (r *replaying) awaitPosted(id, send int64) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		now, err := r.sandbox.API.Invoice(id)
		return err == nil && now.Status == "processed" && r.record(id).GetState() == record.Closed
	}, time.Minute, 50*time.Millisecond, "invoice %d", id)
	require.Equal(r.t, send, r.record(id).GetSend())
}

// dead counts the dead letters.
func (r *replaying) dead() int {
	r.t.Helper()
	st, err := r.js.Stream(r.t.Context(), bus.StreamDead)
	require.NoError(r.t, err)
	return int(st.CachedInfo().State.Msgs)
}

// attempts counts the calls to the books for an invoice; 0: for all of them.
func (r *replaying) attempts(id int64) int {
	r.t.Helper()
	st, err := r.js.Stream(r.t.Context(), bus.StreamEvents)
	require.NoError(r.t, err)
	subject := bus.StageFilter(bus.StageAttempt)
	if id != 0 {
		subject = r.subject(bus.StageAttempt, id).String()
	}
	info, err := st.Info(r.t.Context(), jetstream.WithSubjectFilter(subject))
	require.NoError(r.t, err)
	n := uint64(0)
	for _, messages := range info.State.Subjects {
		n += messages
	}
	return int(n)
}
