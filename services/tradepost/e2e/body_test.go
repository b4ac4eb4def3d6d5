package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// entityOf reads which record a comment is about.
func entityOf(t *testing.T, body string) string {
	t.Helper()
	var c struct {
		EntityID json.Number `json:"entityId"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &c))
	return c.EntityID.String()
}
