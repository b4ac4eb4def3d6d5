package faults

import (
	"net/http"
	"time"
)

// WebhookFault is what happens to one message to one receiver.
type WebhookFault struct {
	// Drop never delivers it.
	Drop bool
	// Twice delivers it two times, one after the other.
	Twice bool
	// Delay delivers it so much later; others overtake it.
	Delay time.Duration
	// Hold delivers it after the next message, or after so long if none comes.
	Hold time.Duration
	// By tells which orders did it.
	By []string
}

// Webhook asks the orders what happens to a message to the receiver at a path;
// nil means that it is delivered normally. Messages have to be asked about in
// the order in which they are sent.
func (s *Seam) Webhook(path string, entities []string) *WebhookFault {
	q := request{method: http.MethodPost, path: path, words: entities}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.advance(now)
	var f WebhookFault
	for _, o := range s.orders {
		if f.Drop {
			break
		}
		if o.Active && o.class == hooks && o.Order.looksAt(q) && o.strikes(now) {
			o.spoilWebhook(&f)
		}
	}
	if len(f.By) == 0 {
		return nil
	}
	return &f
}

func (s *standing) spoilWebhook(f *WebhookFault) {
	switch s.Order.Fault {
	case WebhookDouble:
		f.Twice = true
	case WebhookReorder:
		f.Hold = max(f.Hold, s.Order.Delay)
	case WebhookDrop:
		f.Drop = true
	case WebhookDelay:
		f.Delay += s.delay()
	}
	f.By = append(f.By, s.label(s.Order.What()))
}
