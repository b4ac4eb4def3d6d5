package hook

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// receiver answers each try with the next of its answers; 0 never answers.
type receiver struct {
	mu      sync.Mutex
	answers []int
	tries   []time.Duration // since the start
	bodies  []string
	start   time.Time
}

// RoundTrip plays the receiver without a network, so that time can be faked.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.tries = append(r.tries, time.Since(r.start))
	r.bodies = append(r.bodies, string(body))
	answer := 200
	if len(r.answers) > 0 {
		answer, r.answers = r.answers[0], r.answers[1:]
	}
	r.mu.Unlock()
	if answer == 0 {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	if answer < 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: answer, Status: http.StatusText(answer), Body: http.NoBody, Request: req}, nil
}

func dispatcher(r *receiver, hooks ...*state.Webhook) *Dispatcher {
	return New(Config{
		Receivers:  func(state.Event) []*state.Webhook { return hooks },
		RetryDelay: 10 * time.Second, BaseURL: "https://api.example.com", Client: &http.Client{Transport: r},
		Log: slog.New(slog.DiscardHandler),
	})
}

func TestTriesAndWhatCountsAsDelivered(t *testing.T) {
	for name, test := range map[string]struct {
		answers []int
		tries   []time.Duration
	}{
		"200":                    {[]int{200}, []time.Duration{0}},
		"404 counts":             {[]int{404}, []time.Duration{0}},
		"499 counts":             {[]int{499}, []time.Duration{0}},
		"500 then 200":           {[]int{500, 200}, []time.Duration{0, 10 * time.Second}},
		"three tries and gone":   {[]int{500, 503, 502, 200}, []time.Duration{0, 10 * time.Second, 20 * time.Second}},
		"five seconds to answer": {[]int{0, 200}, []time.Duration{0, 15 * time.Second}},
		"unreachable":            {[]int{-1, 200}, []time.Duration{0, 10 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{answers: test.answers, start: time.Now()}
				d := dispatcher(r, &state.Webhook{ID: 1, HookURL: "https://hook.example.com/x", Enabled: true})
				d.Tell([]state.Event{{Entity: "invoice", ID: 7, Action: "updated", At: 1401833057}})
				d.wg.Wait()
				require.Equal(t, test.tries, r.tries)
				d.Close()
			})
		})
	}
}

func TestMessageShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{start: time.Now()}
		d := dispatcher(r, &state.Webhook{ID: 1, HookURL: "https://hook.example.com/x", IncludeChangesets: true})
		d.Tell([]state.Event{
			{Entity: "job", ID: 34872, Action: "updated", UserID: 1234, At: 1401833052, Changes: []state.Change{{Field: "status", Old: "scheduled", New: "completed"}}},
			{Entity: "invoice", ID: 2687264638045999, Action: "created", At: 1401833057},
		})
		d.wg.Wait()
		require.Len(t, r.bodies, 1, "one message holds many entities")
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(r.bodies[0]), &m))
		require.Equal(t, "1401833057", m["timestamp"], "the message's time is a string")
		require.Len(t, m["messageId"], 36)
		require.Contains(t, r.bodies[0], `{"action":"updated","timestamp":1401833052,"userId":1234,"entity":{"type":"job","id":34872,"uri":"https://api.example.com/api/job/34872"},"changeset":[{"field":"status","oldValue":"scheduled","newValue":"completed"}]}`)
		require.Contains(t, r.bodies[0], `"userId":null,"entity":{"type":"invoice","id":2687264638045999,`)
		d.Close()
	})
}

func TestADeadReceiverDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{start: time.Now(), answers: []int{0, 0}}
		dead := &state.Webhook{ID: 1, HookURL: "https://dead.example.com"}
		d := dispatcher(r, dead)
		d.Tell([]state.Event{{Entity: "invoice", ID: 1, Action: "updated"}})
		synctest.Wait()
		d.cfg.Receivers = func(state.Event) []*state.Webhook {
			return []*state.Webhook{{ID: 2, HookURL: "https://live.example.com"}}
		}
		r.mu.Lock()
		r.answers = []int{200, 0, 0}
		r.mu.Unlock()
		d.Tell([]state.Event{{Entity: "invoice", ID: 2, Action: "updated"}})
		synctest.Wait()
		r.mu.Lock()
		require.Equal(t, []time.Duration{0, 0}, r.tries)
		r.mu.Unlock()
		d.Close() // ends the waiting delivery too
		d.Tell([]state.Event{{Entity: "invoice", ID: 3, Action: "updated"}})
		require.Len(t, r.tries, 2, "nothing is delivered after Close")
	})
}
