package servicetrade

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

func TestSetExternalID(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"data":{"value":"S1-123/ä"}}`))
	c, _ := newTestClient(t, f)
	require.NoError(t, c.SetExternalID(t.Context(), KindCompany, bigID, "accounting", "S1-123/ä"))
	made := f.made(http.MethodPut, "/externalid/company/2687264638045999/accounting")
	require.Len(t, made, 1)
	require.JSONEq(t, `{"value":"S1-123/ä"}`, made[0].Body)
}

func TestSetExternalIDAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		status                  int
		body                    string
		fails, taken, uncertain bool
	}{
		"same":              {200, `{"data":{"value":"C-1"}}`, false, false, false},
		"number":            {200, `{"data":{"value":"C-1"},"messages":[]}`, false, false, false},
		"nothing shown":     {200, `{"data":{"id":7}}`, false, false, false},
		"no data":           {200, `{}`, false, false, false},
		"empty":             {204, ``, false, false, false},
		"another":           {200, `{"data":{"value":"C-2"}}`, true, false, true},
		"no JSON":           {200, `<html>`, true, false, true},
		"conflict":          {409, ``, true, true, false},
		"taken by 400":      {400, `{"messages":{"error":["External id C-1 is already used by company 9"]}}`, true, true, false},
		"taken by field":    {422, `{"messages":{"validation":{"value":"must be unique"}}}`, true, true, false},
		"no such system":    {400, `{"messages":{"error":["Unknown system"]}}`, true, false, false},
		"forbidden":         {403, ``, true, false, false},
		"away":              {503, `already unique`, true, false, true},
		"no such record":    {404, ``, true, false, false},
		"unknown with word": {400, ``, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, always(tc.status, tc.body))
			c, _ := newTestClient(t, f)
			err := c.SetExternalID(t.Context(), KindLocation, 7, "accounting", "C-1")
			require.Equal(t, tc.fails, err != nil, "%v", err)
			require.Equal(t, tc.taken, IsTaken(err), "%v", err)
			require.Equal(t, tc.uncertain, WriteUncertain(err), "%v", err)
			require.Len(t, f.made(http.MethodPut, "/externalid/location/7/accounting"), 1, "never repeated by itself")
		})
	}
}

func TestSetExternalIDRefusesNonsenseWithoutACall(t *testing.T) {
	f := newFake(t, nil)
	c, _ := newTestClient(t, f)
	for _, bad := range []struct {
		kind          string
		id            int64
		system, value string
	}{
		{"company", 0, "accounting", "x"},
		{"", 1, "accounting", "x"},
		{"company/9", 1, "accounting", "x"},
		{"company", 1, "Accounting", "x"},
		{"company", 1, "../auth", "x"},
		{"company", 1, "accounting", " "},
	} {
		require.Error(t, c.SetExternalID(t.Context(), bad.kind, bad.id, bad.system, bad.value), bad)
	}
	require.Empty(t, f.calls)
	ctx := connector.WithFence(t.Context(), func() error { return connector.ErrFenced })
	f.handle = always(http.StatusOK, `{}`)
	require.ErrorIs(t, c.SetExternalID(ctx, KindLibItem, 1, "accounting", "x"), connector.ErrFenced)
	require.Empty(t, f.made(http.MethodPut, "/externalid/libitem/1/accounting"))
}
