package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
)

func newConfig(g *global) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	c.AddCommand(&cobra.Command{
		Use:   "validate",
		Short: "Check the configuration and its mappings, without calling anybody",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			connectors, err := deliver.Connectors()
			if err != nil {
				return err
			}
			// Every mistake at once: the settings are looked at in spite of the others.
			config, problems := connection.Inspect(g.config, os.Environ())
			err = deliver.CheckConfig(cmd.Context(), config, connectors)
			if more, are := errors.AsType[*connection.Error](err); are {
				problems = append(problems, more.Problems...)
			} else if err != nil {
				return err
			}
			return g.validated(cmd.OutOrStdout(), config, strictyaml.Sorted(problems))
		},
	}, newSchema())
	return c
}

// validated is what config validate found.
type validated struct {
	Config      string            `json:"config"`
	Valid       bool              `json:"valid"`
	Accounts    int               `json:"accounts"`
	Connections int               `json:"connections"`
	Problems    []validateProblem `json:"problems"`
}

// validateProblem is one mistake. Line and column are 0 where it has no place in a file.
type validateProblem struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Key    string `json:"key,omitempty"`
	What   string `json:"what"`
	Fix    string `json:"fix,omitempty"`
}

// validated shows the verdict; mistakes are an error of the configuration either way.
func (g *global) validated(w io.Writer, config *connection.Config, problems []connection.Problem) error {
	if g.output != outputJSON {
		if len(problems) > 0 {
			return &connection.Error{Problems: problems}
		}
		_, err := fmt.Fprintf(w, "%s is valid: accounts: %d, connections: %d\n", config.Path, len(config.Accounts), len(config.Connections))
		return err
	}
	v := validated{
		Config: config.Path, Valid: len(problems) == 0, Accounts: len(config.Accounts), Connections: len(config.Connections),
		Problems: make([]validateProblem, len(problems)),
	}
	for i, p := range problems {
		v.Problems[i] = validateProblem{File: p.File, Line: p.Line, Column: p.Column, Key: p.Key, What: p.What, Fix: p.Fix}
	}
	if err := writeJSON(w, v); err != nil || v.Valid {
		return err
	}
	return &exitError{code: runtime.ExitConfig}
}

const schemaLong = `Writes the JSON Schema of a mapping file to standard output, for editors that check while you type:

  tradepost config schema mapping > mapping.schema.json

and, as the first line of the mapping file:

  # yaml-language-server: $schema=mapping.schema.json

It knows the keys and words. Conditions, tables and what does not go together are checked by
"tradepost config validate" alone.`

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema mapping",
		Short:     "Write the JSON Schema of a mapping file",
		Long:      schemaLong,
		ValidArgs: []string{"mapping"},
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)(cmd, args); err != nil {
				return &usageError{fmt.Errorf("%w: there is a schema of mapping", err)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(mapping.Schema())
			return err
		},
	}
}
