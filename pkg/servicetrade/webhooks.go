package servicetrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const webhookPath = "/webhook"

// Webhook is one registration of an account: where ServiceTrade posts a message
// when something changes. It needs the permission admin.account.
type Webhook struct {
	ID int64
	// HookURL cannot be changed once it is registered.
	HookURL string
	Enabled bool
	// Confirmed is set by ServiceTrade, and proves nothing about HookURL.
	Confirmed         bool
	IncludeChangesets bool
	// Events tells what is reported. Empty means everything that happens.
	Events []WebhookEvent
}

// WebhookEvent is what a Webhook reports about one kind of record.
type WebhookEvent struct {
	EntityType int `json:"entityType"`
	// Actions are created, updated and deleted.
	Actions []string `json:"actions"`
}

// Webhooks lists all registrations of the account, also those of other programs.
// With an error the ones seen so far are returned too.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	found := []Webhook{}
	known := map[int64]bool{}
	err := c.list(ctx, listing{
		path: webhookPath, plural: "webhooks", limit: otherPageSize, query: url.Values{},
		row: func(o object) int64 {
			w := decodeWebhook(o)
			if w.ID != 0 && !known[w.ID] {
				known[w.ID] = true
				found = append(found, w)
			}
			return w.ID
		},
	})
	return found, err
}

// CreateWebhook registers w; ID and Confirmed of w do not matter. ServiceTrade
// takes the same address twice and then reports everything twice, so this is
// never repeated by itself: after an error for which WriteUncertain is true, look
// for the registration first.
func (c *Client) CreateWebhook(ctx context.Context, w Webhook) (Webhook, error) {
	if w.HookURL == "" || len(w.Events) == 0 {
		return Webhook{}, errors.New("register a webhook: an address and the events wanted are needed")
	}
	body, err := json.Marshal(struct {
		HookURL           string         `json:"hookUrl"`
		Enabled           bool           `json:"enabled"`
		IncludeChangesets bool           `json:"includeChangesets"`
		EntityEvents      []WebhookEvent `json:"entityEvents"`
	}{w.HookURL, w.Enabled, w.IncludeChangesets, w.Events})
	if err != nil {
		return Webhook{}, fmt.Errorf("encode the webhook: %w", err)
	}
	var made Webhook
	err = c.send(ctx, request{method: http.MethodPost, path: webhookPath, body: body}, func(answer []byte) error {
		o, _, err := entity(answer, "webhook")
		if err != nil {
			return err
		}
		made = decodeWebhook(o)
		return nil
	})
	return made, err
}

// DeleteWebhook ends a registration. One that is gone already is no error.
func (c *Client) DeleteWebhook(ctx context.Context, id int64) error {
	if id <= 0 {
		return fmt.Errorf("delete a webhook: %w", errNoID)
	}
	err := c.send(ctx, request{method: http.MethodDelete, path: entityPath("webhook", id)}, func([]byte) error { return nil })
	if IsNotFound(err) {
		return nil
	}
	return err
}

func decodeWebhook(o object) Webhook {
	w := Webhook{
		ID: o.integer("id"), HookURL: o.text("hookUrl"), Enabled: o.flag("enabled"),
		Confirmed: o.flag("confirmed"), IncludeChangesets: o.flag("includeChangesets"),
	}
	events, _ := elements(o["entityEvents"]) // of another shape: it equals none that is wanted
	for _, raw := range events {
		event := asObject(raw)
		e := WebhookEvent{EntityType: int(event.integer("entityType", "type"))}
		actions, _ := elements(firstOf(event, "actions", "events"))
		for _, action := range actions {
			e.Actions = append(e.Actions, asText(action))
		}
		w.Events = append(w.Events, e)
	}
	return w
}

func firstOf(o object, keys ...string) json.RawMessage {
	for _, key := range keys {
		if raw, there := o[key]; there {
			return raw
		}
	}
	return nil
}
