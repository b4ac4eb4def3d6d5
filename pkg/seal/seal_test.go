package seal_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/seal"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// However a copy is formatted, it is a copy; whatever is changed, it is none.
func TestACopyKeepsItsSealAndAMendBreaksIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &tradepostv1.Snapshot{
			Invoice:  &tradepostv1.ServiceTradeInvoice{Id: rapid.Int64Min(1).Draw(t, "id"), Notes: rapid.String().Draw(t, "notes")},
			Customer: &tradepostv1.ServiceTradeCompany{Name: "Acme", ExternalIds: map[string]string{"a": "1", "b": "2"}},
		}
		sealed, err := seal.Snapshot(s)
		require.NoError(t, err)
		raw, err := protojson.MarshalOptions{Multiline: true, EmitUnpopulated: rapid.Bool().Draw(t, "full")}.Marshal(s)
		require.NoError(t, err)
		copied := &tradepostv1.Snapshot{}
		require.NoError(t, protojson.Unmarshal(raw, copied))
		again, err := seal.Snapshot(copied)
		require.NoError(t, err)
		require.False(t, seal.Broken(sealed, again))
		copied.Customer.ExternalIds["b"] = "3"
		mended, err := seal.Snapshot(copied)
		require.NoError(t, err)
		require.True(t, seal.Broken(sealed, mended))
		require.False(t, seal.Broken("", mended), "without a seal nobody can tell")
	})
}

func TestDocumentsAreSealedWithoutTheirMapping(t *testing.T) {
	doc := &tradepostv1.Document{Marker: "st-acme-1", Number: "7", MappingHash: "a"}
	sealed, err := seal.Documents([]*tradepostv1.Document{doc})
	require.NoError(t, err)
	other := proto.CloneOf(doc)
	other.MappingHash = "b"
	same, err := seal.Documents([]*tradepostv1.Document{other})
	require.NoError(t, err)
	require.False(t, seal.Broken(sealed, same))
	other.Number = "8"
	mended, err := seal.Documents([]*tradepostv1.Document{other})
	require.NoError(t, err)
	require.True(t, seal.Broken(sealed, mended))
}
