package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// keyRow is one key, as JSON shows it.
type keyRow struct {
	Key string `json:"key"`
	// Use is "encrypts", "decrypts" or "missing".
	Use string `json:"use"`
	// SignIns are the connections whose sign-in it encrypts.
	SignIns []string `json:"sign_ins"`
}

type keyRows []keyRow

func (g *global) showKeys(cmd *cobra.Command) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	ring, err := signins.Ring(config)
	if err != nil {
		return &usageError{err}
	}
	return g.withGrants(cmd.Context(), config, func(d *signInDesk) error {
		states, err := grant.States(cmd.Context(), d.js)
		if err != nil {
			return err
		}
		return g.write(cmd.OutOrStdout(), rowsOfKeys(ring, states))
	})
}

func rowsOfKeys(ring *keyring.Ring, states map[string]grant.State) keyRows {
	of := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(states)) {
		of[states[id].Key] = append(of[states[id].Key], id)
	}
	rows := keyRows{}
	for i, id := range ring.IDs() {
		use := "decrypts"
		if i == 0 {
			use = "encrypts"
		}
		rows = append(rows, keyRow{Key: id.String(), Use: use, SignIns: of[id.String()]})
		delete(of, id.String())
	}
	for _, lost := range slices.Sorted(maps.Keys(of)) {
		rows = append(rows, keyRow{Key: lost, Use: "missing", SignIns: of[lost]})
	}
	return rows
}

// Table implements printed.
func (r keyRows) Table() ([]any, [][]any) {
	rows := make([][]any, len(r))
	for i, one := range r {
		rows[i] = []any{one.Key, one.Use, strings.Join(one.SignIns, " ")}
	}
	return []any{"key", "use", "sign-ins"}, rows
}
