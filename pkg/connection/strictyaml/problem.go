package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file: line and column, both counted from 1. The zero
// value means that the place is not known, or that there is none.
type Position struct{ Line, Column int }

// Problem is one thing that is wrong with a file, told so that the person who
// wrote the file can put it right without reading code.
type Problem struct {
	// File as it was named when it was opened, or "environment".
	File string
	Position
	// Key is the dotted path of the key, such as connections.acme-books.account.
	Key string
	// What is wrong, without the key.
	What string
	// Fix tells what to do about it; "" where What says it all.
	Fix string
}

// String renders the problem as file:line:column: key: what, with the fix on a
// line of its own.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Fix != "" {
		b.WriteString("\n    fix: " + p.Fix)
	}
	return b.String()
}

// Error holds every problem that was found, in the order of the file.
type Error struct{ Problems []Problem }

// Error lists all problems, one after the other.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	lines := make([]string, 0, len(e.Problems)+1)
	lines = append(lines, fmt.Sprintf("%d problems:", len(e.Problems)))
	for _, p := range e.Problems {
		lines = append(lines, "  "+strings.ReplaceAll(p.String(), "\n", "\n  "))
	}
	return strings.Join(lines, "\n")
}

// AsError returns nil for no problems, otherwise an *Error with the problems
// sorted by file and place.
func AsError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: Sorted(problems)}
}

// Sorted returns the problems by file and place.
func Sorted(problems []Problem) []Problem {
	return slices.SortedStableFunc(slices.Values(problems), func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
}
