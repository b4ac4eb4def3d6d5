package servicetrade

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRelatedRecords(t *testing.T) {
	files := map[string]string{
		"/api/company/9001": "company", "/api/location/820": "location",
		"/api/job/34872": "job_compound", "/api/libitem/123": "libitem",
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/externalid/") {
			answer(w, http.StatusOK, `{"data":{"values":{"accounting":"C-100","other":5}}}`)
			return
		}
		body, err := os.ReadFile("testdata/" + files[r.URL.Path] + ".json")
		if err != nil {
			answer(w, http.StatusNotFound, `{}`)
			return
		}
		answer(w, http.StatusOK, string(body))
	})
	c, _ := newTestClient(t, f)
	company, err := c.Company(t.Context(), 9001)
	require.NoError(t, err)
	require.Equal(t, "C-100", company.GetExternalIds()["accounting"])
	location, err := c.Location(t.Context(), 820)
	require.NoError(t, err)
	require.Equal(t, "12", location.GetStoreNumber())
	job, err := c.Job(t.Context(), 34872)
	require.NoError(t, err)
	require.Equal(t, "Ada Lowe", job.GetOwner().GetName())
	item, err := c.LibItem(t.Context(), 123)
	require.NoError(t, err)
	require.True(t, item.GetGeneric())
	external, err := c.ExternalIDs(t.Context(), "company", 9001)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"accounting": "C-100", "other": "5"}, external)

	_, err = c.Company(t.Context(), 1)
	require.True(t, IsNotFound(err))
	_, err = c.Company(t.Context(), 0)
	require.ErrorIs(t, err, errNoID)
	_, err = c.ExternalIDs(t.Context(), "invoice", 5)
	require.ErrorContains(t, err, `"invoice" has none`)
}
