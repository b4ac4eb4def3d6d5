package faults

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScenarioFilesAreReadStrictly(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string // line:column and the beginning of what is said
	}{
		"empty":          {"", []string{"1:1: a scenario has 1 to 1000 steps"}},
		"no steps":       {"name: x\nsteps: []", []string{"1:1: a scenario has 1 to 1000 steps"}},
		"key":            {"name: x\nstepps:\n  - at: 0s", []string{`2:1: stepps: unknown key`}},
		"syntax":         {"steps:\n  - at: [", []string{"is not valid YAML"}},
		"alias":          {"steps:\n  - &a {at: 0s, clear: true}", []string{"2:5: anchors"}},
		"no time":        {"steps:\n  - fault: cut-before", []string{"2:5: steps[0]: a step needs either at or when"}},
		"two times":      {"steps:\n  - at: 1s\n    when: 3\n    clear: true", []string{"2:5: steps[0]: a step needs either at or when"}},
		"bad time":       {"steps:\n  - at: -1s\n    clear: true\n  - at: 5\n    clear: true", []string{"2:5: steps[0].at: must be a time", "4:5: steps[1].at: must be a time"}},
		"bad count":      {"steps:\n  - when: soon\n    clear: true", []string{"2:5: steps[0].when: must be a count"}},
		"no fault":       {"steps:\n  - at: 0s", []string{"2:5: steps[0]: fault is missing"}},
		"unknown fault":  {"steps:\n  - at: 0s\n    fault: fire", []string{`3:5: steps[0].fault: "fire" is not known`}},
		"unknown field":  {"steps:\n  - at: 0s\n    fault: latency\n    dellay: 2s", []string{`4:5: steps[0].dellay: unknown key`}},
		"twice":          {"steps:\n  - at: 0s\n    fault: cut-before\n    fault: cut-after", []string{"4:5: steps[0].fault: is given twice, first on line 3"}},
		"wrong field":    {"steps:\n  - at: 0s\n    fault: cut-before\n    age: 2s", []string{"4:5: steps[0].age: means nothing for cut-before"}},
		"wrong value":    {"steps:\n  - at: 0s\n    fault: throttled\n    probability: 0\n    next: many", []string{"4:5: steps[0].probability: must be a chance", "5:5: steps[0].next: must be a whole number"}},
		"clock time":     {"steps:\n  - at: 0s\n    fault: cut-before\n    until: 2026-07-31T10:00:00Z", []string{"4:5: steps[0].until: unknown key"}},
		"list for value": {"steps:\n  - at: 0s\n    fault: [latency]", []string{"3:5: steps[0].fault: must be one value"}},
		"missing field":  {"steps:\n  - at: 0s\n    note: x\n    fault: latency", []string{"2:5: steps[0]: delay is required"}},
		"clear":          {"steps:\n  - at: 0s\n    clear: no\n    fault: latency", []string{"3:5: steps[0].clear: must be true", "4:5: steps[0].fault: cannot stand"}},
		"cancel":         {"steps:\n  - at: 0s\n    cancel: it", []string{`3:5: steps[0].cancel: no step orders anything with the name "it"`}},
		"no list":        {"steps: 5", []string{"1:1: steps: must be a list"}},
		"empty step":     {"steps:\n  -\n  - at: 0s\n    clear: true", []string{"1:1: steps[0]: a step needs", "1:1: steps[0]: fault is missing"}},
		"empty value":    {"steps:\n  - at: 0s\n    fault:", []string{"3:5: steps[0].fault: must be one value"}},
		"no group":       {"steps:\n  - hello", []string{"2:5: steps[0]: must have keys"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseScenario("x.yaml", []byte(test.text))
			require.Error(t, err)
			told := strings.Split(err.Error(), "x.yaml")[1:]
			require.Len(t, told, len(test.want), err)
			for i, want := range test.want {
				require.Contains(t, told[i], want)
			}
		})
	}
}

const mixed = `
name: mixed
seed: 4
steps:
  - {at: 10s, fault: throttled, name: slow, for: 20s}
  - {at: 60s, clear: true}
  - {when: 3, fault: cut-before, name: cut, every: 2}
  - {at: 15s, cancel: slow}
  - {when: 9, cancel: cut}
`

func TestStepsComeWhenTheyAreDue(t *testing.T) {
	scenario, err := ParseScenario("dir/mixed.yaml", []byte(mixed))
	require.NoError(t, err)
	c := atNoon()
	s := New(c.now, &nobody{})
	require.Nil(t, s.Progress())
	ask(s, "GET", "/api/x") // before the beginning: does not count
	require.NoError(t, s.Play(*scenario))
	got := ""
	for i := range 20 { // one request each second: 0 s to 19 s
		switch answer := ask(s, "GET", "/api/x"); {
		case strings.Contains(answer, "CutBefore:true"):
			got += "c"
		case strings.Contains(answer, "Status:429"):
			got += "t"
		default:
			got += "."
		}
		if i == 12 {
			require.Equal(t, 3, strings.Count(fmt.Sprint(s.Progress().Steps), "true"))
		}
		c.at = c.at.Add(time.Second)
	}
	require.Equal(t, "....c.c.c.ttttt.....", got)
	c.at = c.at.Add(time.Hour)
	for _, o := range s.Orders() {
		require.False(t, o.Active)
		require.True(t, o.Scenario)
	}
	require.NotContains(t, fmt.Sprint(s.Progress().Steps), "false")
	require.NoError(t, s.Play(*scenario))
	require.Contains(t, fmt.Sprint(s.Progress().Steps), "false", "it begins anew")
	s.Clear()
	require.Nil(t, s.Progress())
}

func TestStepsOfAProgramAreCheckedToo(t *testing.T) {
	s := New(time.Now, &nobody{})
	for want, step := range map[string]Step{
		"must do one thing": {}, "one thing": {Clear: true, Cancel: "x"}, "fault is missing": {Order: &Order{}},
		"delay is required": {Order: &Order{Fault: Latency}},
	} {
		err := s.Play(Scenario{Name: "mine", Steps: []Step{{Clear: true}, step}})
		require.ErrorContains(t, err, `step 2 of scenario "mine"`)
		require.ErrorContains(t, err, want)
	}
	require.Nil(t, s.Progress())
}

func TestAStepThatNobodySawEndsInTime(t *testing.T) {
	c := atNoon()
	s := New(c.now, &nobody{})
	require.NoError(t, s.Play(Scenario{Steps: []Step{{At: time.Minute, Order: &Order{Fault: CutBefore, For: time.Minute}}}}))
	c.at = c.at.Add(90 * time.Second)
	require.Equal(t, c.at.Add(30*time.Second), *s.Orders()[0].Until, "counted from when it was due")
	c.at = c.at.Add(30 * time.Second)
	require.Empty(t, ask(s, "GET", "/api/x"))
	by, err := s.Add(Order{Fault: CutAfter})
	require.NoError(t, err)
	require.NoError(t, s.Play(Scenario{Steps: []Step{{Clear: true}}}))
	require.Equal(t, by.ID, s.Orders()[0].ID, "clear leaves what was ordered by hand")
	require.True(t, s.Orders()[0].Active)
}

func FuzzParseScenario(f *testing.F) {
	f.Add([]byte(mixed))
	f.Add([]byte("steps:\n  - at: 0s\n    fault: latency\n    delay: 1s"))
	f.Add([]byte("steps: [{when: 1, clear: true}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		scenario, err := ParseScenario("x.yaml", data)
		if err != nil {
			require.Contains(t, err.Error(), "x.yaml")
			return
		}
		c := atNoon()
		s := New(c.now, &nobody{})
		require.NoError(t, s.Play(*scenario))
		for range 3 {
			ask(s, "GET", "/api/invoice?page=2")
			c.at = c.at.Add(time.Minute)
		}
		require.NotNil(t, s.Progress())
	})
}
