package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/tradepost/internal/life"
)

const traceLong = `Tells the life of one invoice: where it is, what it waits for and who has to do what, its documents,
and every message about it in all streams, with stream and sequence for the nats program. INVOICE is
ServiceTrade's id, which is in the address of the invoice's page, or the invoice's number. It changes
nothing and asks neither ServiceTrade nor the books. The NATS server is nats.url; unset, the one of
` + "`tradepost up`" + ` on 127.0.0.1:4222. Times are in the account's time zone.`

func newTrace(g *global) *cobra.Command {
	w := which{}
	asJSON := false
	c := &cobra.Command{
		Use:   "trace INVOICE",
		Short: "Tell the life of one invoice",
		Long:  traceLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				g.output = outputJSON
			}
			return g.trace(cmd, w, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&w.account, "account", "", "the invoice's `account`, where it is in several")
	f.StringVar(&w.connection, "connection", "", "the invoice's `connection`, where it could be several")
	f.BoolVar(&w.number, "number", false, "INVOICE is the invoice's number, even where an id reads the same")
	f.BoolVar(&asJSON, "json", false, "the same as --output json")
	return c
}

func (g *global) trace(cmd *cobra.Command, w which, invoice string) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	r, err := reach(cmd.Context(), config, "trace")
	if err != nil {
		return err
	}
	defer r.nc.Close()
	e, err := r.Invoice(cmd.Context(), w.asked(invoice))
	if err != nil {
		return refused(err)
	}
	zone := config.Accounts[e.Key.Account].Location()
	l, err := life.Of(cmd.Context(), r.JS, e, zone)
	if err != nil {
		return err
	}
	if g.output == outputJSON {
		return writeJSON(cmd.OutOrStdout(), l)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), l.Text(zone))
	return err
}
