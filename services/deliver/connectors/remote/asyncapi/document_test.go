package asyncapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
)

const root = "../../../../.."

func page(t *testing.T) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "proto/tradepost/v1/*.proto"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var comments [][]byte
	for _, name := range files {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		comments = append(comments, raw)
	}
	made, err := Page(comments...)
	require.NoError(t, err)
	return made
}

func TestTheDocumentIsUpToDate(t *testing.T) {
	there, err := os.ReadFile(filepath.Join(root, "docs/connector.asyncapi.json"))
	require.NoError(t, err)
	require.Equal(t, string(page(t)), string(there), "run make generate")
}

// schemaOf is the compiled schema of a message, as the document has it.
func schemaOf(t *testing.T, message string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(page(t))))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	require.NoError(t, c.AddResource("connector.asyncapi.json", doc))
	s, err := c.Compile("connector.asyncapi.json#/components/messages/" + message + "/payload")
	require.NoError(t, err)
	return s
}

func instance(t *testing.T, raw []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	require.NoError(t, err)
	return v
}

// What the schemas of the document say and what the readers of the messages check is one.
func TestTheExamplesAreGoodForTheSchemasAndForTheReaders(t *testing.T) {
	for message, examples := range all {
		schema := schemaOf(t, message)
		for _, e := range examples {
			require.NoError(t, bus.Validate(e.message), "%s %s", message, e.name)
			raw, err := protojson.Marshal(e.message)
			require.NoError(t, err)
			require.NoError(t, schema.Validate(instance(t, raw)), "%s %s", message, e.name)
		}
	}
}

// spoiled are messages that neither may take.
var spoiled = map[string]struct{ message, body string }{
	"no operation":           {"ConnectorCall", `{"connection":"a","deadline":"2026-11-22T10:00:00Z"}`},
	"no deadline":            {"ConnectorCall", `{"connection":"a","company":{}}`},
	"a deadline in words":    {"ConnectorCall", `{"connection":"a","deadline":"soon","company":{}}`},
	"no marker":              {"ConnectorCall", `{"connection":"a","deadline":"2026-11-22T10:00:00Z","find":{"marker":""}}`},
	"nothing answered":       {"ConnectorAnswer", `{}`},
	"two answers":            {"ConnectorAnswer", `{"found":{},"company":{"id":"1"}}`},
	"posted, and nothing":    {"ConnectorAnswer", `{"posted":{}}`},
	"an amount in words":     {"ConnectorAnswer", `{"posted":{"document":{"id":"1","total":"a lot"}}}`},
	"rejected for no reason": {"ConnectorAnswer", `{"rejected":{"faults":[]}}`},
	"a wait without scope":   {"ConnectorAnswer", `{"wait":{"scope":"WAIT_SCOPE_UNSPECIFIED","reason":"closed"}}`},
	"no clock":               {"ConnectorDescription", `{"protocol":1}`},
}

func TestBrokenMessagesAreBrokenForBoth(t *testing.T) {
	for name, c := range spoiled {
		require.Error(t, schemaOf(t, c.message).Validate(instance(t, []byte(c.body))), "schema: %s", name)
		m := proto.Clone(all[c.message][0].message)
		err := protojson.Unmarshal([]byte(c.body), m)
		if err == nil {
			err = bus.Validate(m)
		}
		require.Error(t, err, "reader: %s", name)
	}
}

// A message or field without words in its schema would be one without words here.
func TestEveryReferenceLeadsSomewhereAndEveryMessageIsDescribed(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal(page(t), &doc))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if to, is := v["$ref"].(string); is {
				require.NotNil(t, at(doc, to), to)
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(doc)
	for name, s := range at(doc, "#/components/schemas").(map[string]any) {
		require.NotEmpty(t, s.(map[string]any)["description"], name)
	}
}

func at(doc map[string]any, ref string) any {
	var v any = doc
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	return v
}
