package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/fault"
)

const faultLong = `Explains the codes of faults, as logs, records and the JSON of other commands have them: what it means, who
mends it and how. Without a code it lists all; the beginning of a code lists those. The same is in
docs/faults.md.`

func newFault(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "fault [CODE]",
		Short: "Explain the code of a fault",
		Long:  faultLong,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted := strings.Join(args, "")
			if e, ok := fault.Lookup(wanted); ok {
				return g.showFault(cmd.OutOrStdout(), e)
			}
			var list faultRows
			for _, e := range fault.All() {
				if strings.HasPrefix(e.Code, wanted) {
					list = append(list, faultRow(e))
				}
			}
			if len(list) == 0 {
				return &usageError{fmt.Errorf("there is no fault %q, and none begins like that; `tradepost fault` lists all", wanted)}
			}
			return g.write(cmd.OutOrStdout(), list)
		},
	}
}

// faultEntry is an entry of the catalogue as JSON; the texts have {placeholders}.
type faultEntry struct {
	Code    string   `json:"code"`
	Title   string   `json:"title"`
	Thing   string   `json:"thing"`
	Message string   `json:"message"`
	Owner   string   `json:"owner"`
	Fix     string   `json:"fix"`
	Params  []string `json:"params,omitempty"`
	Raised  string   `json:"raised_by"`
	// Reserved is set where nothing raises it yet.
	Reserved bool `json:"reserved,omitempty"`
}

func faultRow(e fault.Entry) faultEntry {
	return faultEntry{
		Code: e.Code, Title: e.Title, Thing: e.Thing, Message: e.Message, Owner: fault.OwnerWord(e.Owner),
		Fix: e.Fix, Params: e.Params, Raised: e.Raised, Reserved: e.Reserved,
	}
}

type faultRows []faultEntry

func (r faultRows) Table() ([]any, [][]any) {
	rows := make([][]any, len(r))
	for i, e := range r {
		rows[i] = []any{e.Code, e.Title, e.Owner, e.Raised}
	}
	return []any{"code", "what", "who mends it", "told by"}, rows
}

func (g *global) showFault(w io.Writer, e fault.Entry) error {
	if g.output == outputJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(faultRow(e))
	}
	reserved := ""
	if e.Reserved {
		reserved = " (nothing tells it yet)"
	}
	_, err := fmt.Fprintf(w, "%s: %s\n\n%s: %s\nWhat to do (%s): %s\n\nTold by: %s%s\n",
		e.Code, e.Title, e.Thing, e.Message, fault.OwnerWord(e.Owner), e.Fix, e.Raised, reserved)
	return err
}
