package mapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// match reads the ways to match, in their order.
func (r *reader) match(n ast.Node, path string, possible ...Match) []Match {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.add(n, path, "expected a list, found "+kindOf(n), "write it like [external_id, table]")
		return nil
	}
	words := make([]string, len(possible))
	for i, p := range possible {
		words[i] = string(p)
	}
	var list []Match
	before := len(r.problems)
	for i, v := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		s, ok := r.oneOf(v, at, words...)
		if !ok {
			continue
		}
		if slices.Contains(list, Match(s)) {
			r.add(v, at, fmt.Sprintf("%q is there twice", s), "remove one of the two")
			continue
		}
		list = append(list, Match(s))
	}
	if len(seq.Values) == 0 {
		r.add(n, path, "the list is empty", "name at least one way to match")
	}
	if len(r.problems) > before {
		return nil
	}
	return list
}

// table reads rows; two keys that only differ in white space are one key twice.
func (r *reader) table(n ast.Node, path string) table {
	t := table{}
	entries := r.entries(n, path)
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) == 0 {
		r.add(n, path, "the table is empty", "write rows into it, what ServiceTrade says: code, or leave it out")
	}
	for _, e := range entries {
		at := fmt.Sprintf("%s[%q]", path, e.key)
		key := fold(e.key)
		if key == "" {
			r.add(e.keyNode, at, "the key is empty", "write what ServiceTrade calls it, or its id")
			continue
		}
		if other, twice := t[key]; twice {
			r.add(e.keyNode, at, fmt.Sprintf("the same row as %q", other.key), "remove one of the two")
			continue
		}
		if isEmpty(e.value) {
			r.add(e.keyNode, at, "the row names nothing of the books", "write the code behind the colon, or remove the row")
			continue
		}
		if ref := r.reference(e.value, at); ref != nil {
			t[key] = row{key: e.key, ref: ref}
		}
	}
	return t
}

// merged puts a table and a table file together; a row that is in both would be
// decided by chance.
func (r *reader) merged(n ast.Node, path string, a, b table) table {
	all := maps.Clone(a)
	if all == nil {
		all = table{}
	}
	for key, row := range b {
		if _, twice := all[key]; twice {
			r.add(n, path, fmt.Sprintf("the row %q is in the table and in the table file", row.key), "remove one of the two")
			continue
		}
		all[key] = row
	}
	return all
}

// tableIsUsed keeps a table from being ignored in silence.
func (r *reader) tableIsUsed(n ast.Node, path string, t table, m []Match) {
	if len(t) > 0 && len(m) > 0 && !slices.Contains(m, MatchTable) {
		r.add(n, path+".table", "the table is never looked at", "add table to "+path+".match, or remove the table")
	}
}
