package grants_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
)

// Whoever refreshes when and with which token: the newest one works, a replaced
// one works until its grace is over and gets the newest, and never later.
func TestRefreshTokensOfManyHolders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		rotate := rapid.SampledFrom([]time.Duration{-1, time.Hour, 24 * time.Hour}).Draw(t, "rotate")
		grace := rapid.SampledFrom([]time.Duration{-1, time.Hour, 24 * time.Hour}).Draw(t, "grace")
		d := grants.New(grants.Config{RotateAfter: rotate, Grace: grace, Now: func() time.Time { return now }})
		newest := d.Grant("app", "1").Refresh
		replaced := map[string]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*3600).Draw(t, "seconds")) * time.Second)
			token := rapid.SampledFrom(append(slices.Sorted(maps.Keys(replaced)), newest)).Draw(t, "token")
			at, isOld := replaced[token]
			got, ok := d.Refresh("app", token)
			require.Equal(t, !isOld || now.Before(at.Add(grace)), ok)
			if !ok {
				continue
			}
			if isOld {
				require.Equal(t, newest, got.Refresh)
			}
			if got.Refresh != newest {
				replaced[newest] = now
				newest = got.Refresh
			}
			_, realm, live := d.Access(got.Access)
			require.True(t, live)
			require.Equal(t, "1", realm)
		}
	})
}

func TestAnotherAppCannotUseATokenOrACode(t *testing.T) {
	d := grants.New(grants.Config{Apps: []grants.App{{ID: "a"}, {ID: "b"}}, Now: time.Now})
	tokens := d.Grant("a", "1")
	_, ok := d.Refresh("b", tokens.Refresh)
	require.False(t, ok)
	require.False(t, d.Revoke("b", tokens.Refresh))
	code := d.Code("a", "1", "http://localhost/x")
	_, ok = d.Exchange("b", code, "http://localhost/x")
	require.False(t, ok)
	_, ok = d.Exchange("a", code, "http://localhost/x")
	require.True(t, ok)
}

func TestACodeEnds(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	d := grants.New(grants.Config{Now: func() time.Time { return now }})
	code := d.Code("a", "1", "x")
	now = now.Add(10 * time.Minute)
	_, ok := d.Exchange("a", code, "x")
	require.False(t, ok)
}
