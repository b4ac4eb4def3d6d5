package sage50

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStateIsACodeOrNothing(t *testing.T) {
	for given, want := range map[string]string{"NC": "NC", " TX ": "TX", "North Carolina": "", "": ""} {
		require.Equal(t, want, stateCode(given), given)
	}
}
