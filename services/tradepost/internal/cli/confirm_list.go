package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connector"
)

func (g *global) listFiles(ctx context.Context, cmd *cobra.Command, files connector.FileLedger, all bool) error {
	ask := files.WaitingFiles
	if all {
		ask = files.HandedFiles
	}
	list, err := ask(ctx)
	if err != nil {
		return err
	}
	rows := append(fileRows{}, list...)
	if len(rows) == 0 && g.output != outputJSON {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no file waits to be confirmed")
		return err
	}
	return g.write(cmd.OutOrStdout(), rows)
}

type fileRows []connector.HandedFile

// Table implements printed.
func (r fileRows) Table() ([]any, [][]any) {
	var rows [][]any
	for _, f := range r {
		for _, d := range f.Documents {
			rows = append(rows, []any{f.Name, f.Made.Local().Format(time.DateTime), d.Number, d.Customer, d.Total, string(d.State), placed(f, remark(f, d))})
		}
	}
	return []any{"file", "made", "number", "customer", "total", "state", "remark"}, rows
}

// placed is a remark, with that of a file which lies where it would be imported again.
func placed(f connector.HandedFile, remark string) string {
	if !f.Misplaced {
		return remark
	}
	return strings.TrimPrefix(remark+"; its file still lies among those to import", "; ")
}

// evidence is how the end of a document is known, in words.
var evidence = map[string]string{"moved": "its file was moved to imported", "export": "an export shows it", "operator": "an operator said so"}

// remark is how the end of a document is known, or what is wrong with its waiting.
func remark(f connector.HandedFile, d connector.HandedDocument) string {
	switch {
	case d.State == connector.FileImported:
		return cmp.Or(evidence[d.Why], d.Why)
	case d.State != connector.FileWaiting:
		return d.Why
	case d.Why != "":
		return d.Why
	case f.Missing:
		return "its file is not in the folder any more"
	case f.Overdue:
		return "overdue"
	}
	return ""
}
