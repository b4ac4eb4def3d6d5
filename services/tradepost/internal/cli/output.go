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
		return writeJSON(w, p)
	}
	headings, rows := p.Table()
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.SetColumnConfigs(amounts(headings))
	t.AppendHeader(headings)
	for _, r := range rows {
		t.AppendRow(r)
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

// amounts aligns columns of numbers to the right.
func amounts(headings []any) []table.ColumnConfig {
	var right []table.ColumnConfig
	for i, h := range headings {
		if h == "total" {
			right = append(right, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	return right
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
