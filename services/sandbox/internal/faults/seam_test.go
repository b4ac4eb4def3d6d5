package faults

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// nobody is an account in which everybody is signed in.
type nobody struct{ evicted, signedOut int }

func (*nobody) SignedIn(*http.Request) bool { return true }
func (n *nobody) SignOut(*http.Request)     { n.signedOut++ }
func (n *nobody) Evict(int)                 { n.evicted++ }

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func atNoon() *clock { return &clock{time.Date(2026, 7, 31, 12, 0, 0, 0, time.UTC)} }

// ask tells what happens to a request.
func ask(s *Seam, method, target string) string {
	f := s.decide(httptest.NewRequest(method, target, nil))
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%+v", *f)
}

// The same orders and the same requests in the same order: the same faults.
func TestFaultsAreRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		orders := rapid.SliceOfN(rapid.Custom(anOrder), 1, 6).Draw(t, "orders")
		targets := rapid.SliceOfN(rapid.SampledFrom([]string{
			"GET /api/invoice", "GET /api/invoice?page=2", "GET /api/invoice/7", "PUT /api/invoice/7", "POST /api/auth", "POST hook",
		}), 1, 60).Draw(t, "requests")
		play := func() (out []string) {
			c := atNoon()
			s := New(c.now, &nobody{})
			for _, o := range orders {
				_, err := s.Add(o)
				require.NoError(t, err)
			}
			for _, target := range targets {
				c.at = c.at.Add(time.Second)
				var method, path string
				_, err := fmt.Sscan(target, &method, &path)
				require.NoError(t, err)
				if path == "hook" {
					out = append(out, fmt.Sprintf("%+v", s.Webhook("/hooks/1", []string{"invoice"})))
				} else {
					out = append(out, ask(s, method, path))
				}
			}
			for _, o := range s.Orders() {
				require.LessOrEqual(t, o.Struck, o.Seen)
				out = append(out, fmt.Sprint(o.ID, o.Seen, o.Struck, o.Active, o.End))
			}
			return out
		}
		require.Equal(t, play(), play())
	})
}

func TestHowOftenAndHowLong(t *testing.T) {
	for name, test := range map[string]struct {
		order Order
		want  string // x is struck; one request each second
		end   string
	}{
		"always":            {Order{}, "xxxxxxxxxx", ""},
		"next":              {Order{Next: 3}, "xxx.......", "done"},
		"every":             {Order{Every: 3}, "..x..x..x.", ""},
		"every, twice":      {Order{Every: 3, Times: 2}, "..x..x....", "done"},
		"times":             {Order{Times: 2}, "xx........", "done"},
		"for":               {Order{For: 4 * time.Second}, "xxxx......", "time is over"},
		"until":             {Order{Until: atNoon().at.Add(2 * time.Second)}, "xx........", "time is over"},
		"next, but not now": {Order{Next: 3, Resource: "job"}, "..........", ""},
		"chance":            {Order{Probability: 0.5, Seed: 5}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := atNoon()
			s := New(c.now, &nobody{})
			test.order.Fault = CutBefore
			_, err := s.Add(test.order)
			require.NoError(t, err)
			got := ""
			for range 10 {
				if ask(s, "GET", "/api/invoice") != "" {
					got += "x"
				} else {
					got += "."
				}
				c.at = c.at.Add(time.Second)
			}
			if test.want != "" {
				require.Equal(t, test.want, got)
			} else {
				require.Contains(t, got, "x")
				require.Contains(t, got, ".")
			}
			require.Equal(t, test.end, s.Orders()[0].End)
		})
	}
}

func TestChancesAreAsOrdered(t *testing.T) {
	s := New(time.Now, &nobody{})
	for _, chance := range []float64{0.1, 0.5, 0.9} {
		_, err := s.Add(Order{Fault: Latency, Delay: time.Second, MaxDelay: 3 * time.Second, Probability: chance})
		require.NoError(t, err)
	}
	for range 5000 {
		f := s.decide(httptest.NewRequest("GET", "/api/invoice", nil))
		if f != nil {
			require.GreaterOrEqual(t, f.Latency, time.Second)
			require.LessOrEqual(t, f.Latency, 9*time.Second)
		}
	}
	for _, o := range s.Orders() {
		require.InDelta(t, o.Order.Probability, float64(o.Struck)/float64(o.Seen), 0.05)
	}
}

func TestFaultsMeetInOneRequest(t *testing.T) {
	s := New(time.Now, &nobody{})
	for _, o := range []Order{
		{Fault: Throttled, Next: 1},
		{Fault: ServerError, Next: 1},
		{Fault: StaleList, Age: time.Minute},
		{Fault: Drift, PageSize: 5},
		{Fault: Latency, Delay: time.Second},
		{Fault: Latency, Delay: 2 * time.Second},
		{Fault: Evict, Next: 1, Name: "all out"},
	} {
		_, err := s.Add(o)
		require.NoError(t, err)
	}
	next := func() *Fault { return s.decide(httptest.NewRequest("GET", "/api/invoice", nil)) }
	f := next()
	require.Equal(t, Fault{Latency: 3 * time.Second, Evict: -1, Status: 429, by: f.by}, *f, "the first answer wins, waiting adds up")
	require.Equal(t, "Latency 1s (order 5); Latency 2s (order 6); Sessions evicted (order 7, all out); "+
		"Throttled: 429 without Retry-After (order 1)", f.describe())
	f = next()
	require.Equal(t, 503, f.Status, "an order waits for its turn")
	f = next()
	require.Equal(t, Fault{Latency: 3 * time.Second, List: List{Age: time.Minute, PageSize: 5}, by: f.by}, *f)
	s.Set(func(*http.Request) *Fault { return &Fault{CutBefore: true} })
	f = next()
	require.True(t, f.CutBefore)
	require.Zero(t, f.List, "a test's own answer comes first")
	require.Contains(t, f.describe(), "cut before the work; Latency 1s (order 5)")
}

func TestEndedOrdersAreForgottenInTheEnd(t *testing.T) {
	s := New(time.Now, &nobody{})
	keep, err := s.Add(Order{Fault: CutAfter})
	require.NoError(t, err)
	for range endedKept + 50 {
		o, err := s.Add(Order{Fault: CutAfter})
		require.NoError(t, err)
		require.True(t, s.Cancel(o.ID))
	}
	all := s.Orders()
	require.LessOrEqual(t, len(all), endedKept+2)
	require.Equal(t, keep.ID, all[0].ID, "active ones come first, and stay")
	require.Equal(t, "canceled", all[1].End)
	require.False(t, s.Cancel(999999))
	s.Clear()
	require.Empty(t, s.Orders())
}
