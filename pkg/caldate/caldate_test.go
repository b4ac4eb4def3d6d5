package caldate_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/caldate"
)

func TestParse(t *testing.T) {
	for _, s := range []string{"2026-09-30", "2024-02-29", "1900-01-01", "9999-12-31"} {
		d, err := caldate.Parse(s)
		require.NoError(t, err)
		require.Equal(t, s, d.String())
	}
	for _, s := range []string{"", "2026-9-30", "2025-02-29", "2026-13-01", "26-09-30", "2026/09/30", "2026-09-30T00:00", "0026-09-30", "1899-12-31"} {
		_, err := caldate.Parse(s)
		require.Error(t, err, s)
	}
}

// The day of an instant is the one on the wall where the account is, around
// midnight and on the days when the clocks change.
func TestFromUnixInZones(t *testing.T) {
	for _, c := range []struct{ zone, instant, want string }{
		{"America/New_York", "2026-11-22T04:59:59Z", "2026-11-21"},
		{"America/New_York", "2026-11-22T05:00:00Z", "2026-11-22"},
		{"America/Los_Angeles", "2026-03-08T07:59:59Z", "2026-03-07"},
		{"America/Los_Angeles", "2026-03-09T06:59:59Z", "2026-03-08"},
		{"America/Chicago", "2026-11-01T04:59:59Z", "2026-10-31"},
		{"America/Chicago", "2026-11-02T05:59:59Z", "2026-11-01"},
		{"America/St_Johns", "2026-07-01T02:29:59Z", "2026-06-30"},
		{"America/Phoenix", "2026-07-01T07:00:00Z", "2026-07-01"},
		{"Pacific/Honolulu", "2027-01-01T09:59:59Z", "2026-12-31"},
		{"UTC", "1969-12-31T23:59:59Z", "1969-12-31"},
	} {
		at, err := time.Parse(time.RFC3339, c.instant)
		require.NoError(t, err)
		loc, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		d, err := caldate.FromUnix(at.Unix(), loc)
		require.NoError(t, err)
		require.Equal(t, c.want, d.String(), c.zone+" "+c.instant)
	}
	for _, sec := range []int64{1700582400000, -1 << 62, 1 << 62} {
		_, err := caldate.FromUnix(sec, time.UTC)
		require.Error(t, err)
	}
}

func TestOrderAndDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(-20000, 20000).Draw(t, "days")
		start := time.Date(2026, 1, rapid.IntRange(1, 365).Draw(t, "start"), 0, 0, 0, 0, time.UTC)
		a, err := caldate.FromUnix(start.Unix(), time.UTC)
		require.NoError(t, err)
		b, err := caldate.FromUnix(start.AddDate(0, 0, days).Unix(), time.UTC)
		require.NoError(t, err)
		require.Equal(t, days, a.DaysUntil(b))
		require.Equal(t, days > 0, b.After(a))
		require.Equal(t, days == 0, a == b)
	})
	require.True(t, caldate.Date{}.IsZero())
	require.Empty(t, caldate.Date{}.String())
	_, err := caldate.New(2026, time.February, 29)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add("2026-09-30")
	f.Add("2026-02-30")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := caldate.Parse(s); err == nil {
			require.Equal(t, s, d.String())
		}
	})
}
