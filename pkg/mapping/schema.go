package mapping

import (
	_ "embed"
	"slices"
)

//go:embed mapping.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a mapping file, for editors. It
// knows keys, words and shapes; Parse knows conditions, tables and what does not go
// together as well.
func Schema() []byte { return slices.Clone(schema) }
