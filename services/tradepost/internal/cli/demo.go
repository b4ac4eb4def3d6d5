package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tradepost/tradepost/services/tradepost/internal/demo"
)

// demoTime bounds a demo that does not stay; it takes a few seconds.
const demoTime = 2 * time.Minute

func newDemo(g *global) *cobra.Command {
	o := demo.Options{Seed: 1, Invoices: 40}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Send invoices from a ServiceTrade sandbox into hledger books, and watch",
		Long: "Starts a sandbox that stands in for ServiceTrade and the four stages around a NATS server, sends\n" +
			"40 invoices of which ten must fail, waits until all are settled and shows how each one ended.\n" +
			"Where hledger is installed it checks the journal, and the totals are compared.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd, g, o)
		},
	}
	c.Flags().Int64Var(&o.Seed, "seed", o.Seed, "makes the book; the same seed gives the same invoices")
	c.Flags().IntVar(&o.Invoices, "invoices", o.Invoices, "how many invoices are sent")
	c.Flags().StringVar(&o.Dir, "dir", "", "a new `directory` for the configuration, the books and the log (it is kept)")
	c.Flags().BoolVar(&o.Keep, "keep", false, "keep the directory of the demo")
	c.Flags().BoolVar(&o.Stay, "stay", false, "keep everything running after the report")
	return c
}

func runDemo(cmd *cobra.Command, g *global, o demo.Options) error {
	if o.Invoices < 10 {
		return &usageError{fmt.Errorf("--invoices is %d; ten of them must fail, so it has to be 10 or more", o.Invoices)}
	}
	o.Out = cmd.ErrOrStderr()
	if f, ok := o.Out.(*os.File); ok {
		o.Live = term.IsTerminal(int(f.Fd()))
	}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "tradepost-demo-")
		if err != nil {
			return fmt.Errorf("make a directory for the demo: %w", err)
		}
		o.Dir = dir
		if !o.Keep {
			defer func() { _ = os.RemoveAll(dir) }()
			defer removeAtSecondSignal(dir)()
		}
	} else {
		o.Keep = true
	}
	o.Report = func(r *demo.Report) error {
		if g.output == outputJSON {
			return g.write(cmd.OutOrStdout(), demoReport{r})
		}
		return g.showDemo(cmd.OutOrStdout(), r)
	}
	ctx := cmd.Context()
	if !o.Stay {
		limited, cancel := context.WithTimeout(ctx, demoTime)
		defer cancel()
		ctx = limited
	}
	return demo.Run(ctx, o)
}

type demoReport struct{ *demo.Report }

// Table implements printed.
func (r demoReport) Table() ([]any, [][]any) {
	rows := make([][]any, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = []any{row.Number, row.Customer, row.Total, row.Status, row.Document}
	}
	return []any{"invoice", "customer", "total", "status", "document"}, rows
}

func (g *global) showDemo(w io.Writer, r *demo.Report) error {
	if err := g.write(w, demoReport{r}); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\nThe private comments on the failed invoices:\n")
	for _, row := range r.Rows {
		if row.Comment != "" {
			fmt.Fprintf(&b, "\n%s, %s\n%s\n", row.Number, row.Customer, indent(wrapLines(row.Comment, width(w)-len(indentation))))
		}
	}
	fmt.Fprintf(&b, "\n%d processed, %d failed.\n%s\n", r.Processed, r.Failed, r.Tie)
	_, err := io.WriteString(w, b.String())
	return err
}

// wrapLines wraps every line by itself: the comment's own lines stay.
func wrapLines(s string, width int) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		var wrapped []string
		for part := range strings.Lines(text.WrapSoft(line, width)) {
			wrapped = append(wrapped, strings.TrimRight(part, " \n"))
		}
		lines[i] = strings.Join(wrapped, "\n")
	}
	return strings.Join(lines, "\n")
}

const indentation = "    "

func indent(s string) string {
	return indentation + strings.ReplaceAll(s, "\n", "\n"+indentation)
}

// width is the terminal's, or one that reads well where there is none.
func width(w io.Writer) int {
	const usual, most = 100, 120
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 2*len(indentation) {
			return min(columns, most)
		}
	}
	return usual
}
