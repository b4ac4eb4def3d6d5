package deliver

import (
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/file"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
	"github.com/tradepost/tradepost/services/deliver/connectors/sage50"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

// Connectors are the connectors that Tradepost comes with. A program that has
// others makes a registry of its own.
func Connectors() (*connector.Registry, error) {
	return connector.NewRegistry(
		file.Registration(),
		hledger.Registration(),
		quickbooksonline.Registration(quickbooksonline.Options{Tokens: quickbooksonline.FromSettings}),
		remote.Registration(),
		sage50.Registration(),
		tryton.Registration(),
		webhook.Registration(),
	)
}
