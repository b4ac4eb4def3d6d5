package api

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzDecodeBody(f *testing.F) {
	f.Add("application/json", []byte(`{"a":"1","b":[1],"c":null,"d":1e400,"e":{"f":true}}`))
	f.Add("application/x-www-form-urlencoded", []byte("a=1&b[]=x&b[]=y&c=%zz"))
	f.Add("", []byte("null"))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		b, err := decodeBody(kind, data)
		if err != nil {
			return
		}
		for name := range b.fields {
			b.text(name)
			b.number(name)
			b.amount(name)
			b.boolean(name)
			var list []string
			b.decode(name, &list)
			require.Error(t, b.only())
		}
		_ = b.err()
		_, _ = readItems(json.RawMessage(data))
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("status=a%2Cb,c&limit=1&partial=true&createdAfter=-9223372036854775808")
	f.Add("limit=9223372036854775807&page=9223372036854775807")
	f.Fuzz(func(t *testing.T, raw string) {
		c := &call{query: parseQuery(raw)}
		_ = invoiceFilter(&c.query)
		_ = jobFilter(&c.query)
		_ = locationFilter(&c.query)
		data, err := page(c, "rows", invoicePages, make([]int, 30), func(i int) any { return i })
		if err == nil {
			require.GreaterOrEqual(t, data.(map[string]any)["totalPages"], int64(1))
		}
	})
}
