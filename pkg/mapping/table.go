package mapping

import (
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// table is a list of rows: what ServiceTrade says -> the record of the books.
type table map[string]row

// row remembers the key as it stands in the file, for explanations.
type row struct {
	key string
	ref *tradepostv1.Reference
}

// fold makes two spellings equal that a person cannot tell apart: white space
// and the ways to encode an accented letter. Upper and lower case stay different.
func fold(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// find returns the row of the first key that has one; empty keys are passed over.
func (t table) find(keys ...string) (row, string, bool) {
	for _, k := range keys {
		if k = fold(k); k == "" {
			continue
		}
		if r, ok := t[k]; ok {
			return r, k, true
		}
	}
	return row{}, "", false
}

// view is the table as it goes into the hash.
func (t table) view() map[string]string {
	v := make(map[string]string, len(t))
	for k, r := range t {
		v[k] = refView(r.ref)
	}
	return v
}

func refView(r *tradepostv1.Reference) string {
	if r == nil {
		return ""
	}
	return strconv.Itoa(int(r.By)) + ":" + r.Value
}
