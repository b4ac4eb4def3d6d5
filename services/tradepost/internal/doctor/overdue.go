package doctor

import (
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// handedAge is the age from which a hand-over without an answer is told.
const handedAge = 24 * time.Hour

// overdue tells whether a send has waited for longer than trouble lasts that comes and
// goes. It is tried on, and never fails for that.
func overdue(e record.Entry, now time.Time) bool {
	switch e.State() {
	case record.Opening, record.Opened, record.Claimed, record.Parked:
		return record.Waited(e.Record, now) > record.Budget
	case record.Handed:
		return now.Sub(e.At) > handedAge
	}
	return false
}

// doubtfulOnes tells the invoices whose documents the books may be making for a process
// that is not there any more, and when that is over.
func (q queue) doubtfulOnes() []Result {
	if len(q.doubtful) == 0 {
		return nil
	}
	list := namedFew(q.doubtful, func(e record.Entry) string {
		since, again, _ := record.Unanswered(e, time.Time{})
		return fmt.Sprintf("sent at %s, looked for again at %s UTC", since.UTC().Format(time.TimeOnly), again.UTC().Format(time.TimeOnly))
	})
	return []Result{check{systemNATS, "no answer yet"}.warn(operator,
		"Nothing, where a deliver was stopped or killed, or the books are slow: the books may still be making these documents, so nobody makes them again before that time. "+
			"Then they are looked for, and it goes on by itself. See that deliver runs.",
		"%s waiting for the answer of a call that a process sent which stopped, or still waits for it: %s", areInvoices(len(q.doubtful)), list)}
}

// overdueOnes tells the invoices that wait for long, and for what.
func (q queue) overdueOnes(now time.Time) []Result {
	if len(q.overdue) == 0 {
		return nil
	}
	list := namedFew(q.overdue, func(e record.Entry) string {
		r := e.Record
		if r.GetState() == record.Handed {
			return "handed over as " + r.GetHandedToken()
		}
		return fmt.Sprintf("%s for %s", r.GetWaiting().GetReason(), record.Waited(r, now).Round(time.Minute))
	})
	return []Result{check{systemNATS, "waiting long"}.warn(operator,
		"Mend what they wait for: they are tried at least every half an hour and go on by themselves. What was handed over ends when the accounting system shows it, "+
			"or with `tradepost not-made` once it is certain that it never will.",
		"%s waiting for long: %s", areInvoices(len(q.overdue)), list)}
}
