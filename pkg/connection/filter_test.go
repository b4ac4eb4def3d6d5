package connection_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
)

// withFilters is a configuration whose account acme has one connection for each
// filter: a, b, c and so on. Each stands on a line of its own, from line 9; "" has
// no filter.
func withFilters(filters ...string) string {
	var b strings.Builder
	b.WriteString("accounts:\n  acme:\n    time_zone: America/Chicago\n    servicetrade:\n      username: u\n      password: p\n      invoice_entity_type: 12\nconnections:\n")
	for i, f := range filters {
		if f != "" {
			f = ", filter: " + f
		}
		fmt.Fprintf(&b, "  %c: {account: acme, connector: hledger, mapping_file: mapping.yaml%s}\n", 'a'+i, f)
	}
	return b.String()
}

func TestFiltersThatCouldOverlapAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		filters []string
		want    []string // parts of the only problem; none: accepted
	}{
		"one without":             {[]string{""}, nil},
		"one with":                {[]string{"{offices: [701]}"}, nil},
		"offices apart":           {[]string{"{offices: [701]}", "{offices: [702, 703]}", "otherwise"}, nil},
		"one key apart is enough": {[]string{"{offices: [701], job_types: [repair]}", "{offices: [701, 702], job_types: [inspection]}"}, nil},
		"tags apart":              {[]string{"{job_tags: [a]}", "{job_tags: [b]}"}, nil},
		"one office in both": {
			[]string{"{offices: [701, 702]}", "{offices: [703, 702]}"},
			[]string{":10:", "connections.b.filter", `connection "a"`, "offices 702", "tradepost.yaml:9", "fix: remove"},
		},
		"names differ in case only": {
			[]string{"{job_types: [Repair ]}", "{job_types: [repair]}"},
			[]string{"job_types repair"},
		},
		"no key in common": {
			[]string{"{offices: [701]}", "{job_types: [repair]}"},
			[]string{":10:", `connection "a"`, "no key in common", "tradepost.yaml:9", "fix: give both"},
		},
		"two take the rest": {
			[]string{"otherwise", "{offices: [1]}", "otherwise"},
			[]string{":11:", "connections.c.filter", `connection "a"`, "tradepost.yaml:9", "fix: keep it on one"},
		},
		"a second without": {
			[]string{"{offices: [701]}", ""},
			[]string{":10:", "connections.b: has no filter", `account "acme" has 2 connections`, "fix: add a filter"},
		},
		"says nothing":                   {[]string{"{}"}, []string{":9:", "filter: says nothing"}},
		"an empty list":                  {[]string{"{offices: []}"}, []string{"filter.offices: is empty"}},
		"no value at all":                {[]string{"{offices: , job_types: [a]}"}, []string{"filter.offices: is empty"}},
		"an id below 1":                  {[]string{"{offices: [0]}"}, []string{"0 is no id"}},
		"an empty name":                  {[]string{"{job_tags: ['']}"}, []string{"has an empty name"}},
		"a value twice":                  {[]string{"{customers: [7, 7]}"}, []string{"has 7 twice"}},
		"a name twice, in other letters": {[]string{"{job_tags: [VIP, vip]}"}, []string{"has vip twice", "keep it once; upper and lower case"}},
		"an unknown key":                 {[]string{"{office: [7]}"}, []string{"filter.office: unknown key", `did you mean "offices"`}},
		"an unknown word":                {[]string{"others"}, []string{`"others" is no filter`, "fix: write `filter: otherwise`"}},
		"a name for an id":               {[]string{"{offices: [Durham]}"}, []string{"must be a whole number"}},
		"one bad, told once": {
			[]string{"{offices: [0]}", "{offices: [702]}"},
			[]string{"connections.a.filter.offices"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connection.Load(write(t, withFilters(c.filters...)), nil)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			var all *connection.Error
			require.ErrorAs(t, err, &all)
			require.Len(t, all.Problems, 1, "%v", err)
			for _, part := range c.want {
				require.Contains(t, all.Problems[0].String(), part)
			}
		})
	}
}

func TestADisabledConnectionIsToldApartToo(t *testing.T) {
	path := write(t, withFilters("{offices: [701]}", "{offices: [701], job_types: [x]}, enabled: false"))
	_, err := connection.Load(path, nil)
	require.ErrorContains(t, err, filepath.Base(path)+":9")
	require.ErrorContains(t, err, "offices 701")
}

// snap is an invoice of customer 9001 at location 820 with a job.
func snap(edit func(*tradepostv1.Snapshot)) *tradepostv1.Snapshot {
	s := &tradepostv1.Snapshot{
		Invoice:  &tradepostv1.ServiceTradeInvoice{Id: 1, Customer: ref(9001), Location: ref(820), Contract: ref(55)},
		Location: &tradepostv1.ServiceTradeLocation{Id: 820, Offices: []*tradepostv1.NamedRef{ref(702), ref(703)}},
		Job: &tradepostv1.ServiceTradeJob{
			Id: 5, Type: "repair", AssignedOffice: ref(701), Contract: ref(56),
			Tags: []*tradepostv1.NamedRef{{Name: "North"}, {Name: "recall"}},
		},
	}
	if edit != nil {
		edit(s)
	}
	return s
}

func ref(id int64) *tradepostv1.NamedRef { return &tradepostv1.NamedRef{Id: id} }

func TestWhatAFilterTakes(t *testing.T) {
	noJob := func(s *tradepostv1.Snapshot) { s.Job = nil }
	for name, c := range map[string]struct {
		filter string
		edit   func(*tradepostv1.Snapshot)
		want   bool
	}{
		"the job's office":                   {"{offices: [700, 701]}", nil, true},
		"not the location's, with a job's":   {"{offices: [702]}", nil, false},
		"the location's without a job":       {"{offices: [703]}", noJob, true},
		"a customer":                         {"{customers: [9001]}", nil, true},
		"another customer":                   {"{customers: [9002]}", nil, false},
		"a location":                         {"{locations: [820]}", nil, true},
		"the location that the job told":     {"{locations: [820]}", func(s *tradepostv1.Snapshot) { s.Invoice.Location = nil }, true},
		"a contract":                         {"{contracts: [55]}", nil, true},
		"the invoice's contract comes first": {"{contracts: [56]}", nil, false},
		"the job's contract":                 {"{contracts: [56]}", func(s *tradepostv1.Snapshot) { s.Invoice.Contract = nil }, true},
		"a job type":                         {"{job_types: [inspection, Repair]}", nil, true},
		"no job has no type":                 {"{job_types: [repair]}", noJob, false},
		"one of its tags":                    {"{job_tags: [north]}", nil, true},
		"every key has to match":             {"{job_tags: [north], offices: [702]}", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := connection.Load(write(t, withFilters(c.filter, "otherwise")), nil)
			require.NoError(t, err)
			want := "b"
			if c.want {
				want = "a"
			}
			takers := connection.Takers(config.ConnectionsOf("acme"), snap(c.edit))
			require.Len(t, takers, 1)
			require.Equal(t, want, takers[0].ID)
		})
	}
}

func TestAnInvoiceOfTwoTagsMayMatchTwoFilters(t *testing.T) {
	config, err := connection.Load(write(t, withFilters("{job_tags: [north]}", "{job_tags: [recall]}", "otherwise")), nil)
	require.NoError(t, err)
	takers := connection.Takers(config.ConnectionsOf("acme"), snap(nil))
	require.Len(t, takers, 2, "neither is preferred, and the rest is not for it")
	require.Contains(t, connection.Describe(snap(nil)), "job_tags north and recall")
}

// Filters that are accepted are told apart, as far as an invoice has one value each.
func TestNoInvoiceMatchesTwoAcceptedFilters(t *testing.T) {
	path := write(t, small)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, 6)
		var filters []string
		for range rapid.IntRange(2, 3).Draw(t, "connections") {
			var keys []string
			for _, key := range []string{"offices", "customers", "contracts", "job_types"} {
				if values := rapid.SliceOfNDistinct(id, 0, 3, rapid.ID[int64]).Draw(t, key); len(values) > 0 {
					keys = append(keys, key+": "+strings.ReplaceAll(fmt.Sprint(values), " ", ", "))
				}
			}
			filters = append(filters, "{"+strings.Join(keys, ", ")+"}")
		}
		if rapid.Bool().Draw(t, "otherwise") {
			filters = append(filters, "otherwise")
		}
		require.NoError(t, overwrite(path, withFilters(filters...)))
		config, err := connection.Load(path, nil)
		if err != nil {
			return
		}
		accepted++
		for range 20 {
			s := snap(func(s *tradepostv1.Snapshot) {
				s.Job.AssignedOffice, s.Job.Type = ref(id.Draw(t, "office")), fmt.Sprint(id.Draw(t, "job type"))
				s.Invoice.Customer, s.Invoice.Contract = ref(id.Draw(t, "customer")), ref(id.Draw(t, "contract"))
			})
			takers := connection.Takers(config.ConnectionsOf("acme"), s)
			require.LessOrEqual(t, len(takers), 1, "%v", filters)
			if filters[len(filters)-1] == connection.Otherwise {
				require.Len(t, takers, 1)
			}
		}
	})
	require.Positive(t, accepted)
}
