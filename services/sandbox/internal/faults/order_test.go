package faults

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWrongOrdersAreRefusedWithAllThatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		order Order
		want  []string // begin of each problem
	}{
		"nothing":             {Order{}, []string{"fault is missing: must be one of latency"}},
		"unknown":             {Order{Fault: "fire"}, []string{`fault "fire" is not known`}},
		"no delay":            {Order{Fault: Latency}, []string{"delay is required"}},
		"delay of another":    {Order{Fault: CutBefore, Delay: time.Second}, []string{"delay means nothing for cut-before"}},
		"shorter most":        {Order{Fault: Latency, Delay: 2 * time.Second, MaxDelay: time.Second}, []string{"max_delay must not be shorter"}},
		"method":              {Order{Fault: CutBefore, Method: "FETCH"}, []string{"method must be one of GET"}},
		"method of a list":    {Order{Fault: StaleList, Method: "put"}, []string{"method must be GET"}},
		"method of a webhook": {Order{Fault: WebhookDrop, Method: "POST"}, []string{"method means nothing"}},
		"resource":            {Order{Fault: CutBefore, Resource: "bill"}, []string{"resource must be one of attachment"}},
		"path":                {Order{Fault: CutBefore, Path: "invoice"}, []string{"path must begin with /api/"}},
		"pattern":             {Order{Fault: CutBefore, Path: "/api/[x"}, []string{"path is no pattern"}},
		"stars":               {Order{Fault: CutBefore, Path: "/api/**/comment"}, []string{"path may have ** only"}},
		"chance":              {Order{Fault: CutBefore, Probability: 1.5}, []string{"probability must be a chance above 0"}},
		"two ways":            {Order{Fault: CutBefore, Probability: .5, Every: 3}, []string{"probability cannot be combined with every"}},
		"two counts":          {Order{Fault: CutBefore, Next: 3, Times: 3}, []string{"times cannot be combined with next"}},
		"two ends":            {Order{Fault: CutBefore, For: time.Hour, Until: time.Now().Add(time.Hour)}, []string{"until cannot be combined with for"}},
		"negative":            {Order{Fault: CutBefore, Next: -1, For: -time.Second}, []string{"next must be", "for must be a length of time"}},
		"status":              {Order{Fault: ServerError, Status: 404}, []string{"status must be a whole number from 500 to 599, not 404"}},
		"part of a second":    {Order{Fault: Throttled, RetryAfter: 1500 * time.Millisecond}, []string{"retry_after must be a length of time"}},
		"age":                 {Order{Fault: StaleList, Age: 2 * time.Hour}, []string{"age must be a length"}},
		"chances":             {Order{Fault: Drift, Skip: .7, Repeat: .7}, []string{"repeat and skip must not be more than 1"}},
		"page size":           {Order{Fault: Drift, PageSize: 5, Probability: .5}, []string{"page_size must hold for every page"}},
		"many": {
			Order{Fault: Throttled, Method: "X", Resource: "y", Path: "z", Age: time.Second},
			[]string{"age means nothing", "method must be", "resource must be", "path must begin"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(time.Now, nil).Add(test.order)
			require.Error(t, err)
			problems := strings.Split(strings.TrimPrefix(err.Error(), "the order is refused: "), "; ")
			require.Len(t, problems, len(test.want), err)
			for i, want := range test.want {
				require.Contains(t, problems[i], want)
			}
		})
	}
	_, err := New(time.Now, nil).Add(Order{Fault: CutBefore, Until: time.Now().Add(-time.Minute)})
	require.ErrorContains(t, err, "until is in the past")
}

func TestFieldsAsPeopleWriteThem(t *testing.T) {
	o, problems := FromTexts(map[string]string{
		"fault": "server-error", "method": "put", "retry_after": "1m30s", "probability": "0.25", "seed": "-7",
		"until": "2026-07-31T10:00:00Z", "status": "504", "name": "n",
	})
	require.Empty(t, problems)
	require.Empty(t, o.Check())
	require.Equal(t, Order{
		Name: "n", Fault: ServerError, Method: "put", Probability: 0.25, Seed: -7, Status: 504, RetryAfter: 90 * time.Second,
		Until: time.Date(2026, 7, 31, 10, 0, 0, 0, time.UTC),
	}, o)
	for field, texts := range map[string][]string{
		"probability": {"0", "-0.1", "1.1", "NaN", "often"}, "next": {"0", "-1", "1.5", "x", ""}, "every": {"0"}, "times": {"0"},
		"for": {"0s", "10", "-1m", "x"}, "seed": {"1.5", ""}, "until": {"10:00", "tomorrow"}, "status": {"499", "600"},
		"retry_after": {"0", "0s", "500ms", "30"}, "skip": {"-1", "2"}, "colour": {"red"}, "sessions": {"0"},
	} {
		for _, text := range texts {
			_, problems := FromTexts(map[string]string{"fault": "drift", field: text})
			require.Len(t, problems, 1, "%s %q", field, text)
			require.Equal(t, field, problems[0].Field)
		}
	}
}

// anOrder draws an order that can be given.
func anOrder(t *rapid.T) Order {
	info := rapid.SampledFrom(Kinds()).Draw(t, "kind")
	o := Order{Fault: info.Kind, Seed: rapid.Int64().Draw(t, "seed"), Name: rapid.SampledFrom([]string{"", "a b"}).Draw(t, "name")}
	seconds := func(what string, most int) time.Duration {
		return time.Duration(rapid.IntRange(1, most).Draw(t, what)) * time.Second
	}
	switch rapid.IntRange(0, 3).Draw(t, "often") {
	case 1:
		o.Next = rapid.IntRange(1, 9).Draw(t, "next")
	case 2:
		o.Every = rapid.IntRange(1, 5).Draw(t, "every")
	case 3:
		o.Probability = rapid.Float64Range(0.01, 1).Draw(t, "chance")
	}
	if rapid.Bool().Draw(t, "bounded") {
		o.For = seconds("for", 100)
	}
	switch info.Kind {
	case Latency, WebhookDelay:
		o.Delay = seconds("delay", 9)
		o.MaxDelay = o.Delay + seconds("more", 9)
	case Throttled, ServerError:
		o.RetryAfter = seconds("retry", 99)
	case StaleList:
		o.Age = seconds("age", 99)
	case Drift:
		o.Rows, o.Skip, o.Repeat = rapid.IntRange(1, 9).Draw(t, "rows"), 0.5, 0.5
	}
	return o
}

func TestOrdersSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		require.Empty(t, o.Check())
		data, err := json.Marshal(State{ID: 3, Order: o})
		require.NoError(t, err)
		var back State
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, o, back.Order)
		require.NotEmpty(t, o.What()+o.Where()+o.Often()+State{Order: o, Active: true}.Long())
	})
}

func FuzzOrderJSON(f *testing.F) {
	f.Add([]byte(`{"fault":"latency","delay":"2s","next":3}`))
	f.Add([]byte(`{"fault":"drift","skip":0.5,"rows":[1]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var o Order
		if json.Unmarshal(data, &o) != nil || len(o.Check()) > 0 {
			return
		}
		again, err := json.Marshal(o)
		require.NoError(t, err)
		var back Order
		require.NoError(t, json.Unmarshal(again, &back), string(again))
		require.Empty(t, back.Check())
	})
}

func TestPathsThatFit(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		fits          bool
	}{
		{"", "/api/x", true},
		{"/api/invoice", "/api/invoice", true},
		{"/api/invoice", "/api/invoice/", true},
		{"/api/invoice", "/api/invoice/7", false},
		{"/api/invoice/*", "/api/invoice/7", true},
		{"/api/invoice/*", "/api/invoice", false},
		{"/api/invoice/*", "/api/invoice/7/x", false},
		{"/api/invoice/26*", "/api/invoice/267", true},
		{"/api/invoice/26*", "/api/invoice/367", false},
		{"/api/*/9", "/api/job/9", true},
		{"/api/location/**", "/api/location", true},
		{"/api/location/**", "/api/location/1/comment", true},
		{"/api/location/**", "/api/locations", false},
		{"/api/**", "/api/anything/at/all", true},
	} {
		require.Equal(t, test.fits, pathFits(test.pattern, test.path), "%s of %s", test.path, test.pattern)
	}
}

func TestTexts(t *testing.T) {
	for want, o := range map[string]Order{
		"Latency 2s to 5s | everywhere | always":                                      {Fault: Latency, Delay: 2 * time.Second, MaxDelay: 5 * time.Second},
		"Throttled: 429 without Retry-After | PUT invoice | every 2nd":                {Fault: Throttled, Method: "put", Resource: "invoice", Every: 2},
		"Throttled: 429, Retry-After 1m | /api/job/* | the next 4":                    {Fault: Throttled, RetryAfter: time.Minute, Path: "/api/job/*", Next: 4},
		"Server error: 503 without Retry-After | everywhere | chance 0.5, seed 3":     {Fault: ServerError, Probability: .5, Seed: 3},
		"Stale list: from 1h ago | everywhere | every 11th":                           {Fault: StaleList, Age: time.Hour, Every: 11},
		"Pages drift: up to 3 rows, skip 0.25, repeat 0.25 | everywhere | every 23rd": {Fault: Drift, Every: 23},
		"Pages drift: 5 rows on a page | everywhere | always":                         {Fault: Drift, PageSize: 5},
		"Sessions evicted: the oldest 2 | everywhere | every 21st":                    {Fault: Evict, Sessions: 2, Every: 21},
		"Signed out: 401 | everywhere | every 13th":                                   {Fault: SignedOut, Every: 13},
	} {
		require.Equal(t, want, o.What()+" | "+o.Where()+" | "+o.Often())
	}
}
