package quickbooksonline

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// What is in the books, and switched off, is told so, with the place where a bookkeeper
// switches it on: "there is no such class" would have him make a second one.
func TestWhatIsNotActiveIsToldSo(t *testing.T) {
	for _, name := range []string{"Service", "Service (deleted)"} { // as it is, or with its name given free
		for entity, tt := range map[string]struct {
			named func(d *tradepostv1.Document)
			where string
		}{
			classRecords:      {func(d *tradepostv1.Document) { d.Class = byName("Service") }, "All lists, Classes"},
			departmentRecords: {func(d *tradepostv1.Document) { d.Department = byCode("service") }, "All lists, Locations"},
			termRecords:       {func(d *tradepostv1.Document) { d.Terms = &tradepostv1.Terms{Reference: byName("Service")} }, "All lists, Terms"},
			accountRecords:    {func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = byName("Service") }, "Chart of accounts"},
			taxRecords: {func(d *tradepostv1.Document) {
				d.Taxes = []*tradepostv1.Tax{{Code: byName("Service"), Amount: "1.00", Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
				d.Totals.Tax, d.Totals.Total = "1.00", "238.50"
			}, "Taxes"},
		} {
			t.Run(entity+" "+name, func(t *testing.T) {
				i := newIntuit(t)
				i.preferences = strings.Replace(i.preferences, `"AccountingInfoPrefs":{`, `"AccountingInfoPrefs":{"ClassTrackingPerTxn":true,"TrackDepartments":true,`, 1)
				active := false
				i.on = func(h heard, w http.ResponseWriter) bool {
					if !strings.HasPrefix(h.query, "select * from "+entity+" ") {
						return false
					}
					fmt.Fprintf(w, `{"QueryResponse":{"%s":[{"Id":"7","Name":"%s","Active":%t}]}}`, entity, name, active)
					return true
				}
				d := sample()
				tt.named(d)
				told, err := i.connect(nil, Options{}).CheckDocument(t.Context(), d)
				require.NoError(t, err)
				require.Len(t, told, 1, "%v", told)
				require.Equal(t, "record.inactive_in_books", told[0].GetCode())
				require.Contains(t, told[0].GetMessage(), name+`" is in the books, but not active`)
				require.Contains(t, told[0].GetFix(), "QuickBooks Online ("+tt.where)
				require.Contains(t, told[0].GetFix(), "connection acme-qbo")

				byID := sample()
				tt.named(byID)
				for _, r := range []*tradepostv1.Reference{byID.GetClass(), byID.GetDepartment(), byID.GetTerms().GetReference()} {
					if r != nil {
						r.By, r.Value = tradepostv1.ReferenceBy_REFERENCE_BY_ID, "7"
						told, err := i.connect(nil, Options{}).CheckDocument(t.Context(), byID)
						require.NoError(t, err)
						require.Equal(t, "record.inactive_in_books", told[0].GetCode())
					}
				}
				if name != "Service" {
					return
				}
				active = true
				told, err = i.connect(nil, Options{}).CheckDocument(t.Context(), d)
				require.NoError(t, err)
				require.Empty(t, told)
			})
		}
	}
}
