package faultsdoc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/faultsdoc"
)

var root = filepath.Join("..", "..", "..", "..")

func TestThePageIsUpToDateAndHasASectionForEachCode(t *testing.T) {
	page, err := faultsdoc.Page()
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(root, "docs", "faults.md"))
	require.NoError(t, err)
	require.Equal(t, string(have), page, "run: make generate")
	for _, e := range fault.All() {
		sections, kept := strings.Count(page, "\n### "+e.Code+"\n"), strings.Count(page, "\n- "+e.Code+": ")
		if e.Reserved {
			require.Equal(t, [2]int{0, 1}, [2]int{sections, kept}, e.Code)
			continue
		}
		require.Equal(t, [2]int{1, 0}, [2]int{sections, kept}, e.Code)
	}
}

func TestNoFaultIsWithoutOwnerOrFix(t *testing.T) {
	require.Empty(t, faultsdoc.Problems(fault.All()))
}

// What the lint refuses, so that it is known to refuse.
func TestTheLintRefuses(t *testing.T) {
	good, ok := fault.Lookup("accounting.refused")
	require.True(t, ok)
	for what, spoil := range map[string]func(*fault.Entry){
		"no owner":              func(e *fault.Entry) { e.Owner = tradepostv1.FaultOwner_FAULT_OWNER_UNSPECIFIED },
		"no fix":                func(e *fault.Entry) { e.Fix = "Mend it." },
		"no message of its own": func(e *fault.Entry) { e.Message = "{reason}" },
		"into a text of ours":   func(e *fault.Entry) { e.Message = "the system said {vendor_text}" },
		"no thing":              func(e *fault.Entry) { e.Thing = " " },
	} {
		e := good
		spoil(&e)
		wrong := faultsdoc.Problems([]fault.Entry{e})
		require.Len(t, wrong, 1, what)
		require.Contains(t, wrong[0], what)
	}
}
