package judge

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

func step(kind string, when float64, status, total string, v Verdict) Step {
	return Step{Kind: kind, Began: at(when), Ended: at(when + 0.01), Status: status, Total: total, Verdict: v}
}

func sent(when float64) Step { return step(StepSend, when, pending, "10.00", Good) }

func call(kind string, when float64, status string) world.Call {
	return world.Call{
		Kind: kind, Began: at(when), Ended: at(when + 0.01), Process: "reconcile-1", Status: status, Applied: true,
		Content: "Invoice 7 was not posted to the books: 1 problem.\nReference: [tradepost chaos/7/" + status + "]",
	}
}

func made(when float64, total string) target.Event {
	return target.Event{What: target.Created, At: at(when), Total: total, ID: "1"}
}

// good is an invoice that was sent and processed without any trouble.
func good() *Invoice {
	return &Invoice{
		ID: 7, Marker: "st-chaos-7", Total: "10.00", Steps: []Step{sent(0)},
		Calls: []world.Call{call(world.CallRead, 2, ""), call(world.CallStatus, 2.1, processed)},
		Books: []target.Event{made(1, "10.00")}, Live: []string{"10.00"},
		Final: world.Row{Status: processed, Total: json.Number("10.00")},
	}
}

// spoiled is an invoice that was sent and failed with a comment.
func spoiled() *Invoice {
	return &Invoice{
		ID: 7, Total: "10.00", Steps: []Step{step(StepSend, 0, pending, "10.00", Spoiled)},
		Calls: []world.Call{call(world.CallRead, 2, ""), call(world.CallComment, 2.1, "a"), call(world.CallStatus, 2.2, failed)},
		Final: world.Row{Status: failed},
	}
}

// sentAgainAt fails once more, six seconds later at the most, without a comment.
func sentAgainAt(second float64) *Invoice {
	inv := spoiled()
	inv.Steps = append(inv.Steps, step(StepSend, second, pending, "10.00", Spoiled))
	inv.Calls = append(inv.Calls, call(world.CallRead, 6, ""), call(world.CallStatus, 6.1, failed))
	return inv
}

func with(inv *Invoice, change func(*Invoice)) *Invoice {
	change(inv)
	return inv
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		inv    *Invoice
		losses []time.Time
		want   []Kind
	}{
		"processed":                  {inv: good()},
		"failed with its comment":    {inv: spoiled()},
		"two documents":              {inv: with(good(), func(i *Invoice) { i.Books = append(i.Books, made(3, "10.00")) }), want: []Kind{Doubled}},
		"never settled":              {inv: with(good(), func(i *Invoice) { i.Final.Status, i.Calls = pending, nil }), want: []Kind{Lost}},
		"held":                       {inv: with(good(), func(i *Invoice) { i.Final.Status, i.Calls, i.Waits = pending, nil, "message.crash_loop" })},
		"processed, and no document": {inv: with(good(), func(i *Invoice) { i.Books, i.Live = nil, nil }), want: []Kind{WrongStatus}},
		"processed before the document": {
			inv: with(good(), func(i *Invoice) { i.Books[0].At = at(3) }), want: []Kind{WrongStatus},
		},
		"another total":             {inv: with(good(), func(i *Invoice) { i.Books[0].Total = "10.01" }), want: []Kind{WrongTotal}},
		"good, and failed":          {inv: with(spoiled(), func(i *Invoice) { i.Steps[0].Verdict = Good }), want: []Kind{WrongStatus}},
		"bad, and processed":        {inv: with(good(), func(i *Invoice) { i.Steps[0].Verdict = Refused }), want: []Kind{WrongStatus}},
		"failed without a comment":  {inv: with(spoiled(), func(i *Invoice) { i.Calls = append(i.Calls[:1:1], i.Calls[2]) }), want: []Kind{NoComment}},
		"failed before its comment": {inv: with(spoiled(), func(i *Invoice) { i.Calls[1].Began, i.Calls[1].Ended = at(2.5), at(2.6) }), want: []Kind{NoComment}},
		"two comments": {
			inv: with(spoiled(), func(i *Invoice) { i.Calls = append(i.Calls, call(world.CallComment, 3, "b")) }), want: []Kind{TwoComments},
		},
		"sent again unchanged, with the first comment only": {
			inv: with(spoiled(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepSend, 10, pending, "10.00", Spoiled))
				i.Calls = append(i.Calls, call(world.CallRead, 12, ""), call(world.CallStatus, 12.1, failed))
			}), want: []Kind{NoComment},
		},
		"sent again unchanged, with a comment of its own": {
			inv: with(spoiled(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepSend, 10, pending, "10.00", Spoiled))
				i.Calls = append(i.Calls, call(world.CallRead, 12, ""), call(world.CallComment, 12.1, "b"), call(world.CallStatus, 12.2, failed))
			}),
		},
		"changed on its way, and told twice": {
			inv: with(spoiled(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepEdit, 2.15, "", "11.00", Spoiled))
				i.Calls = append(i.Calls, call(world.CallComment, 3, "b"))
			}),
		},
		"a comment that customers see": {inv: with(spoiled(), func(i *Invoice) { i.Calls[1].Public = true }), want: []Kind{Public}},
		"moved by hand, and left alone": {
			inv: with(good(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepMove, 1.5, "paid", "10.00", Good))
				i.Calls, i.Final.Status = i.Calls[:1], "paid"
			}),
		},
		"moved by hand, and overwritten": {
			inv:  with(good(), func(i *Invoice) { i.Steps = append(i.Steps, step(StepMove, 1.5, "paid", "10.00", Good)) }),
			want: []Kind{Overwritten},
		},
		"moved by hand between the look and the write": {
			inv: with(good(), func(i *Invoice) { i.Steps = append(i.Steps, step(StepMove, 2.05, "paid", "10.00", Good)) }),
		},
		"moved by hand long after the look": {
			inv: with(good(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepMove, 2.05, "paid", "10.00", Good))
				i.Calls[1].Began, i.Calls[1].Ended = at(90), at(90.1)
			}),
			want: []Kind{Overwritten},
		},
		"moved by hand, and something else at the end": {
			inv: with(good(), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepMove, 5, "paid", "10.00", Good))
				i.Final.Status = "ok"
			}),
			want: []Kind{WrongStatus},
		},
		"edited before the last look, and the old total posted": {
			inv:  with(good(), func(i *Invoice) { i.Steps = append(i.Steps, step(StepEdit, 1.5, "", "11.00", Good)) }),
			want: []Kind{WrongTotal},
		},
		"edited between the look and the write": {
			inv: with(good(), func(i *Invoice) { i.Steps = append(i.Steps, step(StepEdit, 2.05, "", "11.00", Good)) }),
		},
		"edited after it was posted": {
			inv: with(good(), func(i *Invoice) { i.Steps = append(i.Steps, step(StepEdit, 9, "", "11.00", Good)) }),
		},
		"edited, sent again, and refused without reason": {
			inv: changedAndRefused(), want: []Kind{WrongStatus},
		},
		"edited, sent again, and refused since the records were lost": {
			inv: changedAndRefused(), losses: []time.Time{at(5)},
		},
		"sent again at once, and the records were lost": {inv: sentAgainAt(3), losses: []time.Time{at(4)}},
		"sent again at once, and nothing was lost":      {inv: sentAgainAt(3), want: []Kind{NoComment}},
		"sent again at once, and lost when it was over": {inv: sentAgainAt(3), losses: []time.Time{at(9)}, want: []Kind{NoComment}},
		"sent again later, and the records were lost":   {inv: sentAgainAt(5.5), losses: []time.Time{at(5.6)}, want: []Kind{NoComment}},
		"changed its sign, and refused since the other document is in the way": {
			inv: with(changedAndRefused(), func(i *Invoice) {
				i.Total, i.Steps[0].Total, i.Books[0].Total = "-10.00", "-10.00", "-10.00"
			}),
		},
		"a document of an invoice that was never sent": {
			inv:  &Invoice{ID: 7, Total: "10.00", Books: []target.Event{made(1, "10.00")}, Live: []string{"10.00"}, Final: world.Row{Status: "ok"}},
			want: []Kind{Stray},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, kindsOf(t, Facts{Invoices: []*Invoice{c.inv}, Losses: c.losses}))
		})
	}
}

// kindsOf are the kinds of what is found.
func kindsOf(t *testing.T, f Facts) []Kind {
	t.Helper()
	var kinds []Kind
	for _, v := range Judge(f) {
		require.NotEmpty(t, v.Text)
		require.Contains(t, Kinds(), v.Kind)
		kinds = append(kinds, v.Kind)
	}
	return kinds
}

func changedAndRefused() *Invoice {
	return with(good(), func(i *Invoice) {
		i.Steps = append(i.Steps, step(StepEdit, 10, "", "11.00", Good), step(StepSend, 10.1, pending, "11.00", Good))
		i.Calls = append(i.Calls, call(world.CallRead, 12, ""), call(world.CallComment, 12.1, "b"), call(world.CallStatus, 12.2, failed))
		i.Final.Status = failed
	})
}

func TestADocumentThatBelongsToNobody(t *testing.T) {
	found := Judge(Facts{Invoices: []*Invoice{good()}, Strays: []string{"st-chaos-8"}})
	require.Len(t, found, 1)
	require.Equal(t, Stray, found[0].Kind)
	require.Contains(t, found[0].Text, "st-chaos-8")
}
