package hook

import (
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// invoices gives the invoice ids of the messages in the order of their delivery.
func (r *receiver) invoices() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := ""
	for _, b := range r.bodies {
		ids += regexp.MustCompile(`"id":(\d+)`).FindStringSubmatch(b)[1]
	}
	return ids
}

func TestSpoiledMessages(t *testing.T) {
	hold := &faults.WebhookFault{Hold: 5 * time.Second}
	for name, test := range map[string]struct {
		faults map[int64]*faults.WebhookFault // by the message's invoice
		soon   string                         // delivered within a second
		late   string                         // delivered in the end
	}{
		"none":                     {nil, "1234", "1234"},
		"dropped":                  {map[int64]*faults.WebhookFault{2: {Drop: true}}, "134", "134"},
		"doubled":                  {map[int64]*faults.WebhookFault{2: {Twice: true}}, "12234", "12234"},
		"delayed, and overtaken":   {map[int64]*faults.WebhookFault{2: {Delay: 3 * time.Second}}, "134", "1342"},
		"delayed and doubled":      {map[int64]*faults.WebhookFault{1: {Delay: 3 * time.Second, Twice: true}}, "234", "23411"},
		"reordered":                {map[int64]*faults.WebhookFault{2: hold}, "1324", "1324"},
		"reordered, next dropped":  {map[int64]*faults.WebhookFault{2: hold, 3: {Drop: true}}, "142", "142"},
		"two reordered in a row":   {map[int64]*faults.WebhookFault{2: hold, 3: hold}, "1324", "1324"},
		"all reordered":            {map[int64]*faults.WebhookFault{1: hold, 2: hold, 3: hold, 4: hold}, "2143", "2143"},
		"reordered, and none next": {map[int64]*faults.WebhookFault{4: hold}, "123", "1234"},
		"reordered and doubled":    {map[int64]*faults.WebhookFault{1: {Hold: time.Minute, Twice: true}}, "21134", "21134"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{start: time.Now()}
				d := dispatcher(r, &state.Webhook{ID: 1, HookURL: "https://hook.example.com/x"})
				d.cfg.Fault = func(_ *state.Webhook, events []state.Event) *faults.WebhookFault { return test.faults[events[0].ID] }
				for id := range int64(4) {
					d.Tell([]state.Event{{Entity: "invoice", ID: id + 1, Action: "updated"}})
				}
				time.Sleep(time.Second) // of the fake clock
				synctest.Wait()
				require.Equal(t, test.soon, r.invoices())
				time.Sleep(time.Hour)
				synctest.Wait()
				require.Equal(t, test.late, r.invoices())
				d.Close()
			})
		})
	}
}

func TestReceiversAreReorderedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{start: time.Now()}
		one, two := &state.Webhook{ID: 1, HookURL: "https://a.example.com/x"}, &state.Webhook{ID: 2, HookURL: "https://b.example.com/x"}
		d := dispatcher(r)
		d.cfg.Receivers = func(e state.Event) []*state.Webhook {
			return []*state.Webhook{map[bool]*state.Webhook{true: one, false: two}[e.ID == 1]}
		}
		d.cfg.Fault = func(h *state.Webhook, _ []state.Event) *faults.WebhookFault {
			if h.ID == 1 {
				return &faults.WebhookFault{Hold: time.Second}
			}
			return nil
		}
		d.Tell([]state.Event{{Entity: "invoice", ID: 1, Action: "updated"}})
		d.Tell([]state.Event{{Entity: "invoice", ID: 2, Action: "updated"}})
		synctest.Wait()
		require.Equal(t, "2", r.invoices(), "a message to another receiver does not release it")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "21", r.invoices())
		d.Close()
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{start: time.Now()}
		d := New(Config{
			Receivers: func(state.Event) []*state.Webhook {
				return []*state.Webhook{{ID: 1, HookURL: "https://a.example.com/x"}}
			},
			Client: &http.Client{Transport: r}, Log: dispatcher(r).cfg.Log,
			Fault: func(_ *state.Webhook, events []state.Event) *faults.WebhookFault {
				return map[int64]*faults.WebhookFault{1: {Delay: time.Minute}, 2: {Hold: time.Minute}}[events[0].ID]
			},
		})
		d.Tell([]state.Event{{Entity: "invoice", ID: 1, Action: "updated"}})
		d.Tell([]state.Event{{Entity: "invoice", ID: 2, Action: "updated"}})
		d.Close()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Empty(t, r.invoices())
	})
}
