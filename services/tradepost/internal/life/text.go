package life

import (
	"fmt"
	"strings"
	"time"
)

// stageWidth is that of the longest stage.
const stageWidth = 8

// Text is the life as a person reads it; times are in zone.
func (l *Life) Text(zone *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Invoice %s (ServiceTrade's id %d), account %s, connection %s\n", orDash(l.Number), l.InvoiceID, l.Account, l.Connection)
	fmt.Fprintf(&b, "%s, %s\n\n", orDash(l.Customer), orDash(l.Total))
	fmt.Fprintf(&b, "Now:    %s\n", l.Now)
	if l.Waits != "" {
		fmt.Fprintf(&b, "Waits:  %s\n", l.Waits)
	}
	for i, one := range l.Todo {
		label := "To do:"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "%-7s %s\n", label, one)
	}
	for i, d := range l.Documents {
		label := "Books:"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "%-7s %s %s of %s (id %s, connection %s, send %d)%s\n", label, d.Kind, d.Number, d.Total, d.ID, d.Connection, d.Send, goneWord(d.Gone))
	}
	l.history(&b, zone)
	for _, m := range l.Missing {
		fmt.Fprintf(&b, "\nNot read: %s\n", m)
	}
	return b.String()
}

// history is one line for each message, under its day.
func (l *Life) history(b *strings.Builder, zone *time.Location) {
	fmt.Fprintf(b, "\nWhat happened (%s; nats stream get STREAM SEQUENCE shows a message whole)\n", zone)
	day := ""
	for _, e := range l.Events {
		at := e.At.In(zone)
		if d := at.Format(time.DateOnly); d != day {
			day = d
			fmt.Fprintf(b, "%s\n", day)
		}
		send := ""
		if e.Send != 0 {
			send = fmt.Sprint(e.Send)
		}
		head := fmt.Sprintf("  %s  send %-2s  %-*s  %-22s  ", at.Format("15:04:05.000"), send, stageWidth, e.Stage, fmt.Sprintf("%s %d", e.Stream, e.Sequence))
		fmt.Fprintf(b, "%s%s\n", head, e.Meaning)
		for _, d := range e.Details {
			fmt.Fprintf(b, "%*s%s\n", len(head), "", d)
		}
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func goneWord(gone bool) string {
	if gone {
		return ", gone"
	}
	return ""
}
