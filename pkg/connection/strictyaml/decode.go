package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Hook decodes nodes of one Go type in its own way and returns what it made of
// the node, or what is wrong with it (What and Fix; the place is filled in).
type Hook func(n Node) (any, *Problem)

// Options of a Decode.
type Options struct {
	// Hooks by the type that they return.
	Hooks map[reflect.Type]Hook
	// Places, where not nil, is filled with the place of every key that was read.
	Places Places
}

// Defaulter is implemented by types that start from something else than their
// zero value. SetDefaults is called on each value that Decode makes itself:
// elements of maps and lists, and what pointers point to.
type Defaulter interface{ SetDefaults() }

// Decode writes the value into the struct, map or slice that into points to,
// and returns everything that is wrong with it. Keys that are not given, or
// given without a value, leave the field as it was. Text fields take numbers
// and truth values as they are written.
func (n Node) Decode(into any, o Options) []Problem {
	d := &decoder{file: n.file, options: o}
	d.value(n, reflect.ValueOf(into).Elem())
	return d.problems
}

// IsZero tells whether the value was not given.
func (n Node) IsZero() bool { return n.node == nil }

// Path is the dotted path of the value in its file.
func (n Node) Path() string { return n.path }

// Problem describes something that is wrong with the node as a whole.
func (n Node) Problem(what, fix string) Problem {
	return Problem{File: n.file, Position: n.at, Key: n.path, What: what, Fix: fix}
}

// Text returns the value as it is written, for text, numbers and truth values.
func (n Node) Text() (string, bool) { return scalarText(n.node) }

type decoder struct {
	file     string
	options  Options
	problems []Problem
}

var (
	nodeType            = reflect.TypeFor[Node]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	ownUnmarshalers     = []reflect.Type{
		reflect.TypeFor[yaml.BytesUnmarshaler](), reflect.TypeFor[yaml.InterfaceUnmarshaler](),
		reflect.TypeFor[yaml.NodeUnmarshaler](), reflect.TypeFor[yaml.BytesUnmarshalerContext](),
		reflect.TypeFor[yaml.InterfaceUnmarshalerContext](), reflect.TypeFor[yaml.NodeUnmarshalerContext](),
	}
)

func (d *decoder) fail(n Node, fix, format string, args ...any) {
	d.problems = append(d.problems, n.Problem(fmt.Sprintf(format, args...), fix))
}

func (d *decoder) value(n Node, into reflect.Value) {
	if isNull(n.node) {
		return
	}
	if hook, ok := d.options.Hooks[into.Type()]; ok {
		d.hook(hook, n, into)
		return
	}
	pointer := reflect.PointerTo(into.Type())
	switch {
	case into.Type() == nodeType:
		into.Set(reflect.ValueOf(n))
	case into.Kind() == reflect.Pointer:
		d.pointer(n, into)
	case implementsAny(pointer, ownUnmarshalers):
		d.library(n, into)
	case pointer.Implements(textUnmarshalerType):
		d.text(n, into)
	case into.Kind() == reflect.Struct:
		d.structure(n, into)
	case into.Kind() == reflect.Map && into.Type().Key().Kind() == reflect.String:
		d.mapping(n, into)
	case into.Kind() == reflect.Slice:
		d.slice(n, into)
	default:
		d.scalar(n, into)
	}
}

func (d *decoder) hook(hook Hook, n Node, into reflect.Value) {
	made, problem := hook(n)
	if problem != nil {
		d.fail(n, problem.Fix, "%s", problem.What)
		return
	}
	into.Set(reflect.ValueOf(made))
}

func (d *decoder) pointer(n Node, into reflect.Value) {
	if into.IsNil() {
		into.Set(newValue(into.Type().Elem()))
	}
	d.value(n, into.Elem())
}

// library leaves the node to the YAML library: types that decode themselves,
// and kinds that are rare in configuration.
func (d *decoder) library(n Node, into reflect.Value) {
	err := yaml.NodeToValue(n.node, into.Addr().Interface(), yaml.Strict())
	if err == nil {
		return
	}
	p := syntaxProblem(n.file, err)
	if p.Position == (Position{}) {
		p.Position = n.at
		p.What = err.Error()
	}
	d.problems = append(d.problems, Problem{File: n.file, Position: p.Position, Key: n.path, What: "cannot be used: " + p.What})
}

func implementsAny(t reflect.Type, interfaces []reflect.Type) bool {
	return slices.ContainsFunc(interfaces, t.Implements)
}

// newValue makes a *t with its defaults set.
func newValue(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if d, ok := reflect.TypeAssert[Defaulter](v); ok {
		d.SetDefaults()
	}
	return v
}

func isNull(n ast.Node) bool {
	if n == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null
}
