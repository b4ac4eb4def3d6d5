package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/ingest/internal/webhook"
)

const secret = "0123456789abcdef01234567"

// shelf keeps hints; with an error it keeps none, and a slow one waits for the end.
type shelf struct {
	mu   sync.Mutex
	kept []int64
	err  error
	slow bool
}

func (s *shelf) Hint(ctx context.Context, account string, id int64, _ time.Time) error {
	if s.slow {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || account != "acme" {
		return errors.Join(s.err, errors.New("not stored"))
	}
	s.kept = append(s.kept, id)
	return nil
}

func handler(t *testing.T, s *shelf, log io.Writer) http.Handler {
	t.Helper()
	h, err := webhook.New(webhook.Options{
		Account: func(id string) (webhook.Account, bool) {
			switch id {
			case "acme":
				return webhook.Account{Secret: secret, InvoiceEntityType: 13}, true
			case "none":
				return webhook.Account{}, true
			}
			return webhook.Account{}, false
		},
		Hints: s, Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return h
}

func post(h http.Handler, method, path string, body io.Reader) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, body))
	return w.Code
}

const message = `{"data":[{"entity":{"type":"invoice","id":7}},{"entity":{"type":"invoice","id":8}},{"entity":{"type":"invoice","id":7}}]}`

func TestAnswers(t *testing.T) {
	path := "/webhook/acme/" + secret
	for name, c := range map[string]struct {
		method, path, body string
		err                error
		status             int
		kept               []int64
	}{
		"a message":            {"POST", path, message, nil, 200, []int64{7, 8}},
		"below a prefix":       {"POST", "/tradepost" + path + "/", message, nil, 200, []int64{7, 8}},
		"about something else": {"POST", path, `{"data":[{"entity":{"type":"job","id":7}}]}`, nil, 200, nil},
		"rubbish":              {"POST", path, "\x00\xff", nil, 200, nil},
		"not stored":           {"POST", path, message, errors.New("NATS is away"), 503, nil},
		"another secret":       {"POST", "/webhook/acme/" + strings.Repeat("x", 24), message, nil, 503, nil},
		"half the secret":      {"POST", path[:len(path)-1], message, nil, 503, nil},
		"no secret":            {"POST", "/webhook/acme/", message, nil, 503, nil},
		"no such account":      {"POST", "/webhook/other/" + secret, message, nil, 503, nil},
		"account without":      {"POST", "/webhook/none/" + secret, message, nil, 503, nil},
		"account, empty":       {"POST", "/webhook/none//", message, nil, 503, nil},
		"a look":               {"GET", path, "", nil, 503, nil},
		"a scanner":            {"GET", "/../../etc/passwd", "", nil, 503, nil},
		"the root":             {"POST", "/", message, nil, 503, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := &shelf{err: c.err}, &bytes.Buffer{}
			require.Equal(t, c.status, post(handler(t, s, log), c.method, c.path, strings.NewReader(c.body)))
			slices.Sort(s.kept)
			require.Equal(t, c.kept, s.kept)
			require.NotContains(t, log.String(), secret)
		})
	}
}

func TestALargeMessageCountsUpToTheLimit(t *testing.T) {
	s := &shelf{}
	body := message[:len(message)-2] + strings.Repeat(`,{"x":1}`, 1<<18) + `,{"entity":{"type":"invoice","id":9}}]}`
	require.Equal(t, 200, post(handler(t, s, io.Discard), "POST", "/webhook/acme/"+secret, strings.NewReader(body)))
	require.ElementsMatch(t, []int64{7, 8}, s.kept)
}

func TestACutMessageShallComeAgain(t *testing.T) {
	s := &shelf{}
	body := io.MultiReader(strings.NewReader(message), iotest.ErrReader(io.ErrUnexpectedEOF))
	require.Equal(t, 503, post(handler(t, s, io.Discard), "POST", "/webhook/acme/"+secret, body))
}

// ServiceTrade waits five seconds.
func TestTheAnswerComesInTimeWhateverNATSDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, began := handler(t, &shelf{slow: true}, io.Discard), time.Now()
		require.Equal(t, 503, post(h, "POST", "/webhook/acme/"+secret, strings.NewReader(message)))
		require.Equal(t, 2*time.Second, time.Since(began))
	})
}

func TestRefusalsAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		h := handler(t, &shelf{}, log)
		for range 100 {
			require.Equal(t, 503, post(h, "GET", "/wp-login.php", nil))
		}
		require.Equal(t, 1, strings.Count(log.String(), "refused"))
		time.Sleep(time.Minute)
		post(h, "GET", "/wp-login.php", nil)
		require.Equal(t, 2, strings.Count(log.String(), "refused"))
	})
}
