package connector

import (
	"fmt"
	"slices"
	"strings"
)

// Registry knows the connectors that a program was built with.
type Registry struct{ byKind map[string]Registration }

// NewRegistry returns a registry of rs. Two of the same kind are a mistake of
// the program, told at start.
func NewRegistry(rs ...Registration) (*Registry, error) {
	reg := &Registry{byKind: make(map[string]Registration, len(rs))}
	for _, r := range rs {
		if _, twice := reg.byKind[r.Kind]; twice {
			return nil, fmt.Errorf("connector %q is registered twice", r.Kind)
		}
		reg.byKind[r.Kind] = r
	}
	return reg, nil
}

// Lookup returns the connector of that kind, or an error that lists the kinds there are.
func (r *Registry) Lookup(kind string) (Registration, error) {
	if reg, ok := r.byKind[kind]; ok {
		return reg, nil
	}
	return Registration{}, fmt.Errorf("unknown connector %q: this program has %s", kind, strings.Join(r.Kinds(), ", "))
}

// Kinds returns the registered kinds in alphabetical order.
func (r *Registry) Kinds() []string {
	kinds := make([]string, 0, len(r.byKind))
	for k := range r.byKind {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}
