package cli

import (
	"encoding/json"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	outputTable = "table"
	outputJSON  = "json"
)

// printed is a result that can be shown as a table, and as JSON as it is.
type printed interface {
	// Table returns the headings and the rows.
	Table() (headings []any, rows [][]any)
}

// write shows a result in the form that --output asks for.
func (g *global) write(w io.Writer, p printed) error {
	if g.output == outputJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(p)
	}
	headings, rows := p.Table()
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(headings)
	for _, r := range rows {
		t.AppendRow(r)
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}
