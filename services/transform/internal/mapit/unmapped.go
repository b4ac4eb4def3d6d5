package mapit

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// maxLinesNamed is how many lines one fault names before it only counts them.
const maxLinesNamed = 12

// unmapped gathers the lines of each item that was not found.
type unmapped struct {
	order  []string
	things map[string]*unmappedItem
}

type unmappedItem struct {
	thing, path string
	lines       []int
}

func newUnmapped() *unmapped { return &unmapped{things: map[string]*unmappedItem{}} }

// add counts a line to its item: the same id, code and name are the same item.
func (u *unmapped) add(l normalise.Line, path string) {
	k := fmt.Sprintf("%d\x00%s\x00%s", l.LibItem.GetId(), l.LibItem.GetCode(), l.LibItem.GetName())
	item := u.things[k]
	if item == nil {
		item = &unmappedItem{thing: itemThing(l.LibItem), path: path}
		u.things[k] = item
		u.order = append(u.order, k)
	}
	item.lines = append(item.lines, l.Position)
}

func (u *unmapped) faults(ways string) []*tradepostv1.Fault {
	list := make([]*tradepostv1.Fault, 0, len(u.order))
	for _, k := range u.order {
		item := u.things[k]
		list = append(list, fault.New("item.not_mapped", fault.Args{Path: item.path, Thing: item.thing, Params: map[string]string{
			"lines": lineList(item.lines), "ways": ways,
		}}))
	}
	return list
}

// lineList is "line 3", "lines 1 and 4", or a count when there are many.
func lineList(positions []int) string {
	if len(positions) == 1 {
		return fmt.Sprintf("line %d", positions[0])
	}
	if len(positions) > maxLinesNamed {
		return fmt.Sprintf("%d lines, the first is line %d", len(positions), positions[0])
	}
	words := make([]string, len(positions))
	for i, p := range positions {
		words[i] = fmt.Sprint(p)
	}
	last := len(words) - 1
	return "lines " + strings.Join(words[:last], ", ") + " and " + words[last]
}
