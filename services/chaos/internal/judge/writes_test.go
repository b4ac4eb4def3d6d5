package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

func event(what string, when float64, total string) target.Event {
	return target.Event{What: what, At: at(when), Total: total, ID: "1"}
}

func settled(look float64, status string) []world.Call {
	return []world.Call{call(world.CallRead, look, ""), call(world.CallStatus, look+0.1, status)}
}

// editedAndSentAgain is good, edited at 5 and sent again, brought up to date at updated,
// and settled after a look at look.
func editedAndSentAgain(updated, look float64) *Invoice {
	return with(good(), func(i *Invoice) {
		i.Steps = append(i.Steps, step(StepEdit, 5, "", "20.00", Good), step(StepSend, 5.1, pending, "20.00", Good))
		i.Calls = append(i.Calls, settled(look, processed)...)
		i.Books = append(i.Books, event(target.Updated, updated, "20.00"))
		i.Live = []string{"20.00"}
	})
}

func moved(inv *Invoice, when float64, status string, v Verdict) *Invoice {
	inv.Steps = append(inv.Steps, step(StepMove, when, status, "10.00", v))
	inv.Final.Status = status
	return inv
}

// Every write counts at its own time: what comes later makes none of them good.
func TestEveryWriteIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		inv    *Invoice
		losses []time.Time
		want   []Kind
	}{
		"processed, and the update came 20 s later": {inv: editedAndSentAgain(27, 7), want: []Kind{WrongTotal}},
		"updated, and processed":                    {inv: editedAndSentAgain(6, 7)},
		"updated between the look and the write":    {inv: editedAndSentAgain(7.05, 7)},
		"updated, edited back before the look, and processed": {
			inv: with(editedAndSentAgain(6, 7), func(i *Invoice) {
				i.Steps = append(i.Steps, step(StepEdit, 6.5, "", "10.00", Good))
			}), want: []Kind{WrongTotal},
		},
		"failed while its comment is under way": {
			inv: with(spoiled(), func(i *Invoice) { i.Calls[1].Ended = at(9) }), want: []Kind{NoComment},
		},
		"failed, and a first comment's answer was lost": {
			inv: with(spoiled(), func(i *Invoice) {
				i.Calls[1].Trouble = world.TroubleLost
				i.Calls[2].Began, i.Calls[2].Ended = at(70), at(70.1)
			}),
		},
		"processed without a document, then moved": {
			inv: moved(with(good(), func(i *Invoice) { i.Books, i.Live = nil, nil }), 60, "paid", Good), want: []Kind{WrongStatus},
		},
		"good, failed, sent again and processed": {
			inv: with(good(), func(i *Invoice) {
				i.Steps = append(i.Steps, sent(30))
				i.Calls = []world.Call{call(world.CallRead, 2, ""), call(world.CallComment, 2.1, "a"), call(world.CallStatus, 2.2, failed)}
				i.Calls = append(i.Calls, settled(32, processed)...)
				i.Books[0].At = at(31)
			}), want: []Kind{WrongStatus},
		},
		"processed before the document, and once more after it": {
			inv:  with(good(), func(i *Invoice) { i.Calls = append(settled(0.1, processed), i.Calls...) }),
			want: []Kind{WrongStatus, WrongStatus},
		},
		"bad, processed, then moved": {
			inv: moved(with(good(), func(i *Invoice) { i.Steps[0].Verdict = Spoiled }), 60, "ok", Spoiled), want: []Kind{WrongStatus},
		},
		"processed twice for one send": {
			inv: with(good(), func(i *Invoice) { i.Calls = append(i.Calls, settled(5, processed)...) }), want: []Kind{WrongStatus},
		},
		"processed twice by two, who looked before either wrote": {
			inv: with(good(), func(i *Invoice) {
				other := settled(2.05, processed)
				other[0].Process, other[1].Process = "reconcile-2", "reconcile-2"
				i.Calls = append(i.Calls, other...)
			}),
		},
		"sent again while the write was under way": {
			inv: with(good(), func(i *Invoice) {
				i.Calls[1].Ended = at(4)
				i.Steps = append(i.Steps, sent(3))
				i.Calls = append(i.Calls, settled(6, processed)...)
			}),
		},
		"failed, and another status than the product has": {
			inv:  with(spoiled(), func(i *Invoice) { i.Calls[2].Status, i.Final.Status = "void", "void" }),
			want: []Kind{WrongStatus, WrongStatus},
		},
		"the last write is not what it shows": {
			inv: with(good(), func(i *Invoice) { i.Final.Status = failed }), want: []Kind{WrongStatus},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, kindsOf(t, Facts{Invoices: []*Invoice{c.inv}, Losses: c.losses}))
		})
	}
}
