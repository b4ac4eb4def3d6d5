package doctor_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// The configuration cannot tell that a user name and an OAuth2 client belong to one
// account of ServiceTrade; whoever signs in can.
func TestTwoAccountsThatAreOneAreNamed(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	o := w.write()
	again := maps.Clone(w.account)
	again["auth"], again["client_id"], again["client_secret"] = "oauth2", sandbox.DefaultClientID, sandbox.DefaultClientSecret
	w.file("tradepost.yaml", object{
		"accounts": object{
			"acme":  object{"time_zone": "America/Chicago", "servicetrade": w.account},
			"again": object{"time_zone": "America/Chicago", "servicetrade": again},
		},
		"connections": object{"acme-books": w.conn},
	})
	r := w.seal(doctor.Run(t.Context(), o))
	var told []doctor.Result
	for _, one := range r.Results {
		if strings.Contains(one.Problem, "posted twice") {
			told = append(told, one)
		}
	}
	require.Len(t, told, 1)
	require.Equal(t, doctor.Fail, told[0].Status)
	require.Contains(t, told[0].Problem, "the account acme")
	require.Equal(t, "account again", told[0].System)
}
