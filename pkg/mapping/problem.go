package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Problem is one mistake in a mapping file.
type Problem struct {
	File string
	// Line and Column count from 1; 0 when the mistake is nowhere in particular.
	Line, Column int
	// Key is the path of the key: items.default.
	Key string
	// What is wrong, and what to do about it.
	What, Fix string
}

// String is the problem on one line: file:line:column: key: what; fix.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Fix != "" {
		b.WriteString("; " + p.Fix)
	}
	return b.String()
}

// Problems is everything that is wrong with a mapping file, in the file's order.
//
//nolint:errname // it is the list of problems first, and an error only on its way to the caller
type Problems []Problem

// Error lists the problems, one on each line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems of one file are told; a table of another kind would be wrong in every row.
const maxProblems = 20

// first leaves out what one file has more than maxProblems of, and says how many.
func (ps Problems) first() Problems {
	of := map[string]int{}
	for _, p := range ps {
		of[p.File]++
	}
	var kept Problems
	told := map[string]int{}
	for _, p := range ps {
		told[p.File]++
		switch all := of[p.File]; {
		case told[p.File] <= maxProblems:
			kept = append(kept, p)
		case told[p.File] == maxProblems+1:
			kept = append(kept, Problem{
				File: p.File, Line: p.Line, Column: p.Column, What: fmt.Sprintf("%d more problems from here on, %d in all", all-maxProblems, all),
				Fix: "mend the first ones; the others may be the same mistake",
			})
		}
	}
	return kept
}

// sorted is in the order of the file, whatever the order of the checks was; its
// table files come behind it.
func (ps Problems) sorted(first string) Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if a.File != b.File {
			if a.File == first || b.File == first {
				return cmp.Compare(btoi(a.File != first), btoi(b.File != first))
			}
			return cmp.Compare(a.File, b.File)
		}
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	return ps
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// reader collects the problems of one file while it is read.
type reader struct {
	file string
	// open reads a table file; nil where the mapping has no folder.
	open     func(path string) ([]byte, error)
	files    []string
	problems Problems
}

func (r *reader) add(n ast.Node, key, what, fix string) {
	p := Problem{File: r.file, Key: key, What: what, Fix: fix}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		// The node's own token is the colon; people look at the key.
		n = m.Values[0].Key
	}
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		p.Line, p.Column = n.GetToken().Position.Line, n.GetToken().Position.Column
	}
	r.problems = append(r.problems, p)
}
