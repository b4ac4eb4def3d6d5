package fault

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// group is the faults that one line of a comment tells together.
type group struct {
	title  string
	owner  string
	fix    string
	single *tradepostv1.Fault
	things []string
	count  int
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

// render is one line: title (count): things. What to do (who): fix. Without
// brief a group of one fault is told in full.
func (g *group) render(brief bool) string {
	if g.count == 1 && !brief {
		return Text(g.single)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d", g.title, g.count)
	if brief {
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
	if !brief {
		fmt.Fprintf(&b, " What to do (%s): %s", g.owner, g.fix)
	}
	return b.String()
}

func grouped(faults []*tradepostv1.Fault, room int) (string, bool) {
	return fitGroups(groups(faults), room, false)
}

func groupedBriefly(faults []*tradepostv1.Fault, room int) (string, bool) {
	return fitGroups(groups(faults), room, true)
}

// fitGroups shows as many things as there is room for: one more of each group
// in turn, so that a long group does not push out a short one.
func fitGroups(gs []*group, room int, brief bool) (string, bool) {
	lines := make([]string, len(gs))
	used := len(gs) - 1
	for i, g := range gs {
		lines[i] = numbered(i, len(gs), g.render(brief))
		used += utf8.RuneCountInString(lines[i])
	}
	if used > room {
		return "", false
	}
	for grown := true; grown; {
		grown = false
		for i, g := range gs {
			if g.shown == len(g.things) || (g.count == 1 && !brief) {
				continue
			}
			g.shown++
			line := numbered(i, len(gs), g.render(brief))
			next := used + utf8.RuneCountInString(line) - utf8.RuneCountInString(lines[i])
			if next > room {
				g.shown--
				continue
			}
			lines[i], used, grown = line, next, true
		}
	}
	return strings.Join(lines, "\n"), true
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
