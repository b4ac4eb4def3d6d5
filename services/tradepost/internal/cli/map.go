package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/mapmaker"
	"github.com/tradepost/tradepost/services/tradepost/internal/match"
	"github.com/tradepost/tradepost/services/tradepost/internal/metered"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

const mapLong = `Begins a table of the mapping: reads what ServiceTrade has and what the books have, leaves out what the
mapping knows already, and writes a CSV file for a person to look over. Only what has exactly the same
code or name, and is there once on both sides, becomes a row. Everything else is a proposal with a score
and a reason, in a comment: take the # away from the row that is right. Nothing is changed in
ServiceTrade or in the books.

  tradepost map customers acme-books --file mappings/customers.csv

and in the mapping:

  customers: {table_file: customers.csv}`

type mapFlags struct {
	file     string
	invoices int
}

func newMap(g *global) *cobra.Command {
	c := &cobra.Command{Use: "map", Short: "Begin a table of the mapping", Long: mapLong}
	for kind, short := range map[mapmaker.Kind]string{
		mapmaker.Customers: "Begin the table of customers", mapmaker.Items: "Begin the table of items",
		mapmaker.Terms: "Begin the table of payment terms", mapmaker.Taxes: "Begin the table of tax codes by tax group",
	} {
		var o mapFlags
		sub := &cobra.Command{
			Use: string(kind) + " CONNECTION", Short: short, Long: mapLong, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return g.makeMap(cmd, kind, args[0], o) },
		}
		sub.Flags().StringVar(&o.file, "file", "", "write to this new `file`; else to standard output")
		if kind == mapmaker.Terms || kind == mapmaker.Taxes {
			sub.Flags().IntVar(&o.invoices, "invoices", 200, "how many of the latest invoices are read, since ServiceTrade has no list of them")
		}
		c.AddCommand(sub)
	}
	return c
}

func (g *global) makeMap(cmd *cobra.Command, kind mapmaker.Kind, id string, o mapFlags) error {
	if err := notThere(o.file); err != nil {
		return err
	}
	config, conn, err := g.mapped(id)
	if err != nil {
		return err
	}
	result, err := g.propose(cmd, config, conn, mapmaker.Options{Kind: kind, Invoices: o.invoices})
	if err != nil {
		return err
	}
	if err := g.writeMap(cmd.OutOrStdout(), o.file, result); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d are mapped already, %d are exact matches, %d are left to you\n",
		kind, result.Settled, result.Exact(), len(result.Matches)-result.Exact())
	for _, line := range []string{result.Note, result.MeteredReads} {
		if err == nil && line != "" {
			_, err = fmt.Fprintln(cmd.ErrOrStderr(), line)
		}
	}
	return err
}

// mapped is the connection, also while its mapping or a table of it is still missing:
// that is when its tables are begun.
func (g *global) mapped(id string) (*connection.Config, *connection.Connection, error) {
	config, problems := connection.Inspect(g.config, os.Environ())
	var left []connection.Problem
	for _, p := range problems {
		if p.File == config.Path && p.Key != "connections."+id+".mapping_file" {
			left = append(left, p)
		}
	}
	if len(left) > 0 {
		return nil, nil, &connection.Error{Problems: left}
	}
	conn, ok := config.Connections[id]
	if !ok {
		return nil, nil, &usageError{fmt.Errorf("the configuration has no connection %q", id)}
	}
	return config, conn, nil
}

func (g *global) propose(cmd *cobra.Command, config *connection.Config, conn *connection.Connection, o mapmaker.Options) (mapmaker.Result, error) {
	ctx := cmd.Context()
	connectors, err := deliver.Connectors()
	if err != nil {
		return mapmaker.Result{}, err
	}
	reg, err := connectors.Lookup(conn.Connector)
	if err != nil {
		return mapmaker.Result{}, &usageError{err}
	}
	settings := stage.Settings(config, conn, slog.New(slog.DiscardHandler))
	meter := metered.New(nil, "")
	if reg.SignIn != nil {
		nc, js, why := reachNATS(ctx, config)
		if nc != nil {
			defer nc.Close()
		}
		meter = metered.New(js, why)
		signins.Give(ctx, &settings, config, conn, connectors, js)
	}
	meter.Give(&settings)
	programs := &programsOnDemand{config: config}
	defer programs.close()
	settings.Programs = programs
	books, err := reg.New(ctx, settings)
	if err != nil {
		return mapmaker.Result{}, &usageError{err}
	}
	client := stage.Alone(config, runtime.Logger(config.Log, cmd.ErrOrStderr()))[conn.AccountID]
	defer func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		_ = client.Logout(bye)
	}()
	o.Connection, o.ExternalSystem = conn, conn.Account.ServiceTrade.ExternalSystem
	o.API, o.Books = client, books
	result, err := mapmaker.Make(ctx, o)
	_ = books.Close()
	meter.Close()
	result.MeteredReads = meter.Words()
	return result, err
}

// notThere refuses a file that exists: it is somebody's work, and never written over.
func notThere(file string) error {
	if _, err := os.Lstat(file); file == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &usageError{fmt.Errorf("%s exists, and may hold somebody's work: write to another file, and take over what is new", file)}
}

// writeMap writes the table, or all that is known of it as JSON.
func (g *global) writeMap(stdout io.Writer, file string, r mapmaker.Result) error {
	if g.output == outputJSON {
		return writeJSON(stdout, r)
	}
	if file == "" {
		_, err := io.WriteString(stdout, match.Table(r.Matches))
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, match.Table(r.Matches))
	return errors.Join(err, f.Close())
}
