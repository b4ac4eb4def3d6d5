package mapping

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

const (
	stepFix    = "write {when: condition, use: code}, {by: fact, table: {...}} or {use: code}"
	maxOfSteps = 500
)

// steps reads a list of steps; ofLine says whether lines are asked about.
func (r *reader) steps(n ast.Node, path string, ofLine bool) Steps {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.add(n, path, "expected a list of steps, found "+kindOf(n), stepFix)
		return Steps{}
	}
	if len(seq.Values) > maxOfSteps {
		r.add(n, path, fmt.Sprintf("%d steps are too many", len(seq.Values)), fmt.Sprintf("at most %d are possible; a table holds long lists", maxOfSteps))
		return Steps{}
	}
	var s Steps
	always := false
	for i, v := range seq.Values {
		before := len(r.problems)
		st := r.step(v, fmt.Sprintf("%s[%d]", path, i), ofLine)
		if always {
			r.add(v, st.path, "the step is never reached: the one before it always answers", "put it before that one, or give that one a condition")
		}
		// A step with a mistake in it may have lost the condition that it was given.
		always = len(r.problems) == before && st.always()
		s.list = append(s.list, st)
	}
	return s
}

func (s step) always() bool { return s.when == nil && s.by == nil && s.use != nil }

func (r *reader) step(n ast.Node, path string, ofLine bool) step {
	s := step{path: path}
	var uses, rows ast.Node
	before := len(r.problems)
	r.section(n, path, readers{
		"when":       func(n ast.Node, path string) { s.when = r.condition(n, path, ofLine) },
		"by":         func(n ast.Node, path string) { s.by = r.fact(n, path, ofLine) },
		"table":      func(n ast.Node, path string) { rows, s.rows = n, r.table(n, path) },
		"table_file": func(n ast.Node, path string) { rows, s.rows = n, r.tableFile(n, path) },
		"use":        func(n ast.Node, path string) { uses, s.use = n, r.reference(n, path) },
	})
	if len(r.problems) > before {
		return s
	}
	switch {
	case s.by != nil && rows == nil:
		r.add(n, path, "the step has no table", "add table: {what ServiceTrade says: code}, or table_file: list.csv")
	case s.by == nil && rows != nil:
		r.add(n, path, "the step does not say what its table is asked for", "add by: with a fact, such as by: job.type")
	case uses != nil && rows != nil:
		r.add(n, path, "a step cannot have both a table and use", "make two steps of it; the second one answers what the table does not have")
	case uses == nil && rows == nil:
		r.add(n, path, "the step names nothing of the books", stepFix)
	}
	return s
}

func (r *reader) condition(n ast.Node, path string, ofLine bool) *condition {
	s, ok := r.text(n, path)
	if !ok {
		return nil
	}
	if utf8.RuneCountInString(s) > maxExpression {
		r.add(n, path, "the condition is too long", fmt.Sprintf("at most %d characters are possible; make several steps of it", maxExpression))
		return nil
	}
	c, wrong := compile(s, ofLine)
	if wrong != nil {
		r.add(n, path, "the condition is wrong"+wrong.what, wrong.fix)
	}
	return c
}

func (r *reader) fact(n ast.Node, path string, ofLine bool) *Fact {
	s, ok := r.text(n, path)
	if !ok {
		return nil
	}
	f, known := factNamed(s)
	if !known || (f.OfLine && !ofLine) {
		w := notHere(s, ofLine)
		r.add(n, path, w.what, w.fix)
		return nil
	}
	return &f
}

func factNames(ofLine bool) []string {
	var names []string
	for _, f := range vocabulary {
		if ofLine || !f.OfLine {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}
