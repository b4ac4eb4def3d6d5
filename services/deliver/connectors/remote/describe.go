package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// clockTolerance is how far the program's clock may be off: deadlines are compared with
// it, and others wait 5 s longer than a claim before they take over.
const clockTolerance = 2 * time.Second

// differsError says that the program is not what its connection declares.
type differsError struct{ how []string }

func (e *differsError) Error() string { return strings.Join(e.how, "; ") }

// describe asks the program what it is, and compares that with the settings.
func (c *Connector) describe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	said, sent, err := Describe(ctx, c.programs, c.cfg.Program)
	if err != nil {
		return err
	}
	if how := c.differences(said, sent, time.Now()); len(how) > 0 {
		return &differsError{how}
	}
	return nil
}

// linger is for how long a second answer is waited for: only programs that do not share
// a queue group give one, and each of them would make the document.
const linger = 100 * time.Millisecond

// Describe asks a program what it says of itself; sent is when it was asked. That several
// answer is an error.
func Describe(ctx context.Context, programs connector.Programs, program string) (said *tradepostv1.ConnectorDescription, sent time.Time, err error) {
	body, err := bus.Encode(&tradepostv1.DescribeConnector{})
	if err != nil {
		return nil, sent, err
	}
	if err := ctx.Err(); err != nil {
		return nil, sent, fmt.Errorf("%w: %w", connector.ErrNotAsked, err)
	}
	sent, said = time.Now(), &tradepostv1.ConnectorDescription{}
	all, err := programs.AskAll(ctx, SubjectDescribe+program, body, linger)
	if err != nil {
		return nil, sent, err
	}
	if len(all) > 1 {
		return nil, sent, &differsError{[]string{fmt.Sprintf(
			"%d programs answer to each question under the name %s, and each would make the document: all copies have to listen with that name as their queue group", len(all), program,
		)}}
	}
	return said, sent, answers.Read(all[0], said)
}

// differences lists what the settings declare and the program does not announce, and
// a clock that is wrong: the program was asked at sent, and answered before received.
func (c *Connector) differences(said *tradepostv1.ConnectorDescription, sent, received time.Time) []string {
	var how []string
	differ := func(format string, args ...any) { how = append(how, fmt.Sprintf(format, args...)) }
	if said.GetProtocol() != Protocol {
		differ("it speaks version %d of the messages, and Tradepost %d", said.GetProtocol(), Protocol)
	}
	how = append(how, answers.Unannounced(c.cfg.Can, c.cfg.Lists, said, "program")...)
	if c.cfg.AtomicMarker && !said.GetAtomicMarker() {
		differ("the connection declares atomic_marker, and the program does not announce it")
	}
	if settling := answers.Duration(said.GetSettlingTime()); settling > c.cfg.SettlingTime {
		differ("its settling time is %s, and the connection declares %s", settling, c.cfg.SettlingTime)
	}
	now := said.GetNow().AsTime()
	switch {
	case now.Before(sent.Add(-clockTolerance)):
		differ("its clock is %s behind", sent.Sub(now).Round(time.Second))
	case now.After(received.Add(clockTolerance)):
		differ("its clock is %s ahead", now.Sub(received).Round(time.Second))
	}
	return how
}

// troubled makes an error of what describe found: differences stop the connection.
func (c *Connector) troubled(ctx context.Context, err error) error {
	if d, is := errors.AsType[*differsError](err); is {
		return connector.Stop(connector.Wait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonProgramDiffers,
			Message: fmt.Sprintf("%s is not what its connection declares: %s", c.who(), d),
		})
	}
	return c.whole(ctx, err)
}

// whole is stop for what is asked of the program itself: an answer that cannot be read
// stops the connection.
func (c *Connector) whole(ctx context.Context, err error) error {
	if errors.Is(err, answers.ErrUnreadable) {
		return answers.Unreadable(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, c.who(), err)
	}
	return c.stop(ctx, err)
}
