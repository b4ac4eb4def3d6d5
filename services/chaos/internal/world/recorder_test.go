package world

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

// desk is a recorder before a ServiceTrade that takes everything.
type desk struct {
	*Recorder
	t    *testing.T
	url  string
	seen []string
}

func newDesk(t *testing.T, chance func(key string, nth int, p float64) bool) *desk {
	d := &desk{t: t}
	sandbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.seen = append(d.seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		w.Header().Set("X-Own", "yes")
		_, _ = w.Write([]byte("done"))
	}))
	t.Cleanup(sandbox.Close)
	d.Recorder = newRecorder(sandbox.URL, plan.Options{})
	d.chance = chance
	front := httptest.NewServer(d.For("reconcile-1"))
	t.Cleanup(front.Close)
	d.url = front.URL
	return d
}

func never(string, int, float64) bool { return false }

// call returns the status and body of the answer; 0 when there was none.
func (d *desk) call(method, path, body string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	require.NoError(d.t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	require.Equal(d.t, resp.StatusCode == http.StatusOK, resp.Header.Get("X-Own") == "yes")
	return resp.StatusCode, string(text)
}

func TestTheRecorderKnowsWhoDidWhat(t *testing.T) {
	d := newDesk(t, never)
	status, text := d.call(http.MethodGet, "/api/invoice/7", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "done", text)
	d.call(http.MethodPut, "/api/invoice/7", `{"status":"failed"}`)
	d.call(http.MethodPost, "/api/comment", `{"entityId":7,"content":"Invoice 7 was not posted to the books","visibility":[]}`)
	d.call(http.MethodPost, "/api/comment", `{"entityId":"7","content":"x"}`)
	d.call(http.MethodGet, "/api/invoice?page=2", "")
	calls := d.Calls()
	require.Len(t, calls, 4, "a list is about no invoice")
	require.Equal(t, 5, d.All())
	for i, kind := range []string{CallRead, CallStatus, CallComment, CallComment} {
		require.Equal(t, kind, calls[i].Kind)
		require.EqualValues(t, 7, calls[i].Invoice)
		require.Equal(t, "reconcile-1", calls[i].Process)
		require.True(t, calls[i].Applied)
	}
	require.Equal(t, "failed", calls[1].Status)
	require.True(t, calls[2].IsFailure())
	require.False(t, calls[2].Public)
	require.True(t, calls[3].Public, "a comment that does not say is public")
	require.Equal(t, "GET /api/invoice?page=2 ", d.seen[4])
}

func TestALostAnswerIsDoneAllTheSame(t *testing.T) {
	d := newDesk(t, func(key string, _ int, _ float64) bool { return !strings.HasSuffix(key, "/error") })
	status, _ := d.call(http.MethodPut, "/api/invoice/7", `{"status":"processed"}`)
	require.Zero(t, status)
	require.Len(t, d.seen, 1)
	require.True(t, d.Calls()[0].Applied)
	require.Equal(t, map[string]int{TroubleLost: 1}, d.Troubles())
	d.Calm()
	status, _ = d.call(http.MethodPut, "/api/invoice/7", `{"status":"processed"}`)
	require.Equal(t, http.StatusOK, status)
}

func TestAnErrorBeforeTheWriteDoesNothing(t *testing.T) {
	d := newDesk(t, func(key string, _ int, _ float64) bool { return strings.HasSuffix(key, "/error") })
	status, _ := d.call(http.MethodPut, "/api/invoice/7", `{"status":"processed"}`)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Empty(t, d.seen)
	require.False(t, d.Calls()[0].Applied)
	status, _ = d.call(http.MethodGet, "/api/invoice/7", "")
	require.Equal(t, http.StatusOK, status, "only writes meet trouble")
}
