package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

func TestRedacted(t *testing.T) {
	for in, want := range map[string]string{
		"nats://127.0.0.1:4222":                      "nats://127.0.0.1:4222",
		"nats://user:p@ss@host:4222":                 "nats://xxxxx@host:4222",
		"nats://token@a:1,tls://u:secret@b:2,host:3": "nats://xxxxx@a:1,tls://xxxxx@b:2,host:3",
		"user:secret@host":                           "xxxxx@host",
		"":                                           "",
	} {
		require.Equal(t, want, bus.Redacted(in))
	}
}
