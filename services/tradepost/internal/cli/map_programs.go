package cli

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
)

// programsOnDemand reaches connectors that are programs of their own. It connects to NATS
// with the first question: tables of other connections are begun without any NATS.
type programsOnDemand struct {
	config *connection.Config
	once   sync.Once
	nc     *nats.Conn
	reach  connector.Programs
}

func (p *programsOnDemand) programs(ctx context.Context) connector.Programs {
	p.once.Do(func() {
		nc, _, why := reachNATS(ctx, p.config)
		if nc == nil {
			p.reach = connector.NoPrograms(why)
			return
		}
		p.nc, p.reach = nc, bus.Asker{NC: nc}
	})
	return p.reach
}

// Ask implements connector.Programs.
func (p *programsOnDemand) Ask(ctx context.Context, subject string, body []byte) ([]byte, error) {
	return p.programs(ctx).Ask(ctx, subject, body)
}

// AskAll implements connector.Programs.
func (p *programsOnDemand) AskAll(ctx context.Context, subject string, body []byte, linger time.Duration) ([][]byte, error) {
	return p.programs(ctx).AskAll(ctx, subject, body, linger)
}

func (p *programsOnDemand) close() {
	if p.nc != nil {
		p.nc.Close()
	}
}
