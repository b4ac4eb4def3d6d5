package record

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The table of the steps in ARCHITECTURE.md is what people believe. These tests hold
// it against the code: every step, the states that it may start from and end in, and
// the stages that take it.

const root = "../.."

// absent is how the table calls an invoice without a record.
const absent = "absent"

// tableRow is one row of the table.
type tableRow struct{ from, to, whose []string }

func tableOfSteps(t *testing.T) map[string]tableRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "| step | from | to | whose | only if |\n")
	require.True(t, found, "ARCHITECTURE.md has the table of the steps")
	rows := map[string]tableRow{}
	for line := range strings.Lines(after) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			break
		}
		if strings.HasPrefix(strings.TrimSpace(cells[0]), "---") {
			continue
		}
		rows[words(cells[0])[0]] = tableRow{words(cells[1]), words(cells[2]), words(cells[3])}
	}
	require.NotEmpty(t, rows)
	return rows
}

// words are the names in a cell, in order.
func words(cell string) []string {
	var all []string
	for part := range strings.SplitSeq(cell, ",") {
		all = append(all, strings.Trim(strings.TrimSpace(part), "`"))
	}
	slices.Sort(all)
	return all
}

// stepsOfCode are the exported functions of this package that make a Transition.
func stepsOfCode(t *testing.T) []string {
	t.Helper()
	var steps []string
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			if name, is := f.Type.Results.List[0].Type.(*ast.Ident); is && name.Name == "Transition" {
				steps = append(steps, f.Name.Name)
			}
		}
	}
	slices.Sort(steps)
	return steps
}

func TestTableHasEveryStep(t *testing.T) {
	require.Equal(t, stepsOfCode(t), slices.Sorted(maps.Keys(tableOfSteps(t))))
}

// variants are records of a state that differ in what a step may ask about.
func variants(state tradepostv1.RecordState) []*tradepostv1.Record {
	var all []*tradepostv1.Record
	kinds := []tradepostv1.OutcomeKind{tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED}
	for _, heldFrom := range []tradepostv1.RecordState{Opening, Opened, Claimed, Parked, Handed, Outcome, Settling} {
		for _, kind := range kinds {
			r := inState(state)
			r.HeldFrom = heldFrom
			if heldFrom != Opening {
				r.HeldReason = "why" // Only an opening send is held for a document elsewhere.
			}
			if r.Outcome != nil {
				r.Outcome = &tradepostv1.RecordedOutcome{Kind: kind, Stage: StageDeliver}
			}
			all = append(all, r)
		}
	}
	return append(all, inTwoOtherBooks(inState(state)))
}

func inTwoOtherBooks(r *tradepostv1.Record) *tradepostv1.Record {
	another := docElsewhere()
	another.Connection = "older-books"
	r.Documents = append(r.Documents, another)
	return r
}

// tried is what a step does in truth, from any state.
func tried(step Transition) (from, to []string) {
	for _, state := range []tradepostv1.RecordState{Opening, Opened, Claimed, Parked, Handed, Held, Outcome, Settling, Closed} {
		for _, r := range variants(state) {
			if next, err := step(r); err == nil {
				from, to = append(from, StateName(state)), append(to, StateName(next.GetState()))
			}
		}
	}
	if next, err := tryAbsent(step); err == nil {
		from, to = append(from, absent), append(to, StateName(next.GetState()))
	}
	slices.Sort(from)
	slices.Sort(to)
	return slices.Compact(from), slices.Compact(to)
}

func tryAbsent(step Transition) (*tradepostv1.Record, error) { return step(nil) }

func TestTableSaysWhatTheStepsDo(t *testing.T) {
	steps := every()
	for name, row := range tableOfSteps(t) {
		t.Run(name, func(t *testing.T) {
			one, known := steps[name]
			step := one.step
			if name == "Reclaim" {
				step, known = Reclaim(testClaim, intent(testHash)), true
			}
			require.True(t, known, "the tests have no example of the step")
			from, to := tried(step)
			require.Equal(t, from, row.from, "from")
			require.Equal(t, to, row.to, "to")
		})
	}
}

// callers are the folders whose code takes steps, by the word of the table.
var callers = map[string]string{
	"services/ingest": "ingest", "services/transform": "transform", "services/deliver": "deliver",
	"services/reconcile": "reconcile", "pkg/stage": "dead letters",
}

func TestTableSaysWhoTakesTheSteps(t *testing.T) {
	taken := map[string]map[string]bool{}
	use := regexp.MustCompile(`\brecord\.([A-Z]\w*)`)
	for folder, who := range callers {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range use.FindAllSubmatch(text, -1) {
				name := string(found[1])
				if taken[name] == nil {
					taken[name] = map[string]bool{}
				}
				taken[name][who] = true
			}
			return err
		})
		require.NoError(t, err)
	}
	for name, row := range tableOfSteps(t) {
		require.Equal(t, slices.Sorted(maps.Keys(taken[name])), row.whose, "whose step %s is", name)
	}
}

// TestNoStateIsLeftInSilence wants a way out of every state but closed, which the next
// send leaves.
func TestNoStateIsLeftInSilence(t *testing.T) {
	left := map[string]bool{}
	for name, row := range tableOfSteps(t) {
		for _, from := range row.from {
			if !slices.Equal(row.to, []string{from}) {
				left[from] = true
			}
			require.True(t, from == absent || slices.Contains(stateNames(), from), "%s from %q", name, from)
		}
	}
	for _, state := range stateNames() {
		require.True(t, left[state], "nobody may leave %s", state)
	}
}

func stateNames() []string {
	var names []string
	for n, s := range tradepostv1.RecordState_value {
		if n != "RECORD_STATE_UNSPECIFIED" {
			names = append(names, StateName(tradepostv1.RecordState(s)))
		}
	}
	return names
}
