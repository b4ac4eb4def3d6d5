package life

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Whatever somebody publishes is told on one line each.
func FuzzAnyMessageIsTold(f *testing.F) {
	f.Add("received", []byte(`{"send":"1","snapshotHash":"`+strings.Repeat("a", 64)+`","hashVersion":1,"snapshot":{"invoice":{"id":"1","invoiceNumber":"a\nb"}}}`), "x")
	f.Add("outcome", []byte(`{"send":"1"}`), "")
	f.Add("dead", []byte{0xff}, "no\nJSON")
	f.Add("command", []byte(`{"followsSend":"1","by":"\u202e","retry":{}}`), "")
	f.Add("later", []byte(`{}`), "@at 2026")
	f.Fuzz(func(t *testing.T, stage string, body []byte, header string) {
		l := &Life{}
		r := reader{life: l}
		r.add(bus.Message{
			Subject: bus.Subject{Stage: bus.Stage(stage), Connection: "acme-books", InvoiceID: 1}, Body: body,
			Headers: map[string]string{bus.HeaderError: header, "Nats-Schedule": header, bus.HeaderOriginStream: header},
		})
		for _, e := range l.Events {
			require.NotEmpty(t, e.Meaning)
			require.NotContains(t, e.Meaning, "\n")
			for _, d := range e.Details {
				require.NotContains(t, d, "\n")
			}
		}
	})
}
