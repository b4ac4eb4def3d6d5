package servicetrade

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestForbiddenCallsAreToldUntilTheyWork(t *testing.T) {
	f := newFake(t, always(http.StatusForbidden, `{"messages":{"error":["No permission"]}}`))
	clients, vault, clk := together(t, f, 2)
	writes := func() uint64 { return vault.kept.Revision }
	_, err := clients[0].Invoice(t.Context(), bigID)
	require.True(t, IsForbidden(err))
	began := writes()
	for range 20 {
		_, err = clients[0].Invoice(t.Context(), bigID)
		require.True(t, IsForbidden(err))
	}
	require.Equal(t, began, writes(), "told once")
	told := clients[0].Trouble()
	require.Equal(t, ReasonForbidden, told.Reason)
	require.Equal(t, "GET /invoice", told.Action)
	require.Equal(t, "No permission", told.Says)
	require.Contains(t, told.String(), "Account Admin")
	require.Nil(t, clients[1].Trouble(), "it was not forbidden anything")

	clk.move(forbiddenNote)
	_, err = clients[0].Invoice(t.Context(), bigID)
	require.True(t, IsForbidden(err))
	require.Equal(t, told.Since, vault.kept.Trouble.Since)
	require.Equal(t, told.Seen.Add(forbiddenNote), vault.kept.Trouble.Seen)

	f.handle = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/invoice/") {
			answer(w, http.StatusOK, smallInvoice)
			return
		}
		answer(w, http.StatusForbidden, `{}`)
	}
	_, err = clients[0].Company(t.Context(), 7)
	require.True(t, IsForbidden(err))
	readTogether(t, clients[0], 2)
	require.NotNil(t, clients[0].Trouble(), "companies are still forbidden")
	f.handle = always(http.StatusOK, `{"data":{"id":7}}`)
	_, err = clients[0].Company(t.Context(), 7)
	require.NoError(t, err)
	require.Nil(t, clients[0].Trouble())
	require.Nil(t, vault.kept.Trouble)
	require.Equal(t, 1, f.loginCount())
}

func TestTroubleOfASignInIsKnownHere(t *testing.T) {
	f := newFake(t, always(http.StatusOK, smallInvoice))
	clients, _, clk := together(t, f, 2)
	require.Nil(t, clients[0].Trouble())
	f.onLogin = func(w http.ResponseWriter, _ int) bool { answer(w, http.StatusForbidden, ``); return true }
	for _, c := range clients {
		_, err := c.Invoice(t.Context(), bigID)
		require.True(t, IsSignedOut(err))
		require.Equal(t, "servicetrade_signed_out", WaitReason(err))
		require.Equal(t, ReasonCredentials, c.Trouble().Reason, "in every process")
	}
	require.Equal(t, 1, f.loginCount())
	f.onLogin = nil
	clk.move(30 * time.Second)
	readTogether(t, clients[1], 1)
	require.Nil(t, clients[1].Trouble())
}
