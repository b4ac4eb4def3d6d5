package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

const previewLong = `Shows exactly what would be posted for an invoice, or everything that keeps it from being posted. It runs
the code of the stages, and writes nothing: no record, no message, nothing in ServiceTrade (it signs in and
out), nothing in the books. It keeps to the limits of the accounting system together with the services;
where reads are metered the last line says how many it made.

  tradepost preview 2687264638045999          an invoice, by the id in the address of its page
  tradepost preview 11653990                  or by its number (--number where that is also an id)
  tradepost preview --file snapshot.json      a snapshot, an invoice.received message, an invoice of the API
  tradepost preview --pending                 all that wait to be posted
  tradepost preview --from 2026-10-01 --to 2026-10-31

--explain tells of every field where it comes from and by which rule of the mapping. --diff compares with
what was posted before; that needs NATS, nothing else does. Where NATS is not reached, the verdict says
what it could not know.

Exit code 0: all can be posted; 1: some have problems; 2: something could not be looked at.`

type previewOptions struct {
	connection, file, from, to     string
	number, pending, explain, diff bool
	json                           bool
	first, last                    caldate.Date
}

func newPreview(g *global) *cobra.Command {
	var o previewOptions
	c := &cobra.Command{
		Use:   "preview [INVOICE-ID | NUMBER]...",
		Short: "Show what would be posted for invoices, and what is wrong with them, without doing it",
		Long:  previewLong,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.json {
				g.output = outputJSON
			}
			report, err := g.preview(cmd, &o, args)
			if err != nil {
				return &exitError{code: exitCannotLook, err: err}
			}
			if code := report.ExitCode(); code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.connection, "connection", "", "the `connection` whose mapping and books count; needed where there are several")
	f.StringVar(&o.file, "file", "", "look at the invoice in this `file`")
	f.BoolVar(&o.number, "number", false, "the arguments are invoice numbers, not ids")
	f.BoolVar(&o.pending, "pending", false, "look at all invoices that wait to be posted")
	f.StringVar(&o.from, "from", "", "look at the invoices dated from this `day` on (2026-10-01)")
	f.StringVar(&o.to, "to", "", "look at the invoices dated up to this `day`")
	f.BoolVar(&o.explain, "explain", false, "tell why each field has its value")
	f.BoolVar(&o.diff, "diff", false, "compare with what was posted before")
	f.BoolVar(&o.json, "json", false, "the same as --output json")
	return c
}

// exitCannotLook is the exit code of a preview that could not be made.
const exitCannotLook = 2

// exitError ends the process with a code of its own. err is told, if there is one.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "failed"
	}
	return e.err.Error()
}
func (e *exitError) Unwrap() error { return e.err }

// check refuses a command line that says nothing, or two things.
func (o *previewOptions) check(args []string) error {
	var ways []string
	for way, given := range map[string]bool{"an invoice": len(args) > 0, "--file": o.file != "", "--pending": o.pending, "--from/--to": o.from != "" || o.to != ""} {
		if given {
			ways = append(ways, way)
		}
	}
	slices.Sort(ways)
	switch len(ways) {
	case 0:
		return errors.New("name an invoice by its id or number, or use --file, --pending, or --from and --to")
	case 1:
	default:
		return fmt.Errorf("%s cannot be used together", strings.Join(ways, " and "))
	}
	for _, day := range []struct {
		flag, text string
		into       *caldate.Date
	}{{"--from", o.from, &o.first}, {"--to", o.to, &o.last}} {
		if day.text == "" {
			continue
		}
		d, err := caldate.Parse(day.text)
		if err != nil {
			return fmt.Errorf("%s: %q is no day like 2026-10-01", day.flag, day.text)
		}
		*day.into = d
	}
	if o.from != "" && o.to != "" && o.last.Before(o.first) {
		return fmt.Errorf("--from %s is after --to %s: no day is between them; change the two", o.first, o.last)
	}
	return nil
}

func (g *global) preview(cmd *cobra.Command, o *previewOptions, args []string) (*preview.Report, error) {
	if err := o.check(args); err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	v, disconnect, err := g.viewer(ctx, o)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	report := &preview.Report{Invoices: []*preview.View{}}
	err = o.each(ctx, v, args, func(view *preview.View) error {
		report.Add(view)
		if g.output == outputJSON {
			return nil
		}
		if len(report.Invoices) > 1 {
			_, _ = fmt.Fprintln(cmd.OutOrStdout())
		}
		return view.Text(cmd.OutOrStdout(), o.explain)
	})
	if err := errors.Join(err, v.Close(ctx)); err != nil {
		return nil, err
	}
	report.MeteredReads = v.Reads()
	return report, g.finish(cmd, report, len(args) != 1 && o.file == "")
}

// viewer prepares a look, with NATS if that is reached.
func (g *global) viewer(ctx context.Context, o *previewOptions) (v *preview.Viewer, disconnect func(), err error) {
	config, err := g.load()
	if err != nil {
		return nil, nil, err
	}
	conn, err := chosen(config, o.connection)
	if err != nil {
		return nil, nil, err
	}
	connectors, err := deliver.Connectors()
	if err != nil {
		return nil, nil, err
	}
	disconnect = func() {}
	nc, js, why := reachNATS(ctx, config)
	if nc != nil {
		disconnect = nc.Close
	}
	v, err = preview.Open(ctx, preview.Options{
		Config: config, Connectors: connectors, Connection: conn, JS: js, NoNATS: why, Diff: o.diff, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		disconnect()
	}
	return v, disconnect, err
}

// finish writes what comes after the invoices: a line about all, or all as JSON.
func (g *global) finish(cmd *cobra.Command, r *preview.Report, many bool) error {
	if g.output == outputJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	last := r.MeteredReads
	if many {
		last = strings.TrimSpace(r.Summary() + "\n" + last)
	}
	if last == "" {
		return nil
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", last)
	return err
}
