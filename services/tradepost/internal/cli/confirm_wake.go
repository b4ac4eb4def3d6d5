package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// wake has deliver look at the invoices of a file at once. What was said of the file is
// written down already: where NATS is not reached, deliver finds it by itself.
func (g *global) wake(ctx context.Context, cmd *cobra.Command, id string, files connector.FileLedger, file string) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
		return err
	}
	n, err := askToLook(ctx, config, config.Connections[id], files, file)
	switch {
	case err != nil:
		return say("deliver was not told (%v); it looks by itself every %s", err, files.LookEvery())
	case n == 0:
		return say("no invoice of it waits for that")
	case n == 1:
		return say("1 invoice is looked at now")
	}
	return say("%d invoices are looked at now", n)
}

// askToLook publishes a command for each invoice of the file that is handed over.
func askToLook(ctx context.Context, config *connection.Config, conn *connection.Connection, files connector.FileLedger, file string) (n int, err error) {
	r, err := reach(ctx, config, "confirm")
	if err != nil {
		return 0, err
	}
	defer r.nc.Close()
	all, err := files.HandedFiles(ctx)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(all, func(f connector.HandedFile) bool { return f.Name == file })
	if i < 0 {
		return 0, nil
	}
	for _, d := range all[i].Documents {
		invoice, ok := invoiceOf(conn.AccountID, d.ID)
		if !ok || d.State == connector.FileWaiting {
			continue
		}
		e, err := r.Store.Get(ctx, record.Key{Account: conn.AccountID, InvoiceID: invoice})
		if err != nil {
			return n, err
		}
		if e.State() != record.Handed || e.Record.GetConnection() != conn.ID || e.Record.GetHandedToken() != d.ID {
			continue
		}
		to := bus.Subject{Stage: bus.StageCommand, Connection: conn.ID, InvoiceID: invoice}
		err = r.bus.Send(ctx, to, "", &tradepostv1.InvoiceCommand{
			FollowsSend: e.Record.GetSend(), By: whoAsks("tradepost confirm"), Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}},
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// invoiceOf reads the invoice's id out of the id of a document in a file, which begins
// with the marker: st-<account>-<invoiceId>.
func invoiceOf(account, document string) (int64, bool) {
	rest, ok := strings.CutPrefix(document, "st-"+account+"-")
	if !ok {
		return 0, false
	}
	digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if digits > 0 {
		rest = rest[:digits]
	}
	id, err := strconv.ParseInt(rest, 10, 64)
	return id, err == nil
}
