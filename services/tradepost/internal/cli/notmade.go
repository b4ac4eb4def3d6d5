package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os/user"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
)

const notMadeLong = `Starts a send over whose document was handed over (or tried, with the end unknown), when you have made sure
that it never became a document and never will: the import file was thrown away, the queue was emptied.
Tradepost never does this by itself. The books are searched all the same before anything is made. What lies
in an import file stays given away: tell of the file with tradepost confirm --rejected instead.`

func newNotMade(g *global) *cobra.Command {
	reason := ""
	c := &cobra.Command{
		Use: "not-made CONNECTION INVOICE-ID", Short: "Say that what was handed over never became a document", Long: notMadeLong, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || id <= 0 {
				return &usageError{fmt.Errorf("invoice id %q is no number; it is in the address of the invoice's page", args[1])}
			}
			return g.onConnection(cmd, args[0], func(ctx context.Context, js jetstream.JetStream, c *connection.Connection) (string, error) {
				return notMade(ctx, js, c, id, reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record of what was done")
	return c
}

// notMade publishes the command that follows the invoice's latest send.
func notMade(ctx context.Context, js jetstream.JetStream, c *connection.Connection, id int64, reason string) (string, error) {
	store, err := record.Open(ctx, js)
	if err != nil {
		return "", err
	}
	e, err := store.Get(ctx, record.Key{Account: c.AccountID, InvoiceID: id})
	switch {
	case err != nil:
		return "", err
	case e.Record == nil:
		return "", fmt.Errorf("invoice %d of account %s has no record", id, c.AccountID)
	case e.State() != record.Handed && e.State() != record.Held:
		return "", fmt.Errorf("invoice %d is %s: only what was handed over or is held can be started over", id, record.StateName(e.State()))
	}
	by := "tradepost not-made"
	if u, err := user.Current(); err == nil {
		by += ", " + u.Username
	}
	to := bus.Subject{Stage: bus.StageCommand, Connection: c.ID, InvoiceID: id}
	err = bus.NewPublisher(js, slog.New(slog.DiscardHandler)).Send(ctx, to, "", &tradepostv1.InvoiceCommand{
		FollowsSend: e.Record.GetSend(), By: by, Reason: reason, Command: &tradepostv1.InvoiceCommand_NotMade{NotMade: &tradepostv1.NotMade{}},
	})
	if err != nil {
		return "", err
	}
	told := fmt.Sprintf("invoice %d starts over (it was %s)", id, record.StateName(e.State()))
	if e.State() == record.Handed {
		told += fmt.Sprintf("; what an import file still holds stays in it, and is handed over as before: tradepost confirm %s lists such files, and takes a document out with --rejected", c.ID)
	}
	return told, nil
}
