package cli

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

const doctorLong = `Looks at the configuration, at ServiceTrade, NATS and the accounting systems, and tells what is
wrong, who fixes it and how. It never changes anything. Exit code 0: no check failed; 1: one did.

Without nats.url doctor looks for the NATS server of ` + "`tradepost up`" + ` at nats://127.0.0.1:4222. Where
` + "`tradepost up --nats-listen`" + ` names another address, give it to doctor in the environment:

  TRADEPOST_NATS_URL=nats://127.0.0.1:5222 tradepost doctor

Only with NATS can doctor tell which invoices are held, which dead letters there are, and whether
the books are those that the connection was first used with.

ServiceTrade does not publish the number by which its comments call an invoice. To find it, write
a comment on an invoice in ServiceTrade, and look for its words:

  tradepost doctor --find-entity-type --account acme --invoice 1234 --text "purple elephants"`

func newDoctor(g *global) *cobra.Command {
	o := doctor.Options{OwnNATS: "nats://127.0.0.1:4222"}
	find := false
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that Tradepost needs, and say what to fix",
		Long:  doctorLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return g.doctor(cmd, o, find) },
	}
	f := c.Flags()
	f.StringVar(&o.Account, "account", "", "look at this `account` only")
	f.StringVar(&o.Connection, "connection", "", "look at this `connection` and its account only")
	f.BoolVar(&o.Setup, "setup", false, "tell the clicks of ServiceTrade's set-up")
	f.BoolVar(&find, "find-entity-type", false, "look for invoice_entity_type (with --account, --invoice and --text)")
	f.Int64Var(&o.InvoiceID, "invoice", 0, "the `id` of an invoice with a comment, from its page's address")
	f.StringVar(&o.Text, "text", "", "`words` of the comment")
	return c
}

func (g *global) doctor(cmd *cobra.Command, o doctor.Options, find bool) error {
	if o.Text != "" && !find {
		return &usageError{errors.New("--text belongs to --find-entity-type")}
	}
	if o.InvoiceID < 0 {
		return &usageError{errors.New("--invoice is the number at the end of the invoice page's address")}
	}
	connectors, err := deliver.Connectors()
	if err != nil {
		return err
	}
	o.Path, o.Environ, o.Connectors = g.config, os.Environ(), connectors
	look := doctor.Run
	if find {
		look = doctor.Find
	}
	report := look(cmd.Context(), o)
	if err := g.showReport(cmd.OutOrStdout(), report); err != nil {
		return err
	}
	if !report.OK {
		return &silentError{}
	}
	return nil
}

func (g *global) showReport(w io.Writer, r *doctor.Report) error {
	if g.output == outputJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false) // people read it, and fixes have -> and quotes
		return e.Encode(r)
	}
	width := doctor.MaxWidth
	var paint func(doctor.Status, string) string
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = columns
		}
		if os.Getenv("NO_COLOR") == "" {
			paint = statusColor
		}
	}
	_, err := io.WriteString(w, r.Text(width, paint))
	return err
}

func statusColor(s doctor.Status, word string) string {
	colors := map[doctor.Status]text.Color{
		doctor.OK: text.FgGreen, doctor.Warn: text.FgYellow, doctor.Fail: text.FgRed, doctor.Skip: text.Faint,
	}
	return colors[s].Sprint(word)
}
