package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/tradepost/internal/redo"
)

const retryLong = `Asks for a new send of invoices that failed, and releases those that are held. It publishes the
commands that ` + "`nats pub`" + ` would publish too; ingest carries each out when ServiceTrade still shows
the same content. A command names the send that it follows: where another one was opened since, it
changes nothing. The NATS server is nats.url; unset, the one of ` + "`tradepost up`" + ` on 127.0.0.1:4222.

One invoice, by ServiceTrade's id or by its number:

  tradepost retry 2687264638046863
  tradepost retry acme-books 2687264638046863

Many, by what made them fail, by connection, by when. It shows how many there are, and asks:

  tradepost retry --cause customer.not_mapped --connection acme-books
  tradepost retry --since 2026-11-20 --until 2026-11-22 --dry-run
  tradepost retry --all --yes`

type retryOptions struct {
	which
	reason, cause, since, until string
	all, yes, dryRun            bool
}

func newRetry(g *global) *cobra.Command {
	o := retryOptions{}
	c := &cobra.Command{
		Use:   "retry [[CONNECTION] INVOICE]",
		Short: "Have failed or held invoices tried again",
		Long:  retryLong,
		Args:  cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				o.connection, args = args[0], args[1:]
			}
			if len(args) == 0 {
				return g.retryMany(cmd, o)
			}
			if o.many() {
				return &usageError{errors.New("--cause, --since, --until and --all are for many invoices; name none then")}
			}
			return g.retryOne(cmd, o, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.reason, "reason", "", "why, for the record of what was done")
	f.StringVar(&o.account, "account", "", "only of this `account`")
	f.StringVar(&o.connection, "connection", "", "only of this `connection`")
	f.BoolVar(&o.number, "number", false, "INVOICE is the invoice's number, even where an id reads the same")
	f.StringVar(&o.cause, "cause", "", "only those that failed with this `code`, or are held for it")
	f.StringVar(&o.since, "since", "", "only those that failed at or after this `time`: a date, RFC 3339, or 36h for that long ago")
	f.StringVar(&o.until, "until", "", "only those that failed before this `time`; a date counts whole")
	f.BoolVar(&o.all, "all", false, "all that failed or are held")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would be tried again, and change nothing")
	return c
}

func (o retryOptions) many() bool { return o.cause != "" || o.since != "" || o.until != "" || o.all }

// retryOne publishes the command that follows the invoice's latest send.
func (g *global) retryOne(cmd *cobra.Command, o retryOptions, invoice string) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	r, err := reach(cmd.Context(), config, "retry")
	if err != nil {
		return err
	}
	defer r.nc.Close()
	e, err := r.Invoice(cmd.Context(), o.asked(invoice))
	if err != nil {
		return refused(err)
	}
	over := redo.Over(e, func(id string) bool { return config.Connections[id] != nil })
	text, err := r.retry(cmd.Context(), e, over, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}

func (r *reached) retry(ctx context.Context, e record.Entry, over string, o retryOptions) (string, error) {
	if e.State() == record.Closed && e.Record.GetSettlement() != tradepostv1.Settlement_SETTLEMENT_FAILED && !record.VoidFailed(e.Record) {
		return "", errors.New("there is nothing to try again: the last send of this invoice did not fail. A user can send it again in ServiceTrade")
	}
	if over == "" {
		return "", fmt.Errorf("nobody would carry it out: the last send of this invoice is one of connection %s, which the configuration does not have. Put that connection back first",
			e.Record.GetConnection())
	}
	about := fmt.Sprintf("a retry of invoice %d over connection %s after send %d (it was %s)%s",
		e.Key.InvoiceID, over, e.Record.GetSend(), record.StateName(e.State()), heldElsewhere(e))
	if o.dryRun {
		return "would ask for " + about, nil
	}
	if err := redo.One(ctx, r.bus, e, over, redo.Order{By: whoAsks("tradepost retry"), Reason: o.reason}); err != nil {
		return "", err
	}
	return "asked for " + about, nil
}

// heldElsewhere says what a retry can do for a send that is held for a document in
// other books; "" for any other.
func heldElsewhere(e record.Entry) string {
	docs := record.Elsewhere(e.Record)
	if len(docs) == 0 {
		return ""
	}
	has := docs[0].GetConnection()
	return fmt.Sprintf(": the invoice has a document in the books of connection %s, and belonged to connection %s. "+
		"It goes on over %s if the filters name that one now, and stays held otherwise, until the document is deleted or void there",
		has, e.Record.GetConnection(), has)
}
