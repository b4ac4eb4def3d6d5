package reqlog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// spy looks at the log whenever bytes leave.
type spy struct {
	*httptest.ResponseRecorder
	look func(sent int)
}

// Write looks before the bytes are on their way.
func (s spy) Write(b []byte) (int, error) {
	s.look(s.Body.Len() + len(b))
	return s.ResponseRecorder.Write(b)
}

func TestAnAnswerIsInTheLogBeforeItsLastByte(t *testing.T) {
	const length = 9000
	log := reqlog.New(10)
	handler := log.Middleware(time.Now, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reqlog.SetFault(r.Context(), "slow")
		w.Header().Set("Content-Length", fmt.Sprint(length))
		w.WriteHeader(http.StatusTeapot)
		for range 3 {
			_, err := w.Write([]byte(strings.Repeat("x", length/3)))
			require.NoError(t, err)
		}
	}))
	looks := 0
	handler.ServeHTTP(spy{httptest.NewRecorder(), func(sent int) {
		looks++
		e := log.List(reqlog.Filter{})[0]
		require.Equal(t, sent == length, e.Finished == 1, "after %d bytes", sent)
		if sent == length {
			require.Equal(t, http.StatusTeapot, e.Status)
			require.Equal(t, "slow", e.Fault)
		}
	}}, httptest.NewRequest(http.MethodGet, "/api/x", nil))
	require.Equal(t, 3, looks)
	require.EqualValues(t, 1, log.List(reqlog.Filter{})[0].Finished, "counted once")
}
