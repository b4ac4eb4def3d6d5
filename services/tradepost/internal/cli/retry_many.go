package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/services/tradepost/internal/redo"
)

// retryMany shows what would be tried again, asks, and publishes the commands.
func (g *global) retryMany(cmd *cobra.Command, o retryOptions) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	choice, err := o.choice(config, time.Now())
	if err != nil {
		return &usageError{err}
	}
	if !o.yes && !o.dryRun && !canAsk(cmd.InOrStdin()) {
		return &usageError{errors.New("there is no terminal to ask on: add --yes, or --dry-run to see what would be tried again")}
	}
	r, err := reach(cmd.Context(), config, "retry")
	if err != nil {
		return err
	}
	defer r.nc.Close()
	p, unread := redo.Look(cmd.Context(), r.Store, choice)
	if unread != nil && p.Invoices == 0 {
		return unread
	}
	if err := unknownCause(choice.Cause, p); unread == nil && err != nil {
		return &usageError{err}
	}
	result := retried{Preview: p, zone: zones(config)}
	if p.Invoices > 0 && !o.dryRun && (o.yes || g.confirmed(cmd, result)) {
		result.Asked, err = redo.Ask(cmd.Context(), r.Store, r.bus, choice, p, redo.Order{By: whoAsks("tradepost retry"), Reason: o.reason})
		result.done = true
	}
	return errors.Join(g.showRetried(cmd.OutOrStdout(), result, o.yes || o.dryRun), err, unread)
}

// choice reads the flags. A date is a day of the account's time zone.
func (o retryOptions) choice(config *connection.Config, now time.Time) (redo.Choice, error) {
	c := redo.Choice{Account: o.account, Connection: o.connection, Cause: o.cause, Known: func(id string) bool { return config.Connections[id] != nil }}
	if !o.many() && o.connection == "" && o.account == "" {
		return c, errors.New("name an invoice, or say which: --cause, --connection, --account, --since, --until; --all means every one that failed or is held")
	}
	zone := onlyZone(config)
	if o.connection != "" {
		conn, ok := config.Connections[o.connection]
		if !ok {
			return c, fmt.Errorf("the configuration has no connection %q", o.connection)
		}
		zone = conn.Account.Location()
	}
	if o.account != "" {
		a, ok := config.Accounts[o.account]
		if !ok {
			return c, fmt.Errorf("the configuration has no account %q", o.account)
		}
		zone = a.Location()
	}
	var err error
	if c.Since, err = moment("since", o.since, zone, now, 0); err != nil {
		return c, err
	}
	if c.Until, err = moment("until", o.until, zone, now, 1); err != nil {
		return c, err
	}
	if !c.Since.IsZero() && !c.Until.IsZero() && !c.Since.Before(c.Until) {
		return c, fmt.Errorf("--since %s is not before --until %s: no time is between them", o.since, o.until)
	}
	return c, nil
}

// unknownCause refuses a cause that is neither in the catalogue nor in any record: most
// likely it is misspelt, and to say that nothing failed for it would be misleading.
func unknownCause(cause string, p redo.Preview) error {
	if _, ok := fault.Lookup(cause); cause == "" || ok || p.Seen {
		return nil
	}
	squash := strings.NewReplacer("_", "", ".", "", "-", "", " ", "")
	for _, e := range fault.All() {
		if strings.EqualFold(squash.Replace(e.Code), squash.Replace(cause)) {
			return fmt.Errorf("there is no cause %q; is %s meant?", cause, e.Code)
		}
	}
	return fmt.Errorf("there is no cause %q, and no invoice failed or is held for it; `tradepost fault` lists all codes", cause)
}

// zones returns the time zone of the account of each connection; UTC where the
// configuration does not have it.
func zones(config *connection.Config) func(connection string) *time.Location {
	return func(id string) *time.Location {
		if c := config.Connections[id]; c != nil {
			return c.Account.Location()
		}
		return time.UTC
	}
}

// onlyZone is the time zone of all accounts; nil where they have several.
func onlyZone(config *connection.Config) *time.Location {
	var zone *time.Location
	for _, a := range config.Accounts {
		if zone != nil && zone.String() != a.Location().String() {
			return nil
		}
		zone = a.Location()
	}
	return zone
}

// moment reads a date (the beginning of that day, or so many days later), a time, or
// how long ago. "" is the zero time.
func moment(flag, text string, zone *time.Location, now time.Time, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if zone == nil {
			return day, fmt.Errorf("--%s %s is a day of which time zone? The accounts have several: name --account or --connection, or give a time with its zone (%sT00:00:00-05:00)", flag, text, text)
		}
		return time.Date(day.Year(), day.Month(), day.Day()+days, 0, 0, 0, 0, zone), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("--%s %q is no date (2026-11-22), no time (2026-11-22T08:00:00Z) and no duration (36h)", flag, text)
}

// canAsk tells whether somebody can answer: a terminal, or a test.
func canAsk(in io.Reader) bool {
	f, is := in.(*os.File)
	return !is || term.IsTerminal(int(f.Fd()))
}

// confirmed shows the preview and asks; only y or yes is yes.
func (g *global) confirmed(cmd *cobra.Command, p retried) bool {
	out := cmd.ErrOrStderr()
	_, _ = fmt.Fprint(out, previewText(p))
	_, _ = fmt.Fprintf(out, "Ask for a retry of %s? [y/N] ", invoices(p.Invoices))
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// retried is what was found and what was done.
type retried struct {
	redo.Preview

	// Asked is how many commands were published.
	Asked int `json:"asked"`
	done  bool
	// zone is that of the account of a connection.
	zone func(connection string) *time.Location
}

func (g *global) showRetried(w io.Writer, r retried, preview bool) error {
	if g.output == outputJSON {
		return writeJSON(w, r)
	}
	var b strings.Builder
	if preview || r.Invoices == 0 {
		b.WriteString(previewText(r))
	}
	switch {
	case r.done:
		fmt.Fprintf(&b, "asked for a retry of %s\n", invoices(r.Asked))
	case r.Invoices > 0:
		b.WriteString("nothing was asked for\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func previewText(p retried) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would be tried again\n", invoices(p.Invoices))
	for _, c := range p.Causes {
		fmt.Fprintf(&b, "  %6d  %s", c.Invoices, fault.OneLine(c.Code))
		if c.Title != "" {
			fmt.Fprintf(&b, " (%s)", c.Title)
		}
		b.WriteByte('\n')
		for _, e := range c.Examples {
			fmt.Fprintf(&b, "          %s %d, send %d, %s %s\n", e.Connection, e.InvoiceID, e.Send, stateWord(e.State), e.At.In(p.zone(e.Connection)).Format(time.RFC3339))
		}
	}
	if p.Skipped > 0 {
		fmt.Fprintf(&b, "left out: %s of connections that the configuration does not have\n", invoices(p.Skipped))
	}
	return b.String()
}

func stateWord(state string) string {
	if state == "closed" {
		return "failed"
	}
	return state + " since"
}

func invoices(n int) string {
	if n == 1 {
		return "1 invoice"
	}
	return fmt.Sprintf("%d invoices", n)
}
