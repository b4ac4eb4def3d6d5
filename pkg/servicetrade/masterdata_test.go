package servicetrade

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// masters serves so many records on two pages.
func masters(plural string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rows := []string{}
		for i := 1; i <= n; i++ {
			if (i <= n/2) == (r.URL.Query().Get("page") == "1") {
				rows = append(rows, fmt.Sprintf(`{"id":%d,"name":"N %d","code":"C%d","externalIds":{"accounting":"X%d"}}`, i, i, i, i))
			}
		}
		answer(w, http.StatusOK, `{"data":{"`+plural+`":[`+strings.Join(rows, ",")+`],"totalPages":2}}`)
	}
}

func TestMasterDataIsWholeOrAnError(t *testing.T) {
	companies, _ := newTestClient(t, newFake(t, masters("companies", 8)))
	all, err := companies.Companies(t.Context(), 8)
	require.NoError(t, err)
	require.Len(t, all, 8)
	require.Equal(t, "N 1", all[0].GetName())
	require.Equal(t, "X8", all[7].GetExternalIds()["accounting"])
	_, err = companies.Companies(t.Context(), 7)
	require.ErrorIs(t, err, ErrTooMany)

	places, _ := newTestClient(t, newFake(t, masters("locations", 6)))
	locations, err := places.Locations(t.Context(), 6)
	require.NoError(t, err)
	require.Equal(t, "N 6", locations[5].GetName())

	items, _ := newTestClient(t, newFake(t, masters("libItems", 4)))
	library, err := items.LibItems(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, library, 4)
	require.Equal(t, "C4", library[3].GetCode())
}
