package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const genuine = `{"messageId":"5c1c9c6b-9f6f-4c6f-8f0a-3f5f5d3c1a2b","timestamp":"1401833057","data":[
	{"action":"updated","timestamp":1401833052,"userId":1234,"entity":{"type":"invoice","id":2687264638045999,"uri":"https://x/api/invoice/1"}},
	{"action":"created","timestamp":1401833052,"userId":null,"entity":{"type":"job","id":34872}}]}`

func TestInvoices(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []int64
	}{
		"as documented":           {genuine, []int64{2687264638045999}},
		"two and one twice":       {`{"data":[{"entity":{"type":"invoice","id":1}},{"entity":{"type":"Invoice","id":"2"}},{"entity":{"type":"INVOICE","id":1}}]}`, []int64{1, 2}},
		"the largest id":          {`{"data":[{"entity":{"type":"invoice","id":9223372036854775807}}]}`, []int64{9223372036854775807}},
		"too large an id":         {`{"data":[{"entity":{"type":"invoice","id":9223372036854775808}}]}`, nil},
		"no id of an invoice":     {`{"data":[{"entity":{"type":"invoice","id":0}},{"entity":{"type":"invoice","id":-5}},{"entity":{"type":"invoice","id":1.5}},{"entity":{"type":"invoice"}},{"entity":{"type":"invoice","id":null}},{"entity":{"type":"invoice","id":{}}}]}`, nil},
		"the number as type":      {`{"data":[{"entity":{"type":13,"id":7}},{"entity":{"type":"13","id":8}},{"entity":{"type":14,"id":9}}]}`, []int64{7, 8}},
		"rubbish between":         {`{"data":[null,5,"x",[],{},{"entity":[]},{"entity":{"type":{},"id":1}},{"entity":{"type":"invoice","id":" 3 "}}]}`, []int64{3}},
		"a list as object":        {`{"data":{"0":{"entity":{"type":"invoice","id":1}},"3":{"entity":{"type":"invoice","id":2}}}}`, []int64{1, 2}},
		"one event, no list":      {`{"data":{"action":"updated","entity":{"type":"invoice","id":4}}}`, []int64{4}},
		"no envelope":             {`[{"entity":{"type":"invoice","id":5}}]`, []int64{5}},
		"keys in another case":    {`{"Data":[{"Entity":{"Type":"invoice","Id":6}}]}`, []int64{6}},
		"data twice":              {`{"data":[{"entity":{"type":"invoice","id":1}}],"x":{"data":[1]},"data":[{"entity":{"type":"invoice","id":2}}]}`, []int64{1, 2}},
		"cut":                     {strings.SplitAfter(genuine, `"job"`)[0], []int64{2687264638045999}},
		"a byte order mark":       {"\xef\xbb\xbf" + genuine, []int64{2687264638045999}},
		"nothing":                 {"", nil},
		"no JSON":                 {"hello", nil},
		"no data":                 {`{"data":null}`, nil},
		"a number":                {`12`, nil},
		"empty, as PHP writes it": {`{"data":[]}`, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, named(Invoices([]byte(c.body), 13))) })
	}
}

func named(all []Change) []int64 {
	var ids []int64
	for _, c := range all {
		ids = append(ids, c.InvoiceID)
	}
	return ids
}

// The last event of an invoice counts, wherever in the message it stands.
func TestWhenAnInvoiceChanged(t *testing.T) {
	event := func(stamp string) string { return `{"timestamp":` + stamp + `,"entity":{"type":"invoice","id":7}}` }
	for body, want := range map[string]time.Time{
		genuine: time.Unix(1401833052, 0),
		`[` + event("100") + `,` + event(`"300"`) + `,` + event("200") + `]`: time.Unix(300, 0),
		`[` + event("null") + `]`:     {},
		`[` + event("-5") + `]`:       {},
		`[` + event("1.5e9") + `]`:    {},
		`[` + event(`"now"`) + `]`:    {},
		`[{"type":"invoice","id":7}]`: {},
	} {
		require.Equal(t, want, Invoices([]byte(body), 13)[0].At, body)
	}
}

// Whatever ids are in a message come out, each once.
func TestEveryInvoiceOfAMessageIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(rapid.Int64Range(1, 20)).Draw(t, "ids")
		events, want, seen := []any{}, []int64(nil), map[int64]bool{}
		for _, id := range ids {
			word := rapid.SampledFrom([]string{"invoice", "job"}).Draw(t, "type")
			events = append(events, map[string]any{"action": "updated", "entity": map[string]any{"type": word, "id": id}})
			if word == "invoice" && !seen[id] {
				seen[id], want = true, append(want, id)
			}
		}
		body, err := json.Marshal(map[string]any{"messageId": "x", "data": events})
		require.NoError(t, err)
		require.Equal(t, want, named(Invoices(body, 13)))
	})
}

func FuzzInvoices(f *testing.F) {
	for _, seed := range []string{genuine, `{"data":{"0":{"entity":{"type":"invoice","id":"1"}}}}`, `[{"type":"invoice","id":1}]`, `{"data":[`, `{"data":{"a"`, "", "{}", `{"data":[{"entity":{"type":13,"id":1e3}}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		seen := map[int64]bool{}
		for _, id := range named(Invoices(body, 13)) {
			require.Positive(t, id)
			require.False(t, seen[id], "each invoice once")
			seen[id] = true
		}
	})
}
