package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
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

// A call that the program reads too late makes nothing: another worker may have taken over.
func TestPaperbooksWriteNothingAfterTheDeadline(t *testing.T) {
	dir, broker, books := remotetest.Node(t, paperbooks), bustest.Server(t), t.TempDir()
	remotetest.Start(t, remotetest.Options{Command: []string{"node", filepath.Join(dir, "paperbooks.mjs")}, Program: "paperbooks"}, broker.URL(), books)
	nc, err := nats.Connect(broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	ask := func(deadline time.Time) string {
		body, err := bus.Encode(&tradepostv1.ConnectorCall{
			Connection: "acme-books", Account: "acme", Deadline: timestamppb.New(deadline),
			Operation: &tradepostv1.ConnectorCall_Create{Create: &tradepostv1.AskCreate{Document: remotetest.Sample(1), DocumentHash: "h", Key: "k"}},
		})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		answer, err := (bus.Asker{NC: nc}).Ask(ctx, "connector.call.paperbooks.acme-books", body)
		require.NoError(t, err)
		return string(answer)
	}
	require.Contains(t, ask(time.Now().Add(-time.Second)), `"reason":"fenced"`)
	require.Zero(t, countPaper(t, books, "st-kit-1"))
	require.Contains(t, ask(time.Now().Add(time.Minute)), `"posted"`)
	require.Equal(t, 1, countPaper(t, books, "st-kit-1"))
}
