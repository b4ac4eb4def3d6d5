// Package cli is the command line: serve runs a sandbox, the others talk to a
// running one over its control API.
package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
)

// settings are the flags that all commands share.
type settings struct {
	url    string
	output *string
	// root is where the control API begins, command the words before serve.
	root, command string
	// orders tells which faults can be ordered, scenarios which scenarios come along,
	// and scenario reads one.
	orders    *faults.Surface
	scenarios []string
	scenario  func(pathOrName string) (file string, data []byte, err error)
}

// New makes the command tree.
func New() *cobra.Command {
	s := &settings{
		output: new(string), root: "/_sandbox", orders: faults.ServiceTrade(),
		scenarios: sandbox.Scenarios(), scenario: sandbox.ReadScenario,
	}
	root := &cobra.Command{
		Use: "sandbox", Short: "A ServiceTrade stand-in, and one for QuickBooks Online", SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if *s.output != "table" && *s.output != "json" {
				return fmt.Errorf("--output %q must be table or json", *s.output)
			}
			return nil
		},
	}
	root.PersistentFlags().StringVar(&s.url, "url", "http://localhost:8380", "address of a running sandbox")
	root.PersistentFlags().StringVarP(s.output, "output", "o", "table", "table or json")
	root.AddCommand(serve(), s.invoices(), s.show(), s.setup(), s.send(), s.comments(), s.requests(), s.faults(), quickBooks(s))
	return root
}

// print writes JSON, or the table that the function fills.
func (s *settings) print(out io.Writer, data any, table func(io.Writer)) error {
	if *s.output == "json" {
		text, err := json.MarshalIndent(data, "", "  ")
		if err != nil {
			return fmt.Errorf("encode the output: %w", err)
		}
		_, err = fmt.Fprintln(out, string(text))
		return err
	}
	w := tabwriter.NewWriter(out, 2, 4, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// row writes one line of a table; tabs and line breaks in a cell would break it.
func row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = strings.Join(strings.Fields(fmt.Sprint(c)), " ")
	}
	_, _ = fmt.Fprintln(w, strings.Join(texts, "\t")) // shows at Flush
}
