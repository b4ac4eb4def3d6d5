package strictyaml

import "strings"

// Places tells where each key of a file stands, by its dotted path.
type Places map[string]Position

// Of returns the place of path, or of the nearest key above it: where a missing
// key would have to be added. The start of the file when nothing is above.
func (p Places) Of(path string) Position {
	for {
		if at, ok := p[path]; ok {
			return at
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			return Position{Line: 1, Column: 1}
		}
		path = path[:dot]
	}
}
