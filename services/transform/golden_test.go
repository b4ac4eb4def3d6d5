package transform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

var update = flag.Bool("update", false, "write the golden files anew")

func mappingOf(t testing.TB, name string) *mapping.Mapping {
	if name == "" {
		name = "standard"
	}
	file := filepath.Join("testdata", "mapping", name+".yaml")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	m, err := mapping.Parse(data, file)
	require.NoError(t, err)
	return m
}

func (c goldenCase) input(t testing.TB, s *snapshot) transform.Input {
	zone := c.zone
	if zone == "" {
		zone = "America/New_York"
	}
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	return transform.Input{
		Snapshot: s, Account: "acme", TimeZone: loc, Connection: "acme-hledger", Mapping: mappingOf(t, c.mapping),
		ExternalSystem: "accounting", Limits: c.limits, AppURL: "https://app.servicetrade.com/",
	}
}

// stable is protobuf JSON without its changing white space.
func stable(t testing.TB, m proto.Message) []byte {
	raw, err := protojson.Marshal(m)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, raw, "", "  "))
	b.WriteByte('\n')
	return b.Bytes()
}

// golden compares got with a file; nil means that the file must not exist.
func golden(t *testing.T, file string, got []byte) {
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if got == nil {
			require.NoError(t, os.RemoveAll(file))
		} else {
			require.NoError(t, os.WriteFile(file, got, 0o644))
		}
	}
	want, err := os.ReadFile(file)
	if got == nil {
		require.ErrorIs(t, err, os.ErrNotExist)
		return
	}
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), file)
}

func faultsJSON(t testing.TB, faults []*tradepostv1.Fault) []byte {
	return stable(t, &tradepostv1.Rejected{Faults: faults})
}

// Snapshot in; document and explanation, or faults and the comment, out.
func TestMakeGolden(t *testing.T) {
	for _, c := range slices.Concat(goldenCases, richCases, taxCases) {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join("testdata", "make", c.name)
			built := base()
			c.edit(built)
			golden(t, filepath.Join(dir, "snapshot.json"), stable(t, built))

			raw, err := os.ReadFile(filepath.Join(dir, "snapshot.json"))
			require.NoError(t, err)
			read := &snapshot{}
			require.NoError(t, protojson.Unmarshal(raw, read))
			result := transform.Make(c.input(t, read))

			var document, explanation, second, faults, comment []byte
			if len(result.Faults) > 0 {
				require.Empty(t, result.Documents)
				faults = faultsJSON(t, result.Faults)
				comment = []byte(fault.Comment(fault.CommentInput{
					Faults: result.Faults, InvoiceNumber: read.GetInvoice().GetInvoiceNumber(), SystemTitle: "hledger",
					Reference: "acme/2687264638045999/5f3a9c0b", Link: "https://app.servicetrade.com/invoice/2687264638045999",
				}) + "\n")
			} else {
				require.Len(t, result.Explanations, len(result.Documents))
				if len(result.Documents) > 1 {
					require.Len(t, result.Documents, 2)
					second = stable(t, result.Documents[1])
				}
				document, explanation = stable(t, result.Documents[0]), stable(t, result.Explanations[0])
			}
			golden(t, filepath.Join(dir, "document.json"), document)
			golden(t, filepath.Join(dir, "document-2.json"), second)
			golden(t, filepath.Join(dir, "explanation.json"), explanation)
			golden(t, filepath.Join(dir, "faults.json"), faults)
			golden(t, filepath.Join(dir, "comment.txt"), comment)
		})
	}
}
