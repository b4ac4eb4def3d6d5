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
	result := retried{Preview: p}
	if p.Invoices > 0 && !o.dryRun && (o.yes || g.confirmed(cmd, p)) {
		result.Asked, err = redo.Ask(cmd.Context(), r.Store, r.bus, choice, p, redo.Order{By: whoAsks("tradepost retry"), Reason: o.reason})
		result.done = true
	}
	return errors.Join(g.showRetried(cmd.OutOrStdout(), result, o.yes || o.dryRun), err, unread)
}

// choice reads the flags. A date is one of the account's time zone where one is
// named, and else of this machine's.
func (o retryOptions) choice(config *connection.Config, now time.Time) (redo.Choice, error) {
	c := redo.Choice{Account: o.account, Connection: o.connection, Cause: o.cause, Known: func(id string) bool { return config.Connections[id] != nil }}
	if !o.many() && o.connection == "" && o.account == "" {
		return c, errors.New("name an invoice, or say which: --cause, --connection, --account, --since, --until; --all means every one that failed or is held")
	}
	zone := time.Local //nolint:gosmopolitan // People name the days of where they are.
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
	c.Until, err = moment("until", o.until, zone, now, 1)
	return c, err
}

// moment reads a date (the beginning of that day, or so many days later), a time, or
// how long ago. "" is the zero time.
func moment(flag, text string, zone *time.Location, now time.Time, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.AddDate(0, 0, days), nil
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
func (g *global) confirmed(cmd *cobra.Command, p redo.Preview) bool {
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
}

func (g *global) showRetried(w io.Writer, r retried, preview bool) error {
	if g.output == outputJSON {
		return writeJSON(w, r)
	}
	var b strings.Builder
	if preview || r.Invoices == 0 {
		b.WriteString(previewText(r.Preview))
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

func previewText(p redo.Preview) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would be tried again\n", invoices(p.Invoices))
	for _, c := range p.Causes {
		fmt.Fprintf(&b, "  %6d  %s", c.Invoices, fault.OneLine(c.Code))
		if c.Title != "" {
			fmt.Fprintf(&b, " (%s)", c.Title)
		}
		b.WriteByte('\n')
		for _, e := range c.Examples {
			fmt.Fprintf(&b, "          %s %d, send %d, %s %s\n", e.Connection, e.InvoiceID, e.Send, stateWord(e.State), e.At.Local().Format(time.DateTime))
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
