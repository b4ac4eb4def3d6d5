package api

import "github.com/tradepost/tradepost/services/sandbox/internal/state"

type wireWebhook struct {
	ID                int64               `json:"id"`
	URI               string              `json:"uri"`
	HookURL           string              `json:"hookUrl"`
	Enabled           bool                `json:"enabled"`
	Confirmed         bool                `json:"confirmed"`
	IncludeChangesets bool                `json:"includeChangesets"`
	EntityEvents      []state.EntityEvent `json:"entityEvents"`
}

func (a *API) webhook(w *state.Webhook) any {
	return wireWebhook{w.ID, a.uri("webhook", w.ID), w.HookURL, w.Enabled, w.Confirmed, w.IncludeChangesets, w.EntityEvents}
}

func (a *API) listWebhooks(c *call) (any, error) {
	return rows(a, c, "webhooks", otherPages, func(t *state.Tables) state.Table[state.Webhook] { return t.Webhooks }, nil,
		func(_ *state.Tables, w *state.Webhook) any { return a.webhook(w) })
}

func (a *API) getWebhook(c *call) (any, error) {
	return one(a, c, "Webhook", func(t *state.Tables) state.Table[state.Webhook] { return t.Webhooks },
		func(_ *state.Tables, w *state.Webhook) any { return a.webhook(w) })
}

func (a *API) createWebhook(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	w := state.Webhook{HookURL: b.text("hookUrl"), Enabled: true, IncludeChangesets: b.boolean("includeChangesets")}
	if enabled := b.booleanOrNil("enabled"); enabled != nil {
		w.Enabled = *enabled
	}
	b.decode("entityEvents", &w.EntityEvents)
	if err := b.require("hookUrl"); err != nil {
		return nil, err
	}
	made, err := a.Store.AddWebhook(w)
	if err != nil {
		return nil, err
	}
	return a.webhook(made), nil
}

// putWebhook refuses another address: a new one needs a new registration.
func (a *API) putWebhook(c *call) (any, error) {
	id, err := c.pathID("Webhook")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if b.has("hookUrl") {
		return nil, badRequest("hookUrl cannot be changed")
	}
	edit := state.WebhookEdit{Enabled: b.booleanOrNil("enabled"), IncludeChangesets: b.booleanOrNil("includeChangesets")}
	if b.has("entityEvents") {
		edit.EntityEvents = new([]state.EntityEvent)
		b.decode("entityEvents", edit.EntityEvents)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	w, err := a.Store.EditWebhook(id, edit)
	if err != nil {
		return nil, err
	}
	return a.webhook(w), nil
}

func (a *API) deleteWebhook(c *call) (any, error) {
	id, err := c.pathID("Webhook")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Store.DeleteWebhook(id)
}
