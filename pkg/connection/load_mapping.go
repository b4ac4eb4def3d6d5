package connection

import (
	"errors"
	"maps"
	"slices"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/pkg/mapping"
)

// readMappings reads each mapping file once, however many connections name it.
func (c *Config) readMappings() []Problem {
	var problems []Problem
	known := map[string]*mapping.Mapping{}
	for _, id := range slices.Sorted(maps.Keys(c.Connections)) {
		conn := c.Connections[id]
		if conn.MappingFile == "" {
			continue
		}
		m, done := known[conn.MappingFile]
		if !done {
			var err error
			if m, err = c.readMapping(conn.MappingFile); err != nil {
				problems = append(problems, c.mappingProblems("connections."+id+".mapping_file", err)...)
			}
			known[conn.MappingFile] = m
		}
		conn.Mapping = m
	}
	return problems
}

// mappingProblems tells mistakes in the mapping where they are, and a file that
// cannot be read where it is named.
func (c *Config) mappingProblems(key string, err error) []Problem {
	var inside mapping.Problems
	if !errors.As(err, &inside) {
		return []Problem{c.doc.problem(key, "check the path and who may read the file", "the mapping cannot be used: %v", err)}
	}
	problems := make([]Problem, 0, len(inside))
	for _, p := range inside {
		problems = append(problems, Problem{
			File: p.File, Position: strictyaml.Position{Line: p.Line, Column: p.Column}, Key: p.Key, What: p.What, Fix: p.Fix,
		})
	}
	return problems
}

func (c *Config) readMapping(path string) (*mapping.Mapping, error) {
	return mapping.ParseFiles(path, c.sources.file)
}
