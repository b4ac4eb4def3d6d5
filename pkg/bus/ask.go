package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	msg, err := a.request(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	answer, err := a.NC.RequestMsgWithContext(ctx, msg)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, fmt.Errorf("%w to %s", connector.ErrNoProgram, subject)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	return answer.Data, nil
}

// AskAll implements connector.Programs.
func (a Asker) AskAll(ctx context.Context, subject string, body []byte, linger time.Duration) ([][]byte, error) {
	msg, err := a.request(ctx, subject, body)
	if err != nil {
		return nil, err
	}
	msg.Reply = a.NC.NewInbox()
	inbox, err := a.NC.SubscribeSync(msg.Reply)
	if err != nil {
		return nil, notAsked(err)
	}
	defer func() { _ = inbox.Unsubscribe() }()
	if err := a.NC.PublishMsg(msg); err != nil {
		return nil, notAsked(err)
	}
	first, err := inbox.NextMsgWithContext(ctx)
	if errors.Is(err, nats.ErrNoResponders) || (err == nil && nobody(first)) {
		return nil, fmt.Errorf("%w to %s", connector.ErrNoProgram, subject)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	all := [][]byte{first.Data}
	ctx, cancel := context.WithTimeout(ctx, linger)
	defer cancel()
	for {
		next, err := inbox.NextMsgWithContext(ctx)
		if err != nil {
			return all, nil
		}
		all = append(all, next.Data)
	}
}

// nobody tells whether the NATS server itself answered, since nobody listens.
func nobody(answer *nats.Msg) bool {
	return len(answer.Data) == 0 && answer.Header.Get("Status") == "503"
}

// request is a message that may be sent now.
func (a Asker) request(ctx context.Context, subject string, body []byte) (*nats.Msg, error) {
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
	return msg, nil
}

func notAsked(err error) error { return fmt.Errorf("%w: %w", connector.ErrNotAsked, err) }
