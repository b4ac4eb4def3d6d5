package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// takenOut is good, and a bookkeeper took its document out of the books at a time.
func takenOut(when float64) *Invoice {
	return with(good(), func(i *Invoice) { i.Books, i.Live = append(i.Books, event(target.Deleted, when, "10.00")), nil })
}

// again sends it once more at 30 and has it settled at 41 s; made anew at a time, or never.
func again(inv *Invoice, anew float64) *Invoice {
	return with(inv, func(i *Invoice) {
		i.Steps = append(i.Steps, sent(30))
		i.Calls = append(i.Calls, settled(41, processed)...)
		if anew > 0 {
			i.Books = append(i.Books, target.Event{What: target.Created, At: at(anew), Total: "10.00", ID: "2"})
		}
	})
}

func TestADocumentThatABookkeeperTookOut(t *testing.T) {
	for name, c := range map[string]struct {
		inv    *Invoice
		losses []time.Time
		want   []Kind
	}{
		"after it was processed":                         {inv: takenOut(9)},
		"on its way":                                     {inv: takenOut(1.5)},
		"between the look and the write":                 {inv: takenOut(2.05)},
		"sent again, and made anew":                      {inv: again(takenOut(9), 35)},
		"sent again, and processed without another":      {inv: again(takenOut(9), 0), want: []Kind{WrongStatus}},
		"sent again, and made anew after it was settled": {inv: again(takenOut(9), 43), want: []Kind{WrongStatus}},
		"sent again, adopted, and taken out then":        {inv: again(takenOut(35), 0)},
		"sent again, settled from an old copy":           {inv: again(takenOut(9), 0), losses: []time.Time{at(20)}},
		"sent again, made anew twice": {
			inv: with(again(takenOut(9), 35), func(i *Invoice) {
				i.Books = append(i.Books, target.Event{What: target.Created, At: at(36), Total: "10.00", ID: "3"})
			}), want: []Kind{Doubled},
		},
		"voided, and made anew for a second send": {
			inv: with(again(takenOut(9), 35), func(i *Invoice) { i.Books[1].What = target.Voided }),
		},
		"voided, and processed without another": {
			inv: with(again(takenOut(9), 0), func(i *Invoice) { i.Books[1].What = target.Voided }), want: []Kind{WrongStatus},
		},
		"not sent again, and made anew": {
			inv: with(takenOut(90), func(i *Invoice) {
				i.Books = append(i.Books, target.Event{What: target.Created, At: at(95), Total: "10.00", ID: "2"})
			}), want: []Kind{Stray},
		},
		"moved by hand, taken out, and made anew": {
			inv: moved(with(takenOut(90), func(i *Invoice) {
				i.Calls = nil
				i.Books = append(i.Books, target.Event{What: target.Created, At: at(95), Total: "10.00", ID: "2"})
			}), 1.5, "paid", Good), want: []Kind{Stray},
		},
		"on its way, and made anew": {
			inv: with(takenOut(1.2), func(i *Invoice) {
				i.Books = append(i.Books, target.Event{What: target.Created, At: at(1.8), Total: "10.00", ID: "2"})
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, kindsOf(t, Facts{Invoices: []*Invoice{c.inv}, Losses: c.losses}))
		})
	}
}

// triedAgain has an operator try a refused invoice again at 20, after the books were
// made to take it.
func triedAgain(admitted bool) *Invoice {
	return with(spoiled(), func(i *Invoice) {
		i.Steps[0].Verdict = Refused
		v := Refused
		if admitted {
			v = Good
			i.Steps = append(i.Steps, step(StepAdmit, 19, "", "10.00", v))
		}
		i.Steps = append(i.Steps, step(StepRetry, 20, "", "10.00", v))
	})
}

// published makes a replay of a message of what was an operator's retry.
func published(inv *Invoice) *Invoice {
	return with(inv, func(i *Invoice) {
		i.Steps, i.Replays = i.Steps[:len(i.Steps)-1], append(i.Replays, at(20))
	})
}

// posted has it made at 22 and processed at 24.
func posted(inv *Invoice) *Invoice {
	return with(inv, func(i *Invoice) {
		i.Books, i.Live = append(i.Books, made(22, "10.00")), []string{"10.00"}
		i.Calls = append(i.Calls, settled(24, processed)...)
		i.Final.Status = processed
	})
}

func TestAnInvoiceThatAnOperatorHasTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		inv             *Invoice
		losses, cleared []time.Time
		want            []Kind
	}{
		"good by now, and processed":     {inv: posted(triedAgain(true))},
		"good by now, by a replay":       {inv: posted(published(triedAgain(true)))},
		"as bad as before":               {inv: triedAgain(false)},
		"bad, and processed":             {inv: posted(triedAgain(false)), want: []Kind{WrongStatus}},
		"good by now, and nothing came":  {inv: triedAgain(true), want: []Kind{Lost}},
		"the records were lost":          {inv: triedAgain(true), losses: []time.Time{at(21)}},
		"the records were lost before":   {inv: triedAgain(true), losses: []time.Time{at(18)}, want: []Kind{Lost}},
		"the streams were lost":          {inv: triedAgain(true), cleared: []time.Time{at(21)}},
		"nobody knows if it was ordered": {inv: with(triedAgain(true), func(i *Invoice) { i.Steps[2].Unsure = true })},
		"changed before it was carried out": {
			inv: with(triedAgain(true), func(i *Invoice) { i.Steps = append(i.Steps, step(StepEdit, 20.5, "", "11.00", Good)) }),
		},
		"still pending": {inv: with(triedAgain(true), func(i *Invoice) { i.Final.Status = pending }), want: []Kind{Lost}},
		"moved to where nobody wanted it": {
			inv: with(triedAgain(true), func(i *Invoice) { i.Final.Status = "ok" }), want: []Kind{WrongStatus},
		},
		"as bad as before, and told twice": {
			inv: with(triedAgain(false), func(i *Invoice) {
				i.Calls = append(i.Calls, call(world.CallRead, 24, ""), call(world.CallComment, 24.1, "b"))
			}), want: []Kind{TwoComments},
		},
		"and nobody did": {
			inv: with(posted(triedAgain(true)), func(i *Invoice) { i.Steps = i.Steps[:2] }), want: []Kind{WrongStatus},
		},
		"refused, and admitted before it was settled": {
			inv: with(triedAgain(true), func(i *Invoice) {
				i.Steps = i.Steps[:2]
				i.Steps[1].Began, i.Steps[1].Ended = at(1.5), at(1.6)
				i.Books = []target.Event{event(target.Refused, 1, "10.00")}
			}),
		},
		"admitted, and refused all the same": {
			inv: with(triedAgain(true), func(i *Invoice) {
				i.Steps = i.Steps[:2]
				i.Steps[1].Began, i.Steps[1].Ended = at(0.5), at(0.6)
				i.Books = []target.Event{event(target.Refused, 1, "10.00")}
			}), want: []Kind{WrongStatus},
		},
		"admitted, and failed without a refusal since": {
			inv: with(triedAgain(true), func(i *Invoice) {
				i.Steps = i.Steps[:2]
				i.Steps[1].Began, i.Steps[1].Ended = at(0.5), at(0.6)
				i.Books = []target.Event{event(target.Refused, -1, "10.00")}
			}), want: []Kind{WrongStatus},
		},
		"moved by hand meanwhile": {
			inv: moved(posted(triedAgain(true)), 60, "paid", Good),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, kindsOf(t, Facts{Invoices: []*Invoice{c.inv}, Losses: c.losses, Cleared: c.cleared}))
		})
	}
}
