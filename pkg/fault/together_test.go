package fault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestOnlyTheVerySameFaultIsToldOnce(t *testing.T) {
	of := func(thing, path string) *tradepostv1.Fault {
		return fault.New("account.not_in_books", fault.Args{Thing: thing, Path: path})
	}
	first := []*tradepostv1.Fault{of("Account 1200", "customer")}
	next := []*tradepostv1.Fault{
		of("Account 1200", "customer"), of("Account 1200", "lines[0]"), of("Account 4000", "customer"), of("Account 4000", "customer"),
	}
	require.Equal(t, append([]*tradepostv1.Fault{first[0]}, next[1:]...), fault.Together(first, next))
	require.Equal(t, next, fault.Together(nil, next), "one document's faults are its own")
	require.Len(t, first, 1)
}
