package servicetrade

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func field(value string) object { return object{"f": json.RawMessage(value)} }

func TestAmounts(t *testing.T) {
	for literal, want := range map[string]string{
		`522.5`: "522.5", `522.50`: "522.50", `"522.50"`: "522.50", `" 522.5 "`: "522.5", `0`: "0", `-3`: "-3",
		`1e3`: "1000", `1.5E+2`: "150", `12E-3`: "0.012", `"007.10"`: "7.1", `"+5"`: "5", `".5"`: "0.5",
		`9007199254740993.01`: "9007199254740993.01", `0.1000000000000000055511151231257827`: "0.1000000000000000055511151231257827",
		`null`: "", `""`: "", `[]`: "", `{}`: "",
		`"n/a"`: "not a number: n/a", `"1,234.50"`: "not a number: 1,234.50", `true`: "not a number: true",
		`1e999999999`: "not a number: 1e999999999", `1e-999999999`: "not a number: 1e-999999999",
		`{"amount":1}`: "not a number: an object", `"0x10"`: "not a number: 0x10", `"NaN"`: "not a number: NaN",
		`"` + strings.Repeat("9", 200) + `"`: "not a number: " + strings.Repeat("9", maxNumberText),
	} {
		require.Equal(t, want, field(literal).amount("f"), literal)
	}
	require.Empty(t, object{}.amount("f"))
	require.Empty(t, object(nil).amount("f"))
}

func TestAmountKeepsEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		literal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?`).Draw(t, "literal")
		require.Equal(t, literal, field(literal).amount("f"))
		require.Equal(t, literal, field(`"`+literal+`"`).amount("f"))
	})
}

func TestIntegers(t *testing.T) {
	for literal, want := range map[string]int64{
		`2687264638045999`: bigID, `"2687264638045999"`: bigID, `2.687264638045999e15`: bigID, `12.0`: 12, `" 7 "`: 7,
		`9223372036854775807`: 9223372036854775807, `9223372036854775808`: 0, `1e999999999`: 0,
		`12.5`: 0, `"x"`: 0, `""`: 0, `null`: 0, `false`: 0, `true`: 0, `[]`: 0, `{}`: 0, `-5`: -5,
	} {
		require.Equal(t, want, field(literal).integer("f"), literal)
	}
}

func TestIntegersSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		raw, err := json.Marshal(n)
		require.NoError(t, err)
		require.Equal(t, n, field(string(raw)).integer("f"))
		require.Equal(t, n, field(`"`+string(raw)+`"`).integer("f"))
	})
}

func TestFlags(t *testing.T) {
	for literal, want := range map[string]bool{
		`true`: true, `false`: false, `1`: true, `0`: false, `"1"`: true, `"0"`: false, `"true"`: true, `"false"`: false,
		`"TRUE"`: true, `1.0`: true, `0.0`: false, `null`: false, `""`: false, `[]`: false, `{}`: false, `1e999999999`: false,
	} {
		require.Equal(t, want, field(literal).flag("f"), literal)
	}
	require.True(t, object{"a": json.RawMessage(`null`), "b": json.RawMessage(`1`)}.flag("a", "b"))
}

func TestTexts(t *testing.T) {
	for literal, want := range map[string]string{
		`"a"`: "a", `5123`: "5123", `5123.50`: "5123.50", `true`: "true", `null`: "", `[]`: "", `{}`: "", `["a"]`: "",
		`{"id":1,"name":"Net 30"}`: "Net 30", `{"name":{"name":"deep"}}`: "", `"\ud800"`: "\ufffd",
	} {
		require.Equal(t, want, field(literal).text("f"), literal)
	}
}

func TestReferences(t *testing.T) {
	beside := siblings{}
	beside.add("companies", object{"id": json.RawMessage(`9`), "name": json.RawMessage(`"Nine"`)})
	for literal, want := range map[string]string{
		`{"id":9}`: "9/", `{"id":"8","name":"Eight"}`: "8/Eight", `9`: "9/Nine", `"9"`: "9/Nine", `7`: "7/", `{"name":"Only"}`: "0/Only",
		`"Only"`: "0/Only", `null`: "none", `0`: "none", `false`: "none", `[]`: "none", `{}`: "none", `""`: "none", `{"id":null}`: "none",
		`2687264638045999`: "2687264638045999/",
	} {
		ref := beside.ref(field(literal), "companies", "f")
		got := "none"
		if ref != nil {
			id, err := json.Marshal(ref.GetId())
			require.NoError(t, err)
			got = string(id) + "/" + ref.GetName()
		}
		require.Equal(t, want, got, literal)
	}
	both := object{"customer": json.RawMessage(`null`), "customerId": json.RawMessage(`"9"`)}
	require.Equal(t, "Nine", beside.ref(both, "companies", "customer", "customerId").GetName())
}

func TestExternalIDs(t *testing.T) {
	require.Nil(t, stringMap(json.RawMessage(`[]`)))
	require.Nil(t, stringMap(json.RawMessage(`null`)))
	require.Nil(t, stringMap(nil))
	require.Equal(t, map[string]string{"a": "1", "b": "x/ y"}, stringMap(json.RawMessage(`{"a":1,"b":"x/ y","c":null,"d":""}`)))
}

func TestMessages(t *testing.T) {
	c := New(Config{URL: "https://st.example", Password: "pw-pw"})
	for body, want := range map[string][]string{
		`{"messages":{"error":["a","b"],"success":["fine"]}}`:                    {"a", "b"},
		`{"messages":{"error":"a"}}`:                                             {"a"},
		`{"messages":{"validation":{"locationId":"is required","b":["x","y"]}}}`: {"b: x", "b: y", "locationId: is required"},
		`{"messages":{"validation":["v"],"error":["e"],"warning":"w"}}`:          {"e", "v", "w"},
		`{"messages":["a",["b"]]}`:                                               {"a", "b"},
		`{"messages":"a pw-pw"}`:                                                 {"a ***"},
		`{"messages":[]}`:                                                        nil, `{"messages":null}`: nil, `{}`: nil, ``: nil, `<html>`: nil, `[]`: nil, `7`: nil,
		"\xef\xbb\xbf" + `{"messages":{"error":"a"}}`: {"a"},
	} {
		require.Equal(t, want, c.messages([]byte(body)), body)
	}
	many := `{"messages":["` + strings.Repeat(strings.Repeat("ä", 600)+`","`, 50) + `"]}`
	got := c.messages([]byte(many))
	require.Len(t, got, maxMessages)
	require.Equal(t, strings.Repeat("ä", maxMessageLength), got[0])
	deep := `{"messages":` + strings.Repeat(`[`, 500) + `"x"` + strings.Repeat(`]`, 500) + `}`
	require.Empty(t, c.messages([]byte(deep)))
}

func TestInvoiceThatCannotBeBelieved(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"id":6}}`:                      "asked for 5, the answer is about 6",
		`{"data":{"name":"x"}}`:                  "no invoice with an id",
		`{"data":[]}`:                            "no data",
		`{"data":null}`:                          "no data",
		``:                                       "no data",
		`{"data":{"id":5,"items":"two"}}`:        "items is no list",
		`{"data":{"id":5,"items":{"a":{}}}}`:     `items is no list but an object with the field "a"`,
		`{"data":{"id":5,"items":[{"id":1},8]}}`: "items[1] is no line",
		`{"data":{"id":5,"items":[null]}}`:       "items[0] is no line",
		`{"data":{"id":5}`:                       "no JSON",
		`[{"id":5}]`:                             "no JSON",
	} {
		_, err := decodeInvoice([]byte(body), 5)
		require.ErrorContains(t, err, want, body)
	}
}

func TestInvoiceWithGapsInItsList(t *testing.T) {
	inv, err := decodeInvoice([]byte(`{"data":{"id":5,"items":{"10":{"description":"b"},"9":{"description":"a"}},"location":null,"job":{"id":1,"location":{"id":2}}}}`), 5)
	require.NoError(t, err)
	require.Equal(t, "a", inv.GetItems()[0].GetDescription())
	require.Equal(t, "b", inv.GetItems()[1].GetDescription())
	require.EqualValues(t, 2, inv.GetLocation().GetId(), "the job's")
}

// A tax group may be told by its name, by its code, or by both.
func TestTaxGroupGoesByItsCode(t *testing.T) {
	for group, want := range map[string]string{
		`{"code":"NC-WAKE","rate":7.25}`: "NC-WAKE", `{"id":4,"name":"Wake County"}`: "Wake County",
		`{"id":4,"name":"Wake County","code":"NC-WAKE"}`: "NC-WAKE", `"NC-WAKE"`: "NC-WAKE", `4`: "4", `null`: "", `{}`: "",
	} {
		inv, err := decodeInvoice([]byte(`{"data":{"id":5,"taxGroup":`+group+`}}`), 5)
		require.NoError(t, err)
		require.Equal(t, want, inv.GetTaxGroup(), group)
	}
	at, err := decodeLocation([]byte(`{"data":{"id":5,"taxGroup":{"code":"NC-WAKE"}}}`), 5)
	require.NoError(t, err)
	require.Equal(t, "NC-WAKE", at.GetTaxGroup().GetName())
}

func TestAddressFitsItsMessage(t *testing.T) {
	long := strings.Repeat("ü", 2000)
	a := decodeAddress(object{"address": json.RawMessage(`{"street":"` + long + `","postalCode":"` + long + `"}`)})
	require.Equal(t, strings.Repeat("ü", 1000), a.GetStreet())
	require.Equal(t, strings.Repeat("ü", 40), a.GetPostalCode())
	require.Nil(t, decodeAddress(object{"address": json.RawMessage(`[]`)}))
}
