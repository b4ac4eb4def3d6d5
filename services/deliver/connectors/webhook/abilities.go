package webhook

import (
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// What an endpoint may do besides finding and making documents.
const (
	CanUpdate  = answers.CanUpdate
	CanVoid    = answers.CanVoid
	CanPreview = answers.CanPreview
)

// Abilities are the values of Config.Can.
var Abilities = answers.Abilities

type (
	updater   struct{ c *Connector }
	voider    struct{ c *Connector }
	previewer struct{ c *Connector }
)

// with adds the methods of what the endpoint can do: deliver asks with type assertions.
func (c *Connector) with(update, void, preview bool) connector.Connector {
	u, v, p := updater{c}, voider{c}, previewer{c}
	switch [3]bool{update, void, preview} {
	case [3]bool{true, true, true}:
		return struct {
			*Connector
			updater
			voider
			previewer
		}{c, u, v, p}
	case [3]bool{true, true, false}:
		return struct {
			*Connector
			updater
			voider
		}{c, u, v}
	case [3]bool{true, false, true}:
		return struct {
			*Connector
			updater
			previewer
		}{c, u, p}
	case [3]bool{true, false, false}:
		return struct {
			*Connector
			updater
		}{c, u}
	case [3]bool{false, true, true}:
		return struct {
			*Connector
			voider
			previewer
		}{c, v, p}
	case [3]bool{false, true, false}:
		return struct {
			*Connector
			voider
		}{c, v}
	case [3]bool{false, false, true}:
		return struct {
			*Connector
			previewer
		}{c, p}
	}
	return c
}

var (
	_ connector.Updater        = updater{}
	_ connector.Voider         = voider{}
	_ connector.PreviewChecker = previewer{}
)
