package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type parser struct {
	tokens []token
	at     int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// accept takes the keyword when it comes next.
func (p *parser) accept(keyword string) bool {
	if p.peek().is(keyword) {
		p.at++
		return true
	}
	return false
}

func (p *parser) sign(s string) bool {
	if t := p.peek(); t.kind == sign && t.text == s {
		p.at++
		return true
	}
	return false
}

func (p *parser) unexpected(wanted string) error {
	return parseError("Encountered " + p.peek().describe() + ", expected " + wanted)
}

// Parse reads a statement. The error is an *Error.
func Parse(statement string) (Query, error) {
	tokens, err := lex(statement)
	if err != nil {
		return Query{}, err
	}
	p := &parser{tokens: tokens}
	q := Query{Start: 1, Max: DefaultResults}
	for _, step := range []func(*Query) error{p.selection, p.from, p.where, p.orderBy, p.paging} {
		if err := step(&q); err != nil {
			return Query{}, err
		}
	}
	if p.peek().kind != end {
		return Query{}, p.unexpected("the end of the statement")
	}
	return q, nil
}

func (p *parser) selection(q *Query) error {
	if !p.accept("SELECT") {
		return p.unexpected("SELECT")
	}
	if p.sign("*") {
		return nil
	}
	if p.peek().is("COUNT") && p.tokens[p.at+1].text == "(" {
		p.at++
		q.Count = true
		if !p.sign("(") || !p.sign("*") || !p.sign(")") {
			return p.unexpected("COUNT(*)")
		}
		return nil
	}
	for {
		name, err := p.name("a property, * or COUNT(*)")
		if err != nil {
			return err
		}
		if p.sign("*") { // Line.* is an accepted way to write Line
			return p.unexpected("a property")
		}
		q.Fields = append(q.Fields, name)
		if !p.sign(",") {
			return nil
		}
	}
}

// reserved words cannot be names.
var reserved = []string{"SELECT", "FROM", "WHERE", "AND", "OR", "IN", "LIKE", "ORDERBY", "STARTPOSITION", "MAXRESULTS"}

func (p *parser) name(wanted string) (string, error) {
	t := p.peek()
	if t.kind != word || slices.Contains(reserved, strings.ToUpper(t.text)) {
		return "", p.unexpected(wanted)
	}
	return p.next().text, nil
}

func (p *parser) from(q *Query) (err error) {
	if !p.accept("FROM") {
		return p.unexpected("FROM")
	}
	q.Entity, err = p.name("the name of an entity")
	return err
}

func (p *parser) where(q *Query) error {
	if !p.accept("WHERE") {
		return nil
	}
	for {
		c, err := p.condition()
		if err != nil {
			return err
		}
		q.Where = append(q.Where, c)
		if !p.accept("AND") {
			return nil
		}
	}
}

func (p *parser) condition() (Condition, error) {
	field, err := p.name("a property")
	if err != nil {
		return Condition{}, err
	}
	c := Condition{Field: field}
	switch t := p.peek(); {
	case t.is("IN"):
		p.at++
		c.Op = "IN"
		c.Values, err = p.list()
		return c, err
	case t.is("LIKE"):
		p.at++
		c.Op = "LIKE"
	case t.kind == sign && slices.Contains([]string{"=", "<", ">", "<=", ">="}, t.text):
		c.Op = p.next().text
	default:
		return c, p.unexpected("=, <, >, <=, >=, IN or LIKE")
	}
	v, err := p.value()
	c.Values = []Value{v}
	return c, err
}

func (p *parser) value() (Value, error) {
	switch t := p.peek(); t.kind {
	case text:
		p.at++
		return Value{t.text, true}, nil
	case word:
		p.at++
		return Value{t.text, false}, nil
	}
	return Value{}, p.unexpected("a value")
}

func (p *parser) list() ([]Value, error) {
	if !p.sign("(") {
		return nil, p.unexpected("(")
	}
	var out []Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.sign(")") {
			return out, nil
		}
		if !p.sign(",") {
			return nil, p.unexpected(", or )")
		}
	}
}

// orderBy reads ORDERBY; ORDER BY in two words is understood as well.
func (p *parser) orderBy(q *Query) error {
	if !p.accept("ORDERBY") {
		if !p.accept("ORDER") {
			return nil
		}
		if !p.accept("BY") {
			return p.unexpected("BY")
		}
	}
	for {
		field, err := p.name("a property")
		if err != nil {
			return err
		}
		o := Order{Field: field}
		if o.Desc = p.accept("DESC"); !o.Desc {
			p.accept("ASC")
		}
		q.OrderBy = append(q.OrderBy, o)
		if !p.sign(",") {
			return nil
		}
	}
}

func (p *parser) paging(q *Query) error {
	for {
		var into *int
		var what string
		switch {
		case p.accept("STARTPOSITION"):
			into, what = &q.Start, "STARTPOSITION"
		case p.accept("MAXRESULTS"):
			into, what = &q.Max, "MAXRESULTS"
		default:
			return checkPaging(*q)
		}
		t := p.peek()
		n, err := strconv.Atoi(t.text)
		if t.kind != word || err != nil {
			return p.unexpected("a number after " + what)
		}
		p.at++
		*into = n
	}
}

func checkPaging(q Query) error {
	switch {
	case q.Start < 1:
		return Invalid(fmt.Sprintf("the value %d for STARTPOSITION is too small. Min value is 1", q.Start))
	case q.Max < 1:
		return Invalid(fmt.Sprintf("the value %d for MAXRESULTS is too small. Min value is 1", q.Max))
	case q.Max > MaxResults:
		return Invalid(fmt.Sprintf("the value %d for MAXRESULTS is too large. Max allowed value is %d", q.Max, MaxResults))
	}
	return nil
}
