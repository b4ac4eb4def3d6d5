package run

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/report"
)

func TestALargeRunIsPatientAndGoesSlowly(t *testing.T) {
	small, err := Parse([]string{"--invoices", "2000", "--seed", "7"}, io.Discard)
	require.NoError(t, err)
	require.EqualValues(t, 7, small.Seed)
	require.False(t, small.Patient)
	require.InDelta(t, 20, small.Rate, 0)
	require.Equal(t, 2500*time.Millisecond, small.Gap)
	big, err := Parse([]string{"--invoices", "20000"}, io.Discard)
	require.NoError(t, err)
	require.True(t, big.Patient)
	require.InDelta(t, 10, big.Rate, 0)
	require.Equal(t, 6*time.Second, big.Gap)
	told, err := Parse([]string{"--invoices", "20000", "--patient", "no", "--rate", "3", "--gap", "1s"}, io.Discard)
	require.NoError(t, err)
	require.False(t, told.Patient)
	require.InDelta(t, 3, told.Rate, 0)
	require.Equal(t, time.Second, told.Gap)
}

func TestTheTargetIsChosen(t *testing.T) {
	usual, err := Parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "plain", usual.Target)
	books, err := Parse([]string{"--target", "quickbooks", "--invoices", "20000"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "quickbooks", books.Target)
	require.InDelta(t, 2.5, books.Rate, 0, "it takes no more")
	require.Equal(t, 5*time.Second, books.Gap)
	told, err := Parse([]string{"--target", "quickbooks", "--rate", "6"}, io.Discard)
	require.NoError(t, err)
	require.InDelta(t, 6, told.Rate, 0)
}

func TestWhatTheCommandLineRefuses(t *testing.T) {
	for _, args := range [][]string{{"--invoices", "0"}, {"--patient", "maybe"}, {"--rate", "-1"}, {"more"}, {"--unknown"}, {"--target", "ledger"}} {
		_, err := Parse(args, io.Discard)
		require.Error(t, err, args)
	}
}

// A crippled product has to be found out; any other must be without fault.
func TestVerdict(t *testing.T) {
	doubled := &report.Report{Violations: []judge.Violation{{Kind: judge.Doubled}}, Counts: map[judge.Kind]int{judge.Doubled: 1}}
	restless := &report.Report{Restless: "one is pending"}
	fine := &report.Report{}
	for _, c := range []struct {
		crippled bool
		report   *report.Report
		want     error
	}{
		{false, fine, nil},
		{false, doubled, ErrFailed},
		{false, restless, ErrFailed},
		{true, fine, ErrToothless},
		{true, restless, ErrToothless},
		{true, doubled, nil},
	} {
		o := Options{Crippled: c.crippled, Out: io.Discard}
		require.ErrorIs(t, o.verdict(c.report), c.want)
	}
}
