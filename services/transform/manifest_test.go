package transform_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// corpusCase says under which mapping, in which time zone and with which limits a
// case of testdata/make was made, for tests of other modules that read it.
type corpusCase struct {
	Name    string            `json:"name"`
	Mapping string            `json:"mapping"`
	Zone    string            `json:"zone"`
	Limits  *connector.Limits `json:"limits,omitempty"`
}

// The list of the cases is one of the golden files.
func TestCorpusIsListed(t *testing.T) {
	var list []corpusCase
	for _, c := range slices.Concat(goldenCases, richCases, taxCases) {
		one := corpusCase{Name: c.name, Mapping: "standard", Zone: "America/New_York"}
		if c.mapping != "" {
			one.Mapping = c.mapping
		}
		if c.zone != "" {
			one.Zone = c.zone
		}
		if c.limits != (connector.Limits{}) {
			one.Limits = &c.limits
		}
		list = append(list, one)
	}
	raw, err := json.MarshalIndent(list, "", "  ")
	require.NoError(t, err)
	golden(t, filepath.Join("testdata", "make-cases.json"), append(raw, '\n'))
}
