package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// postman carries the sandbox's webhook messages: every one twice, or none.
type postman struct {
	drop bool

	mu      sync.Mutex
	carried map[int64]int // events by invoice, once each
	dropped int
}

func (p *postman) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if p.drop {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dropped++
		return nil, errors.New("lost on the way")
	}
	var res *http.Response
	for range 2 {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		if res != nil {
			_ = res.Body.Close()
		}
		if res, err = http.DefaultTransport.RoundTrip(again); err != nil {
			return nil, err
		}
	}
	if res.StatusCode == http.StatusOK {
		p.note(body)
	}
	return res, nil
}

func (p *postman) note(body []byte) {
	var m struct {
		Data []struct {
			Entity struct{ ID int64 }
		}
	}
	_ = json.Unmarshal(body, &m)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range m.Data {
		p.carried[e.Entity.ID]++
	}
}

func (p *postman) events(id int64) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.carried[id]
}

func (p *postman) lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// newHookedPlant is a plant whose ingest listens to webhooks, which are registered.
func newHookedPlant(t *testing.T, post *postman, poll string) *plant {
	t.Helper()
	post.carried = map[int64]int{}
	listen := bustest.FreeAddress(t)
	o := sandbox.Options{
		Book: sandbox.DemoBook(9), Configured: true, WebhookClient: &http.Client{Transport: post}, WebhookRetryDelay: 10 * time.Millisecond,
	}
	p := newPlantOf(t, o, func(config map[string]any) {
		config["webhook"] = map[string]any{"listen": listen, "public_url": "http://" + listen}
		st := config["accounts"].(map[string]any)[account].(map[string]any)["servicetrade"].(map[string]any)
		st["webhook_secret"], st["poll_interval"] = "0123456789abcdef0123456789abcdef", poll
	})
	// The poll at the start has to be over, or it would find what the webhook tells.
	require.Eventually(t, func() bool { return p.lists() > 0 }, time.Minute, 20*time.Millisecond)
	p.tradepost("connect", "servicetrade")
	p.tradepost("connect", "servicetrade")
	return p
}

// lists counts ServiceTrade's lists of invoices, which only polls ask for.
func (p *plant) lists() int { return p.gets("/invoice") }

func (p *plant) gets(path string) (n int) {
	for _, r := range p.sandbox.API.Requests(sandbox.RequestFilter{}) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.Path, path) {
			n++
		}
	}
	return n
}

func (p *plant) awaitHintsDone() {
	p.t.Helper()
	consumer, err := p.js.Consumer(p.t.Context(), bus.StreamPolls, bus.HintConsumer(account).Durable)
	require.NoError(p.t, err)
	require.Eventually(p.t, func() bool {
		info, err := consumer.Info(p.t.Context())
		return err == nil && info.NumPending == 0 && info.NumAckPending == 0
	}, time.Minute, 20*time.Millisecond)
}

// With a poll every hour, webhooks settle without one; and the events of our
// own writes, each told twice, cost no call.
func TestWebhooksMakeItFastAndTheirEchoesCostNothing(t *testing.T) {
	post := &postman{}
	p := newHookedPlant(t, post, "1h")
	polls := p.lists()

	first := p.sandbox.API.Invoices("ok")[0].ID
	began := time.Now()
	require.NoError(t, p.sandbox.API.Send("", first))
	p.awaitSettled(time.Minute)
	t.Logf("settled %s after Send", time.Since(began).Round(time.Millisecond))

	ids := append([]int64{first}, p.sendAll()...)
	require.Len(t, ids, 40)
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	for _, id := range ids {
		events := 2 // Send and our PUT
		if !p.sandbox.API.Book().Expected[id].Posted() {
			events++ // our comment
		}
		require.Eventually(t, func() bool { return post.events(id) >= events }, 30*time.Second, 20*time.Millisecond, "events of invoice %d", id)
	}
	p.awaitHintsDone()
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
	require.Equal(t, polls, p.lists(), "no poll helped")
	for _, id := range ids {
		reads := 2 // by ingest, and before it is settled
		if !p.sandbox.API.Book().Expected[id].Posted() {
			reads++ // after the comment, before failed is written
		}
		require.Equal(t, reads, p.gets("/invoice/"+strconv.FormatInt(id, 10)), "reads of invoice %d", id)
	}
}

func TestWithAllWebhooksLostThePollsDoIt(t *testing.T) {
	post := &postman{drop: true}
	p := newHookedPlant(t, post, "1s")
	ids := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	require.Positive(t, post.lost())
}
