package servicetrade

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	job := func(body []byte, id int64) (proto.Message, error) {
		d, err := decodeJob(body, id)
		return d.Job, err
	}
	for name, tc := range map[string]struct {
		id     int64
		decode func([]byte, int64) (proto.Message, error)
	}{
		"invoice_flat":     {bigID, as(decodeInvoice)},
		"invoice_compound": {41, as(decodeInvoice)},
		"job_flat":         {34872, job},
		"job_compound":     {34872, job},
		"company":          {9001, as(decodeCompany)},
		"location":         {820, as(decodeLocation)},
		"libitem":          {123, as(decodeLibItem)},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			require.NoError(t, err)
			got, err := tc.decode(body, tc.id)
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".golden.json")
			if *update {
				text := protojson.MarshalOptions{Multiline: true}.Format(got)
				require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, ":  ", ": ")+"\n"), 0o644))
			}
			golden, err := os.ReadFile(file)
			require.NoError(t, err)
			want := got.ProtoReflect().New().Interface()
			require.NoError(t, protojson.Unmarshal(golden, want))
			require.True(t, proto.Equal(want, got), "got %s", protojson.Format(got))
		})
	}
}

func as[T proto.Message](decode func([]byte, int64) (T, error)) func([]byte, int64) (proto.Message, error) {
	return func(body []byte, id int64) (proto.Message, error) { return decode(body, id) }
}

func TestJobDetailNamesItsPlace(t *testing.T) {
	for _, name := range []string{"job_flat", "job_compound"} {
		body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		require.NoError(t, err)
		d, err := decodeJob(body, 34872)
		require.NoError(t, err)
		require.EqualValues(t, 820, d.Location.GetId())
		require.Equal(t, "Main Campus", d.Location.GetName())
		require.EqualValues(t, 9001, d.Customer.GetId())
	}
}
