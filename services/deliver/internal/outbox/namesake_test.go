package outbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Two customers have one number: an export without customers is evidence for neither, one
// with them for the one that it names.
func TestAnExportWithoutCustomersSaysNothingOfANumberOfTwo(t *testing.T) {
	for shown, want := range map[string]int{"": 0, "C100": 1} {
		dir, o := t.TempDir(), options(2)
		o.Wait = time.Hour
		o.ReadExport = func([]byte) ([]Exported, error) {
			return []Exported{{Number: "1042", Customer: shown, Total: "10.00"}}, nil
		}
		b := opened(t, NewLocal(dir), o)
		for id, customer := range map[int]string{1: "C100", 2: "C200"} {
			p := posting(id, "10.00")
			p.Document.Number = "1042"
			require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, func() (Item, []*tradepostv1.Fault) {
				item, faults := itemOf(p)()
				item.Customer = customer
				return item, faults
			}))
		}
		export := filepath.Join(dir, exportsDir, "a.csv")
		require.NoError(t, os.WriteFile(export, []byte("x"), 0o600))
		later := time.Now().Add(time.Hour)
		require.NoError(t, os.Chtimes(export, later, later))
		o.Now = func() time.Time { return later.Add(time.Hour) }
		files, err := opened(t, NewLocal(dir), o).Files(t.Context())
		require.NoError(t, err)
		imported := 0
		for _, d := range files[0].Documents {
			if d.State == connector.FileImported {
				imported++
				require.Equal(t, shown, d.Customer)
			}
		}
		require.Equal(t, want, imported, "customer %q", shown)
	}
}
