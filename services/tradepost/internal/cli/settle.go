package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

const settleLong = `Ends a send that is held, or was handed over, with a document that stands in the books already: deliver
looks for it by its id, and believes only a single document with the invoice's total. ServiceTrade is
then told as if Tradepost had posted it. What the books do not bear out becomes a dead letter
(command.not_confirmed) and changes nothing; tradepost trace shows it.`

func newSettle(g *global) *cobra.Command {
	w := which{}
	document, kind, reason := "", "", ""
	c := &cobra.Command{
		Use:   "settle INVOICE --document ID",
		Short: "End a held invoice with a document that is in the books",
		Long:  settleLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := byHand(document, kind)
			if err != nil {
				return &usageError{err}
			}
			return g.settle(cmd, w, args[0], &tradepostv1.InvoiceCommand{
				By: whoAsks("tradepost settle"), Reason: reason, Command: &tradepostv1.InvoiceCommand_SettleByHand{SettleByHand: s},
			})
		},
	}
	f := c.Flags()
	f.StringVar(&document, "document", "", "the `id` of the document in the books")
	f.StringVar(&kind, "kind", "", "invoice or credit-memo; left out, the total's sign tells")
	f.StringVar(&reason, "reason", "", "why, for the record of what was done")
	f.StringVar(&w.account, "account", "", "the invoice's `account`, where it is in several")
	f.StringVar(&w.connection, "connection", "", "the invoice's `connection`, where it could be several")
	f.BoolVar(&w.number, "number", false, "INVOICE is the invoice's number, even where an id reads the same")
	return c
}

func byHand(document, kind string) (*tradepostv1.SettleByHand, error) {
	if document == "" {
		return nil, errors.New("--document is missing: the id of the document in the books")
	}
	kinds := map[string]tradepostv1.DocumentKind{
		"": 0, "invoice": tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, "credit-memo": tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO,
	}
	k, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("--kind is %q, and may be invoice or credit-memo", kind)
	}
	return &tradepostv1.SettleByHand{Kind: k, DocumentId: document}, nil
}

// settle publishes the command that follows the invoice's latest send.
func (g *global) settle(cmd *cobra.Command, w which, invoice string, command *tradepostv1.InvoiceCommand) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	r, err := reach(cmd.Context(), config, "settle")
	if err != nil {
		return err
	}
	defer r.nc.Close()
	e, err := r.Invoice(cmd.Context(), w.asked(invoice))
	if err != nil {
		return refused(err)
	}
	if e.State() != record.Held && e.State() != record.Handed {
		return fmt.Errorf("there is nothing to settle by hand: send %d is %s; only what is held or handed over waits for a person", e.Record.GetSend(), record.StateName(e.State()))
	}
	command.FollowsSend = e.Record.GetSend()
	to := bus.Subject{Stage: bus.StageCommand, Connection: e.Record.GetConnection(), InvoiceID: e.Key.InvoiceID}
	if err := r.bus.Send(cmd.Context(), to, "", command); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "asked to settle invoice %d over connection %s with document %s after send %d\n",
		e.Key.InvoiceID, to.Connection, command.GetSettleByHand().GetDocumentId(), command.GetFollowsSend())
	return err
}
