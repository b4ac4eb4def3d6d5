package strictyaml

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// entries calls each for every key of a mapping, and reports what is no mapping
// and what is given twice.
func (d *decoder) entries(n Node, each func(key string, value Node)) {
	values, ok := mappingValues(n.node)
	if !ok {
		d.fail(n, "write it as indented key: value lines", "must have keys, but is %s", describe(n.node))
		return
	}
	seen := make(map[string]int, len(values))
	for _, entry := range values {
		key := entry.Key.GetToken().Value
		child := Node{file: n.file, path: join(n.path, key), at: positionOf(entry.Key), node: entry.Value}
		if line, twice := seen[key]; twice {
			d.fail(child, "keep one of the two", "is given twice, first on line %d", line)
			continue
		}
		seen[key] = child.at.Line
		if d.options.Places != nil {
			d.options.Places[child.path] = child.at
		}
		each(key, child)
	}
}

func (d *decoder) structure(n Node, into reflect.Value) {
	fields := fieldsOf(into.Type())
	d.entries(n, func(key string, value Node) {
		index, known := fields[key]
		if !known {
			d.fail(value, Suggest(key, slices.Collect(maps.Keys(fields))), "unknown key")
			return
		}
		d.value(value, into.FieldByIndex(index))
	})
}

func (d *decoder) mapping(n Node, into reflect.Value) {
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	d.entries(n, func(key string, value Node) {
		element := newValue(into.Type().Elem()).Elem()
		if element.Kind() == reflect.Pointer {
			element.Set(newValue(element.Type().Elem()))
		}
		d.value(value, element)
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), element)
	})
}

func (d *decoder) slice(n Node, into reflect.Value) {
	list, ok := n.node.(*ast.SequenceNode)
	if !ok {
		d.fail(n, "write it as lines that begin with a dash", "must be a list, but is %s", describe(n.node))
		return
	}
	made := reflect.MakeSlice(into.Type(), 0, len(list.Values))
	for i, item := range list.Values {
		element := newValue(into.Type().Elem()).Elem()
		at := positionOf(item)
		if at.Line == 0 {
			at = n.at
		}
		d.value(Node{file: n.file, path: fmt.Sprintf("%s[%d]", n.path, i), at: at, node: item}, element)
		made = reflect.Append(made, element)
	}
	into.Set(made)
}

// fieldsOf maps the YAML keys of a struct to its fields; inlined structs count
// as part of it.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := make(map[string][]int, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if f.Type.Kind() == reflect.Struct && strings.Contains(options, "inline") {
			for key, index := range fieldsOf(f.Type) {
				fields[key] = append([]int{i}, index...)
			}
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = []int{i}
	}
	return fields
}

func mappingValues(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	default:
		return nil, false
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
