package e2e

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/sandbox"
)

// The five recipes, one after the other on one plant: what they are not about must be
// after each as it was before.
func TestReplayRecipes(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(9))
	r := &replaying{plant: p, recipes: readRecipes(t, "replay.md")}
	for _, inv := range p.sandbox.API.Invoices("ok") {
		if r.spare == 0 && p.sandbox.API.Book().Expected[inv.ID].Posted() {
			r.spare = inv.ID
			continue
		}
		r.ids = append(r.ids, inv.ID)
	}
	require.NoError(t, p.sandbox.API.Send("", r.ids...))
	p.awaitSettled(time.Minute)
	p.awaitClosed(r.ids)
	p.requireRight(r.ids)
	r.quiet() // What informs people is published after the record was closed.
	for _, step := range []struct {
		name string
		run  func(*testing.T, *replaying)
	}{
		{"a", lookAtOneLife}, {"b", publishAgain}, {"c", mendAndPublish}, {"e", redriveADeadLetter}, {"by hand", settleByHand}, {"d", redriveAConnection},
	} {
		require.True(t, t.Run(step.name, func(t *testing.T) {
			p.t = t
			step.run(t, r)
		}))
	}
	p.t = t
	r.requireAllRan(t)
}

func lookAtOneLife(t *testing.T, r *replaying) {
	before := r.standing()
	failed, posted := r.failing(sandbox.FaultCustomer), r.posted()
	told := r.run(r.plant, "(a)", 0, failed)
	require.Contains(t, told, "Now:    send 1 ended failed: customer.not_mapped")
	require.Contains(t, told, "tradepost retry acme-books "+strconv.FormatInt(failed, 10))
	require.Contains(t, told, "rejected: 1 problem")
	require.Contains(t, told, "private comment ")
	stock := r.run(r.plant, "(a)", 1, failed)
	require.Contains(t, stock, `"settlement": "SETTLEMENT_FAILED"`)
	require.Contains(t, stock, `"code": "customer.not_mapped"`)
	require.Contains(t, r.run(r.plant, "(a)", 0, posted), "Now:    send 1 ended processed")
	attempts := r.run(r.plant, "(a)", 2, posted)
	require.Contains(t, attempts, "ATTEMPT_OPERATION_CREATE")
	require.Equal(t, r.attempts(posted), strings.Count(attempts, `"operation"`), "all calls for this invoice, and nobody else's: %s", attempts)
	require.Greater(t, r.attempts(0), r.attempts(posted), "there are calls for others")
	r.quiet()
	require.Equal(t, before, r.standing(), "looking changes nothing")
}

func publishAgain(t *testing.T, r *replaying) {
	before := r.standing()
	posted := r.posted()
	r.run(r.plant, "(b)", 0, posted)
	require.NotContains(t, r.run(r.plant, "(b)", 1, posted), "Duplicate: true")
	st, err := r.js.Stream(t.Context(), bus.StreamReady)
	require.NoError(t, err)
	raw, err := st.GetLastMsgForSubject(t.Context(), r.subject(bus.StageReady, posted).String())
	require.NoError(t, err)
	require.NotEmpty(t, raw.Header.Get("ce-id"), "the headers came along")
	r.quiet()
	require.Equal(t, before, r.standing(), "what is posted stays posted once")

	failed := r.failing(sandbox.FaultItem)
	r.run(r.plant, "(b)", 0, failed)
	require.Eventually(t, func() bool { return r.record(failed).GetSend() == 2 }, time.Minute, 50*time.Millisecond, "what failed is tried again")
	r.quiet()
	before.sends[failed] = 2
	require.Equal(t, before, r.standing(), "it fails for the same fault: no second comment, nothing else")
}

func mendAndPublish(t *testing.T, r *replaying) {
	failed := r.failing(sandbox.FaultCustomer)
	before := r.standing()
	r.run(r.plant, "(c)", 0, failed)
	r.awaitPosted(failed, 2)
	r.quiet()
	after := r.standing()
	require.NotEqual(t, before.books, after.books)
	before.status[failed], before.sends[failed], before.books = "processed", 2, after.books
	require.Equal(t, before, after, "the mended one is posted, nothing else")
	ready := &tradepostv1.InvoiceReady{}
	r.lastOn(r.subject(bus.StageReady, failed), ready)
	require.Equal(t, "C-1001", ready.GetDocuments()[0].GetCustomer().GetReference().GetValue())

	// The amount cannot be mended.
	other := r.failing(sandbox.FaultItem)
	before = r.standing()
	dead := r.dead()
	r.shell(`nats stream get INVOICE_RECEIVED --last-for invoice.received.acme-books.$ID --json | jq -r .data | base64 -d |
		jq '.snapshot.invoice.totalPrice = "1.00"' | nats pub --jetstream --no-templates --force-stdin invoice.received.acme-books.$ID`, other)
	r.awaitDead(dead + 1)
	r.quiet()
	require.Equal(t, before, r.standing())
}

func redriveADeadLetter(t *testing.T, r *replaying) {
	// A new invoice waits for deliver, and rubbish under its name holds it.
	id := r.spare
	r.holdAtSend(func() { require.NoError(t, r.sandbox.API.Send("", id)) }, id)
	require.Contains(t, r.run(r.plant, "(e)", 0, id), "message.unreadable")
	require.Contains(t, r.run(r.plant, "(a)", 0, id), "a person")
	r.run(r.plant, "(e)", 1, id)
	r.awaitPosted(id, 1)
	r.ids = append(r.ids, id)
	r.quiet()

	// The letter of an invoice that is not held, unchanged: a dead letter again, nothing else.
	before, dead := r.standing(), r.dead()
	r.run(r.plant, "(e)", 2, id)
	r.awaitDead(dead + 1)
	r.quiet()
	require.Equal(t, before, r.standing())
}

func redriveAConnection(t *testing.T, r *replaying) {
	before := r.standing()
	failed := 0
	for _, id := range r.ids {
		if before.status[id] == "failed" {
			failed++
			before.sends[id]++
		}
	}
	require.Positive(t, failed)
	told := r.run(r.plant, "(d)", 0, 0)
	require.Contains(t, told, "asked for a retry of "+strconv.Itoa(failed)+" invoices")
	for _, id := range r.ids {
		require.Eventually(t, func() bool { return r.record(id).GetSend() == before.sends[id] }, time.Minute, 50*time.Millisecond, "invoice %d", id)
	}
	r.quiet()
	require.Equal(t, before, r.standing(), "what failed was tried again, once; nothing else")

	r.run(r.plant, "(d)", 1, 0)
	for _, id := range r.ids {
		if before.status[id] == "failed" {
			before.sends[id]++
		}
		require.Eventually(t, func() bool { return r.record(id).GetSend() == before.sends[id] }, time.Minute, 50*time.Millisecond, "invoice %d", id)
	}
	r.quiet()
	require.Equal(t, before, r.standing())
	r.requireJSON(t)
}

// requireJSON looks at what programs read.
func (r *replaying) requireJSON(t *testing.T) {
	t.Helper()
	var life struct {
		Sends  []struct{ Number int64 }
		Events []struct{ Stage string }
	}
	id := r.failing(sandbox.FaultItem)
	require.NoError(t, json.Unmarshal([]byte(r.shell("tradepost trace $ID --json", id)), &life))
	require.Len(t, life.Sends, int(r.record(id).GetSend()))
	require.NotEmpty(t, life.Events)
}
