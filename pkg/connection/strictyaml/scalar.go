package strictyaml

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var durationType = reflect.TypeFor[time.Duration]()

func (d *decoder) scalar(n Node, into reflect.Value) {
	switch {
	case into.Type() == durationType:
		d.duration(n, into)
	case into.Kind() == reflect.String:
		d.str(n, into)
	case into.Kind() == reflect.Bool:
		d.boolean(n, into)
	case into.CanInt():
		d.integer(n, into)
	default:
		d.library(n, into)
	}
}

func (d *decoder) str(n Node, into reflect.Value) {
	text, ok := scalarText(n.node)
	if !ok {
		d.fail(n, "write one value on the line of the key", "must be text, but is %s", describe(n.node))
		return
	}
	into.SetString(text)
}

func (d *decoder) text(n Node, into reflect.Value) {
	text, ok := scalarText(n.node)
	if !ok {
		d.fail(n, "write one value on the line of the key", "must be a single value, but is %s", describe(n.node))
		return
	}
	if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
		d.fail(n, "", "%q cannot be used: %v", text, err)
	}
}

func (d *decoder) boolean(n Node, into reflect.Value) {
	b, ok := n.node.(*ast.BoolNode)
	if !ok {
		d.fail(n, "write true or false, without quotes", "must be true or false, but is %s", describe(n.node))
		return
	}
	into.SetBool(b.Value)
}

func (d *decoder) integer(n Node, into reflect.Value) {
	i, ok := n.node.(*ast.IntegerNode)
	if !ok {
		d.fail(n, "write digits only, without quotes", "must be a whole number, but is %s", describe(n.node))
		return
	}
	text := strings.ReplaceAll(i.Token.Value, "_", "")
	value, err := strconv.ParseInt(text, 10, into.Type().Bits())
	if err != nil {
		d.fail(n, "write a decimal number that is not larger than needed", "%s is not a decimal number of at most %d bits", text, into.Type().Bits())
		return
	}
	into.SetInt(value)
}

func (d *decoder) duration(n Node, into reflect.Value) {
	text, ok := scalarText(n.node)
	if !ok {
		d.fail(n, "write a number with its unit, such as 30s, 5m or 1h30m", "must be a length of time, but is %s", describe(n.node))
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		d.fail(n, "write a number with its unit, such as 30s, 5m or 1h30m", "must be a length of time, but is %s", describe(n.node))
		return
	}
	into.SetInt(int64(value))
}

// scalarText returns the text of a scalar as it is written (quotes removed), so
// that 0123 and 1.50 keep their digits.
func scalarText(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

// describe names what was found, in words. It names the kind of a value, not the value:
// that may be a secret at the wrong place, and problems go into logs.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a group of keys"
	case *ast.SequenceNode:
		return "a list"
	}
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	default:
		return "something else"
	}
}
