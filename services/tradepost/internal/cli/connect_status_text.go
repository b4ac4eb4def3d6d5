package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/tradepost/tradepost/pkg/grant"
)

const (
	// statusWidth is how many columns the text of the sign-ins takes at the most, and
	// labelWidth how many of them are before what a line says.
	statusWidth, labelWidth = 96, 16
	statusTime              = "2006-01-02 15:04 MST"
	// unbroken stands for a space at which no line is broken: a command is copied.
	unbroken = "\uE000"
)

// text is a block of lines for each connection.
func (r signInRows) text() string {
	blocks := make([]string, len(r))
	for i, one := range r {
		blocks[i] = one.block()
	}
	if len(blocks) == 0 {
		return "no connection has a sign-in\n"
	}
	return strings.Join(blocks, "\n")
}

func (r signInRow) block() string {
	var b strings.Builder
	line := func(label, said string) {
		if said == "" {
			return
		}
		command := "tradepost connect " + r.System + " " + r.Connection
		said = strings.ReplaceAll(said, command, strings.ReplaceAll(command, " ", unbroken))
		for one := range strings.SplitSeq(text.WrapSoft(said, statusWidth-labelWidth), "\n") {
			fmt.Fprintf(&b, "  %-*s%s\n", labelWidth-2, label, strings.TrimRight(strings.ReplaceAll(one, unbroken, " "), " "))
			label = ""
		}
	}
	fmt.Fprintf(&b, "%s\n", text.WrapSoft("connection "+r.Connection+": "+r.state(), statusWidth))
	line("company", r.company())
	line("signed in", stamp(r.Since, r.now))
	line("renewed", stamp(r.Renewed, r.now))
	line("ends", r.ending())
	if r.unconfigured() {
		line("why", r.What)
	} else {
		line("why", r.happened)
	}
	if r.Cause != "" {
		line("answer", r.title+": "+r.Cause)
	}
	if r.RequestID != "" {
		line(strings.ToLower(r.idName), r.RequestID)
	}
	line("what to do", r.Fix)
	return b.String()
}

// state is how it is, in a few words.
func (r signInRow) state() string {
	switch {
	case r.unconfigured():
		return "CANNOT BE SIGNED IN"
	case r.Reason == grant.ReasonNever:
		return "NOT SIGNED IN to " + r.title + " yet"
	case !r.SignedIn && r.SignedOut.IsZero():
		return "SIGNED OUT of " + r.title
	case !r.SignedIn:
		return "SIGNED OUT of " + r.title + " since " + stamp(r.SignedOut, r.now)
	case r.Reason == grant.ReasonKey:
		return "signed in to " + r.title + ", but A KEY IS MISSING"
	case r.Reason != "":
		return "signed in to " + r.title + ", not renewed at the moment"
	default:
		return "signed in to " + r.title
	}
}

func (r signInRow) company() string {
	if r.CompanyName == "" {
		return r.Company
	}
	return r.CompanyName + " (" + r.Company + ")"
}

// ending tells when a sign-in ends that still is one.
func (r signInRow) ending() string {
	var ends []string
	if !r.UnusedUntil.IsZero() {
		ends = append(ends, left(r.UnusedUntil, r.now)+" if it is not used until then")
	}
	if !r.Ends.IsZero() {
		ends = append(ends, left(r.Ends, r.now)+" at the latest")
	}
	return strings.Join(ends, "; ")
}

// stamp is a moment, and how long ago it was.
func stamp(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format(statusTime) + " (" + ago(at, now) + ")"
}

// left is a countdown to a day.
func left(end, now time.Time) string {
	day := end.Local().Format(time.DateOnly)
	days := int(end.Sub(now) / (24 * time.Hour))
	switch {
	case !end.After(now):
		return day + " (over)"
	case days == 0:
		return day + " (today)"
	case days == 1:
		return day + " (1 day)"
	default:
		return fmt.Sprintf("%s (%d days)", day, days)
	}
}

// ago is how long ago a moment was, in its two largest units.
func ago(at, now time.Time) string {
	d := max(now.Sub(at), 0)
	switch days := int(d / (24 * time.Hour)); {
	case days > 1:
		return fmt.Sprintf("%d days ago", days)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm ago", int(d/time.Hour), int(d%time.Hour/time.Minute))
	case d >= time.Minute:
		return fmt.Sprintf("%d min ago", int(d/time.Minute))
	default:
		return fmt.Sprintf("%d s ago", int(d/time.Second))
	}
}
