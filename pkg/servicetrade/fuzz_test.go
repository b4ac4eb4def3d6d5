package servicetrade

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
)

func seed(f *testing.F, more ...string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body)
	}
	for _, body := range append(more, ``, `{}`, `[]`, `null`, `{"data":[]}`, `{"data":{"id":1e5}}`, "\xff{}") {
		f.Add([]byte(body))
	}
}

// FuzzInvoice: no answer may break the decoder, and whatever it accepts can be sent.
func FuzzInvoice(f *testing.F) {
	seed(f, `{"data":{"id":5,"items":[{"price":1e9999}]}}`, `{"data":{"invoice":{"id":5},"items":[{"id":1}]}}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		id := int64(5)
		if data, err := dataObject(body); err == nil && data.integer("id") > 0 {
			id = data.integer("id")
		}
		inv, err := decodeInvoice(body, id)
		if err != nil {
			return
		}
		require.Equal(t, id, inv.GetId())
		_, err = proto.Marshal(inv)
		require.NoError(t, err)
	})
}

// FuzzEnvelope: messages and pages of any answer.
func FuzzEnvelope(f *testing.F) {
	seed(f, `{"messages":{"error":[{"a":["b"]}]}}`, `{"data":{"invoices":{"0":{"id":1}},"totalPages":"2"}}`)
	c := New(Config{URL: "https://st.example"})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, m := range c.messages(body) {
			require.True(t, utf8.ValidString(m))
			require.LessOrEqual(t, utf8.RuneCountInString(m), maxMessageLength)
		}
		p, err := decodePage(body, "invoices")
		if err != nil {
			return
		}
		for _, row := range p.rows {
			decodeRow(asObject(row))
			decodeComment(asObject(row))
		}
	})
}

// FuzzRelated: records, login and comments of any shape.
func FuzzRelated(f *testing.F) {
	seed(f)
	f.Fuzz(func(_ *testing.T, body []byte) {
		id := int64(1)
		if data, err := dataObject(body); err == nil {
			id = data.integer("id")
		}
		_, _ = decodeCompany(body, id)
		_, _ = decodeLocation(body, id)
		_, _ = decodeJob(body, id)
		_, _ = decodeLibItem(body, id)
		_, _, _ = decodeLogin(&reply{status: 200, body: body})
	})
}

// FuzzAmount: what looks like a number in the result is one of bounded size.
func FuzzAmount(f *testing.F) {
	for _, literal := range []string{`1`, `1e3`, `"-0.50"`, `1e999999999`, `"1E-999999999"`, `"٣"`, `"1_000"`} {
		f.Add([]byte(literal))
	}
	f.Fuzz(func(t *testing.T, literal []byte) {
		if !json.Valid(literal) {
			return
		}
		got := field(string(literal)).amount("f")
		require.LessOrEqual(t, len(got), len("not a number: ")+4*maxNumberText)
		if d, ok := usableDecimal(got); ok {
			require.Less(t, len(d.String()), 3*maxNumberText)
		}
	})
}
