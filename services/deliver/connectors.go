package deliver

import (
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/file"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/deliver/connectors/sage50"
)

// Connectors are the connectors that Tradepost comes with. A program that has
// others makes a registry of its own.
func Connectors() (*connector.Registry, error) {
	return connector.NewRegistry(file.Registration(), hledger.Registration(), sage50.Registration())
}
