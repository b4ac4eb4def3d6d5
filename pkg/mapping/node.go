package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// entry is one key of a YAML mapping with its value.
type entry struct {
	key     string
	keyNode ast.Node
	value   ast.Node
}

// isEmpty tells a key that has nothing behind it; it counts as left out.
func isEmpty(n ast.Node) bool {
	if n == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null
}

// entries lists the keys of a YAML mapping. Keys that come twice, anchors and
// merge keys are problems: what a row says has to stand where it is read.
func (r *reader) entries(n ast.Node, path string) []entry {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		r.add(n, path, "expected keys with values, found "+kindOf(n), "write it as key: value")
		return nil
	}
	seen := map[string]bool{}
	list := make([]entry, 0, len(values))
	for _, v := range values {
		key, ok := scalarText(v.Key)
		if !ok || v.Key.IsMergeKey() {
			r.add(v.Key, path, "a key has to be plain text, found "+kindOf(v.Key), "put the key into quotes")
			continue
		}
		if seen[key] {
			r.add(v.Key, join(path, key), "the key is there twice", "remove one of the two")
			continue
		}
		seen[key] = true
		list = append(list, entry{key, v.Key, v.Value})
	}
	return list
}

// section reads the keys of a section whose names are fixed.
func (r *reader) section(n ast.Node, path string, keys map[string]func(n ast.Node, path string)) {
	if isEmpty(n) {
		return
	}
	for _, e := range r.entries(n, path) {
		read, ok := keys[e.key]
		if !ok {
			known := slices.Sorted(maps.Keys(keys))
			r.add(e.keyNode, join(path, e.key), "unknown key", "known here: "+strings.Join(known, ", "))
			continue
		}
		if !isEmpty(e.value) {
			read(e.value, join(path, e.key))
		}
	}
}

// text reads plain text; numbers count as text with the digits that are written,
// so that account 0400 keeps its zero.
func (r *reader) text(n ast.Node, path string) (string, bool) {
	s, ok := scalarText(n)
	if !ok {
		r.add(n, path, "expected text, found "+kindOf(n), "put the value into quotes if it is meant as text")
		return "", false
	}
	if s = strings.TrimSpace(s); s == "" {
		r.add(n, path, "the value is empty", "fill it in, or remove the key")
		return "", false
	}
	return s, true
}

// oneOf reads one of a few words.
func (r *reader) oneOf(n ast.Node, path string, words ...string) (string, bool) {
	s, ok := r.text(n, path)
	if ok && !slices.Contains(words, s) {
		r.add(n, path, fmt.Sprintf("%.60q is not possible", s), "possible: "+strings.Join(words, ", "))
		return "", false
	}
	return s, ok
}

func scalarText(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode:
		return v.Token.Value, true
	case *ast.FloatNode:
		return v.Token.Value, true
	}
	return "", false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.BoolNode:
		return "yes/no (" + n.GetToken().Value + ")"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias"
	case *ast.TagNode:
		return "a tag"
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.FloatNode:
		return "text"
	}
	return "something else"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
