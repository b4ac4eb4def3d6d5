package bus_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, body, code string
		says             []string
	}{
		{name: "good", body: `{"followsSend":"3","by":"ann","retry":{}}`},
		{name: "proto names and numbers", body: `{"follows_send":3,"retry":{}}`},
		{name: "fields of a later version", body: `{"followsSend":"3","retry":{},"colour":{"a":[1]}}`},
		{name: "no JSON", body: `hello`, code: bus.CodeUnreadable, says: []string{"message 9 of INVOICE_COMMAND on invoice.command.acme.7", "no JSON of tradepost.v1.InvoiceCommand"}},
		{name: "empty", body: ``, code: bus.CodeUnreadable},
		{name: "wrong type", body: `{"followsSend":"three","retry":{}}`, code: bus.CodeUnreadable, says: []string{"followsSend", "three"}},
		{name: "one rule broken", body: `{"followsSend":"-1","retry":{}}`, code: bus.CodeInvalid, says: []string{"follows_send", "greater than or equal to 0"}},
		{name: "several rules broken", body: `{"followsSend":"-1"}`, code: bus.CodeInvalid, says: []string{"follows_send", "command"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := bus.Message{Raw: "invoice.command.acme.7", Stream: bus.StreamCommand, Sequence: 9, Body: []byte(c.body)}
			var got tradepostv1.InvoiceCommand
			err := bus.Decode(m, &got)
			if c.code == "" {
				require.NoError(t, err)
				require.EqualValues(t, 3, got.GetFollowsSend())
				return
			}
			code, ok := bus.PoisonCode(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.code, code)
			for _, words := range c.says {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	body, err := bus.Encode(command())
	require.NoError(t, err)
	require.True(t, json.Valid(body))
	require.NotContains(t, string(body), "reason", "what is not set stays out")
	var got tradepostv1.InvoiceCommand
	require.NoError(t, bus.Decode(bus.Message{Body: body}, &got))
	require.Equal(t, "ann", got.GetBy())
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"followsSend":"3","retry":{}}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got tradepostv1.InvoiceCommand
		err := bus.Decode(bus.Message{Body: body}, &got)
		if err == nil {
			require.NoError(t, bus.Validate(&got))
			return
		}
		_, poison := bus.PoisonCode(err)
		require.True(t, poison, "what cannot be decoded is poison: %v", err)
	})
}

func TestErrorClasses(t *testing.T) {
	base := errors.New("boom")
	wrap := func(err error) error { return errors.Join(errors.New("while posting"), err) }

	d, ok := bus.RetryDelay(wrap(bus.RetryAfter(time.Minute, base)))
	require.True(t, ok)
	require.Equal(t, time.Minute, d)
	code, ok := bus.PoisonCode(wrap(bus.Poison("x.y", base)))
	require.True(t, ok)
	require.Equal(t, "x.y", code)
	require.ErrorIs(t, bus.Poison("x.y", base), base)
	require.ErrorIs(t, bus.RetryAfter(0, base), base)

	_, ok = bus.PoisonCode(bus.RetryAfter(time.Second, bus.Poison("x.y", base)))
	require.False(t, ok, "the outermost class counts")
	_, ok = bus.RetryDelay(base)
	require.False(t, ok)
	_, ok = bus.PoisonCode(base)
	require.False(t, ok)
	code, ok = bus.PoisonCode(wrap(bus.ErrTooLarge))
	require.True(t, ok)
	require.Equal(t, bus.CodeTooLarge, code)
	d, _ = bus.RetryDelay(bus.RetryAfter(-time.Second, base))
	require.Zero(t, d)
	require.True(t, strings.HasPrefix(bus.Poison("x.y", base).Error(), "x.y: "))
}
