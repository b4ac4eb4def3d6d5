package fault

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// form is how much a line of a comment tells.
type form int

const (
	// brief: how many, who mends them, and which things.
	brief form = iota
	// mended: the same, with what to do.
	mended
	// full: a single fault as it is told alone.
	full
)

// group is the faults that one line of a comment tells together.
type group struct {
	title  string
	owner  string
	fix    string
	single *tradepostv1.Fault
	things []string
	count  int
	form   form
	shown  int
}

// groups puts faults of the same code and fix together, in the order of their
// first appearance.
func groups(faults []*tradepostv1.Fault) []*group {
	type key struct{ code, fix string }
	at := map[key]*group{}
	var list []*group
	for _, f := range faults {
		k := key{f.GetCode(), f.GetFix()}
		g := at[k]
		if g == nil {
			title := f.GetCode()
			if e, ok := Lookup(f.GetCode()); ok {
				title = e.Title
			}
			g = &group{title: title, owner: OwnerWord(f.GetOwner()), fix: f.GetFix(), single: f}
			at[k] = g
			list = append(list, g)
		}
		g.count++
		if !slices.Contains(g.things, f.GetThing()) {
			g.things = append(g.things, f.GetThing())
		}
	}
	return list
}

// render is one line: title (count): things. What to do (who): fix.
func (g *group) render() string {
	if g.form == full && g.count == 1 {
		return Text(g.single)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d", g.title, g.count)
	if g.form == brief {
		fmt.Fprintf(&b, "; %s", g.owner)
	}
	b.WriteString(")")
	if g.shown > 0 {
		b.WriteString(": " + strings.Join(g.things[:g.shown], "; "))
	}
	if rest := len(g.things) - g.shown; rest > 0 && g.shown > 0 {
		fmt.Fprintf(&b, "; and %d more, see the log", rest)
	} else if rest > 0 {
		fmt.Fprintf(&b, ": %d things, see the log", rest)
	}
	b.WriteString(".")
	if g.form != brief {
		fmt.Fprintf(&b, " What to do (%s): %s", g.owner, g.fix)
	}
	return b.String()
}

// grouped tells faults of the same kind together. What there is no room for gives way in
// this order: more than one thing of a group, the words of single faults, what to do,
// and the last thing. It is false when not even the briefest lines fit.
func grouped(faults []*tradepostv1.Fault, room int) (string, bool) {
	p := newPage(groups(faults), room)
	if p.used > room {
		return "", false
	}
	p.grow(false, func(g *group) bool { return g.moreThings(1) })
	p.grow(false, func(g *group) bool { return g.richer(mended) })
	p.grow(false, func(g *group) bool { return g.count == 1 && g.richer(full) })
	p.grow(true, func(g *group) bool { return g.moreThings(len(g.things)) })
	return strings.Join(p.lines, "\n"), true
}

func (g *group) moreThings(atMost int) bool {
	if g.shown >= atMost || g.form == full {
		return false
	}
	g.shown++
	return true
}

func (g *group) richer(to form) bool {
	if g.form >= to {
		return false
	}
	g.form = to
	return true
}

// page is the lines of a comment while they grow.
type page struct {
	groups []*group
	lines  []string
	used   int
	room   int
}

func newPage(gs []*group, room int) *page {
	p := &page{groups: gs, lines: make([]string, len(gs)), used: len(gs) - 1, room: room}
	for i, g := range gs {
		p.lines[i] = numbered(i, len(gs), g.render())
		p.used += utf8.RuneCountInString(p.lines[i])
	}
	return p
}

// grow changes one group after the other, and takes back what there is no room for.
// again goes on as long as any grew, so that a long group does not push out a short one.
func (p *page) grow(again bool, change func(*group) bool) {
	for grown := true; grown; {
		grown = false
		for i, g := range p.groups {
			before := *g
			if !change(g) {
				continue
			}
			line := numbered(i, len(p.groups), g.render())
			next := p.used + utf8.RuneCountInString(line) - utf8.RuneCountInString(p.lines[i])
			if next > p.room {
				*g = before
				continue
			}
			p.lines[i], p.used, grown = line, next, again
		}
	}
}

// titlesOnly is for so many kinds of faults that nothing else fits: what they
// are and how many, and how many kinds are left out.
func titlesOnly(faults []*tradepostv1.Fault, room int) string {
	gs := groups(faults)
	var kept []string
	for i, g := range gs {
		next := append(slices.Clone(kept), fmt.Sprintf("%s (%d)", g.title, g.count))
		rest := ""
		if left := len(gs) - i - 1; left > 0 {
			rest = fmt.Sprintf("; and %d more kinds, see the log", left)
		}
		if text := strings.Join(next, "; ") + rest + "."; utf8.RuneCountInString(text) > room {
			return Clip(strings.Join(kept, "; ")+fmt.Sprintf("; and %d more kinds, see the log.", len(gs)-i), room)
		}
		kept = next
	}
	return strings.Join(kept, "; ") + "."
}
