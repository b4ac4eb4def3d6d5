package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Asker asks connectors that are programs of their own, over a connection that the
// process has already.
type Asker struct{ NC *nats.Conn }

var _ connector.Programs = Asker{}

// Ask implements connector.Programs. A request is never kept for later: while the
// connection is down nobody is asked.
func (a Asker) Ask(ctx context.Context, subject string, body []byte) ([]byte, error) {
	switch {
	case ctx.Err() != nil:
		return nil, notAsked(ctx.Err())
	case !a.NC.IsConnected():
		return nil, notAsked(errors.New("the connection to NATS is down"))
	case int64(len(body)) > a.NC.MaxPayload():
		return nil, notAsked(fmt.Errorf("the request has %d bytes, and the NATS server takes %d", len(body), a.NC.MaxPayload()))
	}
	msg := &nats.Msg{Subject: subject, Data: body, Header: nats.Header{}}
	telemetry.Inject(ctx, msg.Header.Set)
	answer, err := a.NC.RequestMsgWithContext(ctx, msg)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, fmt.Errorf("%w to %s", connector.ErrNoProgram, subject)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	return answer.Data, nil
}

func notAsked(err error) error { return fmt.Errorf("%w: %w", connector.ErrNotAsked, err) }
