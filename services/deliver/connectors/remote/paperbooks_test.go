package remote_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
)

const paperbooks = "../../../../examples/paperbooks"

// The reference program of examples/paperbooks, in JavaScript, passes the kit.
func TestPaperbooksConform(t *testing.T) {
	dir := remotetest.Node(t, paperbooks)
	remotetest.Run(t, remotetest.Options{
		Command: []string{"node", filepath.Join(dir, "paperbooks.mjs")}, Program: "paperbooks", Hands: handsInPaper,
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "EUR" },
			"program.refused":       func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
		},
	})
}

func TestTheReferenceProgramStaysShort(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(paperbooks, "paperbooks.mjs"))
	require.NoError(t, err)
	require.Less(t, bytes.Count(raw, []byte("\n")), 200)
}

// paper is a file of the books.
type paper struct {
	Document     json.RawMessage `json:"document"`
	DocumentHash string          `json:"documentHash"`
	Seal         string          `json:"seal"`
}

// handsInPaper are a bookkeeper's, in the folder itself.
func handsInPaper(t *testing.T, books string) remotetest.Hands {
	own := func(marker string) string { return filepath.Join(books, marker+".json") }
	read := func(marker string) string {
		raw, err := os.ReadFile(own(marker))
		require.NoError(t, err)
		return string(raw)
	}
	return remotetest.Hands{
		Count: func(marker string) int { return countPaper(t, books, marker) },
		Copy: func(marker string) {
			require.NoError(t, os.WriteFile(filepath.Join(books, marker+"~2.json"), []byte(read(marker)), 0o600))
		},
		Delete: func(marker string) { require.NoError(t, os.Remove(own(marker))) },
		Tamper: func(marker string) {
			require.NoError(t, os.WriteFile(own(marker), []byte(strings.ReplaceAll(read(marker), `"total": "20.00"`, `"total": "21.00"`)), 0o600))
		},
		ReadBack: func(marker string) connectortest.Kept { return keptOnPaper(t, read(marker)) },
	}
}

func countPaper(t *testing.T, books, marker string) int {
	files, err := os.ReadDir(books)
	require.NoError(t, err)
	n := 0
	for _, f := range files {
		if f.Name() == marker+".json" || strings.HasPrefix(f.Name(), marker+"~") {
			n++
		}
	}
	return n
}

func keptOnPaper(t *testing.T, file string) connectortest.Kept {
	var content paper
	require.NoError(t, json.Unmarshal([]byte(file), &content))
	var d struct {
		Lines  []struct{ Description, Amount string }
		Totals struct{ Tax string }
	}
	require.NoError(t, json.Unmarshal(content.Document, &d))
	kept := connectortest.Kept{Tax: d.Totals.Tax}
	for _, ln := range d.Lines {
		kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: ln.Description, Amount: ln.Amount})
	}
	return kept
}
