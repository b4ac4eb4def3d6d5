package state

import (
	"net/url"
	"slices"
)

// WebhookEdit is a change of a registration; the address cannot be changed.
type WebhookEdit struct {
	Enabled           *bool
	IncludeChangesets *bool
	EntityEvents      *[]EntityEvent
}

// AddWebhook registers a receiver. It counts as confirmed at once, as the real
// one does without ever calling the address.
func (s *Store) AddWebhook(w Webhook) (*Webhook, error) {
	target, err := url.Parse(w.HookURL)
	if err != nil || target.Host == "" || (target.Scheme != "https" && target.Scheme != "http") {
		return nil, invalid("hookUrl %q must be an http or https address", w.HookURL)
	}
	if err := s.checkEvents(w.EntityEvents); err != nil {
		return nil, err
	}
	err = s.change(func(t *Tables) ([]Event, error) {
		w.ID, w.Confirmed = t.newID(), true
		keep(t, w.ID, &w)
		return nil, nil
	})
	return &w, err
}

func (s *Store) checkEvents(events []EntityEvent) error {
	for _, e := range events {
		if len(e.Actions) == 0 {
			return invalid("entityEvents: actions of entity type %d are required", e.EntityType)
		}
		for _, a := range e.Actions {
			if !slices.Contains([]string{"created", "updated", "deleted"}, a) {
				return invalid("entityEvents: action %q must be created, updated or deleted", a)
			}
		}
	}
	return nil
}

// EditWebhook changes a registration.
func (s *Store) EditWebhook(id int64, edit WebhookEdit) (*Webhook, error) {
	if edit.EntityEvents != nil {
		if err := s.checkEvents(*edit.EntityEvents); err != nil {
			return nil, err
		}
	}
	var out *Webhook
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.Webhooks[id] == nil {
			return nil, notFound("Webhook", id)
		}
		put(t, id, func(w *Webhook) {
			set(&w.Enabled, edit.Enabled)
			set(&w.IncludeChangesets, edit.IncludeChangesets)
			set(&w.EntityEvents, edit.EntityEvents)
		})
		out = t.Webhooks[id]
		return nil, nil
	})
	return out, err
}

// DeleteWebhook removes a registration.
func (s *Store) DeleteWebhook(id int64) error {
	return s.change(func(t *Tables) ([]Event, error) {
		if t.Webhooks[id] == nil {
			return nil, notFound("Webhook", id)
		}
		remove[Webhook](t, id)
		return nil, nil
	})
}

// Receivers lists the enabled webhooks that want the event.
func (s *Store) Receivers(e Event) []*Webhook {
	var out []*Webhook
	number := s.Number(e.Entity)
	s.Read(func(t *Tables) {
		for _, w := range t.Webhooks.Sorted() {
			if w.Enabled && w.wants(number, e.Action) {
				out = append(out, w)
			}
		}
	})
	return out
}

func (w Webhook) wants(number int, action string) bool {
	if w.EntityEvents == nil {
		return true
	}
	return slices.ContainsFunc(w.EntityEvents, func(e EntityEvent) bool {
		return e.EntityType == number && slices.Contains(e.Actions, action)
	})
}
