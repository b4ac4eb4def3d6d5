package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// Describe asks a program what it says of itself; sent is when it was asked.
func Describe(ctx context.Context, programs connector.Programs, program string) (said *tradepostv1.ConnectorDescription, sent time.Time, err error) {
	body, err := bus.Encode(&tradepostv1.DescribeConnector{})
	if err != nil {
		return nil, sent, err
	}
	sent, said = time.Now(), &tradepostv1.ConnectorDescription{}
	c := &Connector{programs: programs}
	return said, sent, c.ask(ctx, SubjectDescribe+program, body, said)
}

// differences lists what the settings declare and the program does not announce, and
// a clock that is wrong: the program was asked at sent, and answered before received.
func (c *Connector) differences(said *tradepostv1.ConnectorDescription, sent, received time.Time) []string {
	var how []string
	differ := func(format string, args ...any) { how = append(how, fmt.Sprintf(format, args...)) }
	if said.GetProtocol() != Protocol {
		differ("it speaks version %d of the messages, and Tradepost %d", said.GetProtocol(), Protocol)
	}
	for _, ability := range c.cfg.Can {
		if !slices.Contains(said.GetCan(), ability) {
			differ("the connection declares %q, and the program does not announce it", ability)
		}
	}
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
			Message: fmt.Sprintf("%s (program %s) is not what its connection declares: %s", c.cfg.Title, c.cfg.Program, d),
		})
	}
	return c.stop(ctx, err)
}
