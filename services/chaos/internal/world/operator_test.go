package world

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
)

// signedInTarget is a target that somebody has to sign in to.
type signedInTarget struct{ target.Target }

// SignIn implements target.Target.
func (signedInTarget) SignIn() string { return "quickbooks" }

// operatorsDesk is a world whose product is a script: `nats apply` fails the first time,
// and `connect` signs in whoever pastes the address at which the browser ended.
func operatorsDesk(t *testing.T, page string) *World {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
cd %q
echo "$*" >> asked
case "$*" in
"nats apply --config"*) test -e applied || { touch applied; echo "not yet" >&2; exit 1; };;
*--status*) if test -e signed; then echo '[{"signed_in": true}]'; else echo '[{"signed_in": false}]'; fi;;
*--paste*)
  printf 'Open this: \n\n  %s' >&2; echo '?state=1' >&2; printf '\n> ' >&2
  read address
  test "$address" = "http://localhost/back?code=1" || { echo "wrong address $address" >&2; exit 1; }
  touch signed;;
*) echo "unknown: $*" >&2; exit 2;;
esac
`, dir, page)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tradepost"), []byte(script), 0o700))
	return &World{opt: Options{Dir: dir, Binaries: dir, Target: signedInTarget{}}}
}

func TestTheOperatorSignsInWhereThatWasLost(t *testing.T) {
	browser := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("state") != "1" {
			http.Error(w, "that is not the whole link", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, "http://localhost/back?code=1", http.StatusFound)
	}))
	defer browser.Close()
	w := operatorsDesk(t, browser.URL)
	signedIn, err := w.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, signedIn)
	signedIn, err = w.Apply(t.Context())
	require.NoError(t, err)
	require.False(t, signedIn, "it still is")
	require.NoError(t, os.Remove(w.path("signed")))
	signedIn, err = w.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, signedIn, "it was lost")
	asked, err := os.ReadFile(w.path("asked"))
	require.NoError(t, err)
	require.Contains(t, string(asked), "connect quickbooks chaos-books --paste --config "+w.path("admin.yaml"))
}

func TestASignInThatFailsIsTold(t *testing.T) {
	browser := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://localhost/back?error=no", http.StatusFound)
	}))
	defer browser.Close()
	w := operatorsDesk(t, browser.URL)
	require.ErrorContains(t, w.signIn(t.Context()), "wrong address http://localhost/back?error=no")
	require.NoError(t, os.WriteFile(w.path("tradepost"), []byte("#!/bin/sh\necho nothing here >&2\nexit 1\n"), 0o700))
	require.ErrorContains(t, w.signIn(t.Context()), "nothing here")
}
