package faults

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// maxSteps bounds a scenario; each request looks at all steps.
const maxSteps = 1000

// scenarioFile is what a scenario file may hold.
type scenarioFile struct {
	Name  string            `yaml:"name"`
	Seed  int64             `yaml:"seed"`
	Steps []strictyaml.Node `yaml:"steps"`
}

// ParseScenario reads a scenario file. file is only for the messages. The error
// tells everything that is wrong, each with file, line and column.
func (s *Surface) ParseScenario(file string, data []byte) (*Scenario, error) {
	root, err := strictyaml.Parse(file, data)
	if err != nil {
		return nil, err
	}
	var f scenarioFile
	r := &scenarioReader{surface: s, file: file, names: map[string]bool{}, places: strictyaml.Places{}}
	r.problems = root.Decode(&f, strictyaml.Options{Places: r.places})
	out := &Scenario{Name: f.Name, Seed: f.Seed}
	if out.Name == "" {
		out.Name = strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".yaml")
	}
	if len(r.problems) == 0 && (len(f.Steps) == 0 || len(f.Steps) > maxSteps) {
		r.problems = append(r.problems, root.Problem(
			fmt.Sprintf("a scenario has 1 to %d steps, but this one has %d", maxSteps, len(f.Steps)), "write them as a list below steps:"))
	}
	for i, node := range f.Steps {
		out.Steps = append(out.Steps, r.step(r.located(node, "steps", fmt.Sprintf("steps[%d]", i))))
	}
	r.cancels()
	if err := strictyaml.AsError(r.problems); err != nil {
		return nil, err
	}
	return out, nil
}

// scenarioReader collects the problems of a file.
type scenarioReader struct {
	surface  *Surface
	file     string
	problems []strictyaml.Problem
	places   strictyaml.Places
	names    map[string]bool // of orders
	canceled []named
}

type named struct {
	name string
	node strictyaml.Node
}

// located gives a value that was left empty its place: that of the key.
func (r *scenarioReader) located(n strictyaml.Node, key, path string) strictyaml.Node {
	if n.IsZero() {
		return strictyaml.Absent(r.file, path, r.places.Of(key))
	}
	return n
}

func (r *scenarioReader) add(n strictyaml.Node, what, fix string) {
	r.problems = append(r.problems, n.Problem(what, fix))
}

// step reads one step: when, and an order or what ends orders.
func (r *scenarioReader) step(node strictyaml.Node) Step {
	var keys map[string]strictyaml.Node
	if problems := node.Decode(&keys, strictyaml.Options{Places: r.places}); len(problems) > 0 {
		r.problems = append(r.problems, problems...)
		return Step{}
	}
	for key, n := range keys {
		path := node.Problem("", "").Key + "." + key
		keys[key] = r.located(n, path, path)
	}
	s := Step{}
	r.due(node, keys, &s)
	if n, ok := keys["note"]; ok {
		s.Note = r.text(n)
	}
	_, clears := keys["clear"]
	_, cancels := keys["cancel"]
	switch {
	case clears:
		s.Clear = true
		r.clear(keys)
	case cancels:
		s.Cancel = r.text(keys["cancel"])
		r.canceled = append(r.canceled, named{s.Cancel, keys["cancel"]})
		r.alone(keys, "cancel")
	default:
		s.Order = r.order(node, keys)
	}
	return s
}

func (r *scenarioReader) due(node strictyaml.Node, keys map[string]strictyaml.Node, s *Step) {
	at, hasAt := keys["at"]
	when, hasWhen := keys["when"]
	switch {
	case hasAt == hasWhen:
		r.add(node, "a step needs either at or when", "at: 10m is a time after the beginning, when: 50 is after so many requests")
	case hasAt:
		d, err := time.ParseDuration(r.text(at))
		if err != nil || d < 0 || d > 1e4*time.Hour {
			r.add(at, "must be a time after the beginning", "write a length of time such as 0s, 90s or 10m")
		}
		s.At = d
	default:
		n, err := strconv.ParseUint(r.text(when), 10, 32)
		if err != nil {
			r.add(when, "must be a count of requests", "write a whole number such as 50; 0 is the beginning")
		}
		s.AfterRequests = &n
	}
}

func (r *scenarioReader) text(n strictyaml.Node) string {
	text, ok := n.Text()
	if !ok {
		r.add(n, "must be one value", "write it on the line of the key")
	}
	return text
}

func (r *scenarioReader) clear(keys map[string]strictyaml.Node) {
	if text, _ := keys["clear"].Text(); text != "true" {
		r.add(keys["clear"], "must be true", "write clear: true, or remove the step")
	}
	r.alone(keys, "clear")
}

// alone refuses the keys of an order in a step that ends orders.
func (r *scenarioReader) alone(keys map[string]strictyaml.Node, does string) {
	for key, n := range keys {
		if key != "at" && key != "when" && key != "note" && key != does {
			r.add(n, "cannot stand in a step with "+does, "make it a step of its own")
		}
	}
}

func (r *scenarioReader) order(node strictyaml.Node, keys map[string]strictyaml.Node) *Order {
	var o Order
	before := len(r.problems)
	for key, n := range keys {
		if key == "at" || key == "when" || key == "note" {
			continue
		}
		field, ok := FieldOf(key)
		if !ok || key == "until" { // a scenario has no clock times
			known := append(FieldNames(), "at", "when", "note", "clear", "cancel")
			r.add(n, "unknown key", strictyaml.Suggest(key, known))
			continue
		}
		if text, ok := n.Text(); !ok {
			r.text(n)
		} else if err := field.Set(&o, text); err != nil {
			r.add(n, err.Error(), "")
		}
	}
	if len(r.problems) > before {
		return &o
	}
	for _, p := range r.surface.Check(o) {
		at, ok := keys[p.Field]
		if !ok {
			at, p.Text = node, p.Field+" "+p.Text
		}
		r.add(at, p.Text, "")
	}
	if o.Name != "" {
		r.names[o.Name] = true
	}
	return &o
}

// cancels checks that what is canceled was ordered somewhere.
func (r *scenarioReader) cancels() {
	for _, c := range r.canceled {
		if !r.names[c.name] {
			r.add(c.node, fmt.Sprintf("no step orders anything with the name %q", c.name), "give the order that shall end this name")
		}
	}
}
