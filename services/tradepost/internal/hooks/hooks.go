// Package hooks registers Tradepost's webhooks at ServiceTrade, and ends them.
package hooks

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// API is what is called of ServiceTrade.
type API interface {
	Webhooks(ctx context.Context) ([]servicetrade.Webhook, error)
	CreateWebhook(ctx context.Context, w servicetrade.Webhook) (servicetrade.Webhook, error)
	DeleteWebhook(ctx context.Context, id int64) error
}

// Options say whose registrations are looked at.
type Options struct {
	Config  *connection.Config
	Account *connection.Account
	API     API
	// DryRun changes nothing and tells what would be done.
	DryRun bool
}

// Row is one registration and what became of it.
type Row struct {
	Account string `json:"account"`
	// Action is kept, registered, deleted, left alone, or with a dry run would
	// register and would delete.
	Action string `json:"action"`
	// WebhookID is ServiceTrade's; 0 for what would be registered.
	WebhookID int64 `json:"webhook_id,omitempty"`
	// URL is without the secret, and of other people's registrations without path.
	URL  string `json:"url"`
	Note string `json:"note,omitempty"`
}

// Register has exactly one registration of ours: the one that fits is kept, else
// one is made; then every other of ours is deleted, so that nothing is missed
// meanwhile. Whoever runs it twice, or twice at once, ends with one. With an error
// the rows tell what was done before it.
func Register(ctx context.Context, o Options) ([]Row, error) {
	w := worker{o: o, prefix: normal(o.Config.WebhookPrefix(o.Account)), address: normal(o.Config.WebhookAddress(o.Account))}
	all, err := o.API.Webhooks(ctx)
	if err != nil {
		return nil, w.explain("list the webhooks", err)
	}
	if w.keeper(all) == nil {
		if o.DryRun {
			w.row("would register", servicetrade.Webhook{HookURL: o.Config.WebhookAddress(o.Account)}, "")
		} else if all, err = w.register(ctx); err != nil {
			return w.rows, err
		}
	} else {
		w.row("kept", *w.keeper(all), "")
	}
	keep := w.keeper(all)
	err = w.clean(ctx, all, func(h servicetrade.Webhook) bool { return keep == nil || h.ID != keep.ID })
	return w.rows, err
}

// Remove deletes every registration of ours under the present public_url.
func Remove(ctx context.Context, o Options) ([]Row, error) {
	w := worker{o: o, prefix: normal(o.Config.WebhookPrefix(o.Account))}
	all, err := o.API.Webhooks(ctx)
	if err != nil {
		return nil, w.explain("list the webhooks", err)
	}
	err = w.clean(ctx, all, func(servicetrade.Webhook) bool { return true })
	return w.rows, err
}

type worker struct {
	o       Options
	prefix  string
	address string
	rows    []Row
}

func (w *worker) row(action string, h servicetrade.Webhook, note string) {
	w.rows = append(w.rows, Row{Account: w.o.Account.ID, Action: action, WebhookID: h.ID, URL: w.shown(h.HookURL), Note: note})
}

// wanted is the registration as it has to be: of invoices only, and without what
// was changed, since nothing of a message is believed.
func (w *worker) wanted() servicetrade.Webhook {
	return servicetrade.Webhook{
		HookURL: w.o.Config.WebhookAddress(w.o.Account), Enabled: true,
		Events: []servicetrade.WebhookEvent{{
			EntityType: w.o.Account.ServiceTrade.InvoiceEntityType, Actions: []string{"created", "updated"},
		}},
	}
}

func (w *worker) fits(h servicetrade.Webhook) bool {
	want := w.wanted()
	if normal(h.HookURL) != w.address || !h.Enabled || h.IncludeChangesets || len(h.Events) != 1 {
		return false
	}
	actions := slices.Sorted(slices.Values(h.Events[0].Actions))
	return h.Events[0].EntityType == want.Events[0].EntityType && slices.Equal(actions, want.Events[0].Actions)
}

// keeper is the registration that stays: the oldest that fits, so that two who
// clean up at once keep the same one; nil when none fits.
func (w *worker) keeper(all []servicetrade.Webhook) *servicetrade.Webhook {
	var keep *servicetrade.Webhook
	for i, h := range all {
		if w.fits(h) && (keep == nil || h.ID < keep.ID) {
			keep = &all[i]
		}
	}
	return keep
}

// register makes the registration and lists all again. When the answer was lost,
// that list tells whether it was made.
func (w *worker) register(ctx context.Context) ([]servicetrade.Webhook, error) {
	made, failed := w.o.API.CreateWebhook(ctx, w.wanted())
	if failed != nil && !servicetrade.WriteUncertain(failed) {
		return nil, w.explain("register the webhook", failed)
	}
	all, err := w.o.API.Webhooks(ctx)
	if err != nil {
		return nil, w.explain("list the webhooks after registering one", err)
	}
	keep := w.keeper(all)
	switch {
	case keep != nil:
		w.row("registered", *keep, "")
		return all, nil
	case failed != nil:
		return nil, w.explain("register the webhook", failed)
	default:
		return nil, w.explain("register the webhook", fmt.Errorf("ServiceTrade accepted webhook %d, but does not list it as it was asked to", made.ID))
	}
}

// clean deletes those of ours that are unwanted, and tells of everybody else's.
func (w *worker) clean(ctx context.Context, all []servicetrade.Webhook, unwanted func(servicetrade.Webhook) bool) error {
	for _, h := range all {
		switch {
		case !w.ours(h):
			w.row("left alone", h, w.suspicion(h))
		case !unwanted(h):
		case w.o.DryRun:
			w.row("would delete", h, "")
		default:
			if err := w.o.API.DeleteWebhook(ctx, h.ID); err != nil {
				return w.explain(fmt.Sprintf("delete webhook %d", h.ID), err)
			}
			w.row("deleted", h, "")
		}
	}
	return nil
}
