package faults

import (
	"path"
	"slices"
	"strings"
)

// resources are the words that may follow /api/.
var resources = []string{
	"attachment", "auth", "comment", "company", "externalid", "externalsystem", "invoice", "job", "jobitem", "libitem",
	"location", "oauth2", "serviceline", "user", "webhook",
}

var methods = []string{"GET", "POST", "PUT", "DELETE"}

// common are the fields that every kind has.
var common = []string{
	"name", "fault", "method", "path", "resource", "probability", "seed", "next", "every", "for", "until", "times",
}

// Check finds everything that is wrong with an order; nil when it can be given.
func (s *Surface) Check(o Order) []Problem {
	info, ok := s.info(o.Fault)
	if !ok {
		return []Problem{{"fault", quoteWord(string(o.Fault)) + "must be one of " + strings.Join(s.words(), ", ")}}
	}
	c := checker{surface: s}
	for _, f := range Fields() {
		c.add(f.Name, f.check(&o))
		allowed := slices.Contains(common, f.Name) || slices.Contains(info.Fields, f.Name)
		c.when(!allowed && f.get(&o) != nil, f.Name, "means nothing for "+string(o.Fault))
		c.when(slices.Contains(info.required, f.Name) && f.get(&o) == nil, f.Name, "is required for "+string(o.Fault))
	}
	c.where(o, info)
	c.often(o)
	c.details(o)
	return c.problems
}

func quoteWord(word string) string {
	if word == "" {
		return "is missing: "
	}
	return "\"" + word + "\" is not known: "
}

type checker struct {
	surface  *Surface
	problems []Problem
}

func (c *checker) add(field, text string) {
	if text != "" {
		c.problems = append(c.problems, Problem{field, text})
	}
}

func (c *checker) when(bad bool, field, text string) {
	if bad {
		c.add(field, text)
	}
}

func (c *checker) where(o Order, info Info) {
	method := strings.ToUpper(o.Method)
	c.when(method != "" && !slices.Contains(c.surface.Methods, method), "method", "must be one of "+strings.Join(c.surface.Methods, ", "))
	c.when(info.class == hooks && method != "", "method", "means nothing for "+string(o.Fault))
	c.when(info.class == lists && method != "" && method != "GET", "method", "must be GET for "+string(o.Fault)+", which is about lists")
	c.when(o.Resource != "" && !slices.Contains(c.surface.Resources, o.Resource), "resource", "must be one of "+strings.Join(c.surface.Resources, ", "))
	if o.Path == "" {
		return
	}
	begins := c.surface.Begin
	if info.class == hooks {
		begins = []string{"/"}
	}
	c.when(!slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(o.Path, b) }), "path", "must begin with "+strings.Join(begins, " or "))
	_, err := path.Match(o.Path, "")
	c.when(err != nil, "path", "is no pattern: use * for a part of one step, and /** at the end for all that follow")
	c.when(strings.Contains(strings.TrimSuffix(o.Path, "/**"), "**"), "path", "may have ** only as its last step")
}

func (c *checker) often(o Order) {
	var said []string
	for name, given := range map[string]bool{"probability": o.Probability != 0, "next": o.Next != 0, "every": o.Every != 0} {
		if given {
			said = append(said, name)
		}
	}
	slices.Sort(said)
	if len(said) > 1 {
		c.add(said[1], "cannot be combined with "+said[0]+": an order strikes by chance, the next N, or every Nth")
	}
	c.when(o.Next != 0 && o.Times != 0, "times", "cannot be combined with next, which says how often already")
	c.when(o.For != 0 && !o.Until.IsZero(), "until", "cannot be combined with for")
}

func (c *checker) details(o Order) {
	c.when(o.Form != "" && !slices.Contains(c.surface.Forms, o.Form), "form", "must be one of "+strings.Join(c.surface.Forms, ", "))
	c.when(o.MaxDelay != 0 && o.MaxDelay < o.Delay, "max_delay", "must not be shorter than delay")
	c.when(o.Skip+o.Repeat > 1, "repeat", "and skip must not be more than 1 together")
	c.when(o.PageSize != 0 && (o.Probability != 0 || o.Every > 1), "page_size",
		"must hold for every page: leave probability and every out, skip and repeat are the chances of a page")
}
