package ingest

import (
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/ingest/internal/webhook"
)

// listenToWebhooks opens the address of the webhooks. An account without an
// enabled connection may have one too: its hints wait in the stream for an hour.
func (s *Service) listenToWebhooks() error {
	handler, err := webhook.New(webhook.Options{Account: s.webhookAccount, Hints: s.bus, Log: s.deps.Log, Metrics: s.deps.Metrics})
	address := s.deps.Config.Webhook.Listen
	if err != nil || address == "off" {
		return err
	}
	s.hooks, err = runtime.ListenFor("webhook.listen, TRADEPOST_WEBHOOK_LISTEN", address, handler)
	if err != nil {
		return err
	}
	s.deps.Log.Info("listening to webhooks", "address", s.hooks.Addr())
	return nil
}

func (s *Service) webhookAccount(id string) (webhook.Account, bool) {
	a, ok := s.live.Current().Accounts[id]
	if !ok {
		return webhook.Account{}, false
	}
	return webhook.Account{Secret: a.ServiceTrade.WebhookSecret.Reveal(), InvoiceEntityType: a.ServiceTrade.InvoiceEntityType}, true
}
