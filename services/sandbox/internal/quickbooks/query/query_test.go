package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/query"
)

func TestParse(t *testing.T) {
	q, err := query.Parse(`select Id, MetaData.CreateTime from Invoice where DocNumber in ('A','B\'s') AND TotalAmt >= -1.50 and Active=true orderby Id desc, DocNumber STARTPOSITION 11 MAXRESULTS 20`)
	require.NoError(t, err)
	require.Equal(t, query.Query{
		Entity: "Invoice", Fields: []string{"Id", "MetaData.CreateTime"}, Start: 11, Max: 20,
		Where: []query.Condition{
			{Field: "DocNumber", Op: "IN", Values: []query.Value{{Text: "A", Quoted: true}, {Text: "B's", Quoted: true}}},
			{Field: "TotalAmt", Op: ">=", Values: []query.Value{{Text: "-1.50"}}},
			{Field: "Active", Op: "=", Values: []query.Value{{Text: "true"}}},
		},
		OrderBy: []query.Order{{Field: "Id", Desc: true}, {Field: "DocNumber"}},
	}, q)
	q, err = query.Parse("SELECT COUNT(*) FROM Customer")
	require.NoError(t, err)
	require.Equal(t, query.Query{Entity: "Customer", Count: true, Start: 1, Max: query.DefaultResults}, q)
	q, err = query.Parse("select * from Item maxresults 1000 startposition 3")
	require.NoError(t, err)
	require.Equal(t, 1000, q.Max)
	require.Equal(t, 3, q.Start)
}

func TestErrorsSayWhere(t *testing.T) {
	for statement, want := range map[string]string{
		"select * from Invoice where DocNumber = 'a' or Id = '1'": `4000 QueryParserError: Encountered "or" at line 1, column 45, expected the end of the statement`,
		"select * from Invoice where DocNumber = 'it's'":          `4000 QueryParserError: Lexical error at column 46, a quotation mark is not closed`,
		"select * from Invoice where Id ! '1'":                    `4000 QueryParserError: Lexical error at column 32, encountered '!'`,
		"select * from where":                                     `4000 QueryParserError: Encountered "where" at line 1, column 15, expected the name of an entity`,
		"select * from Invoice startposition 0":                   `4001 QueryValidationError: the value 0 for STARTPOSITION is too small. Min value is 1`,
		"select * from Invoice where Id in ('1'":                  `4000 QueryParserError: Encountered the end of the statement, expected , or )`,
		"select count(Id) from Invoice":                           `4000 QueryParserError: Encountered "Id" at line 1, column 14, expected COUNT(*)`,
		"select * from Invoice where Id = '1\xff'":                `4000 QueryParserError: the statement is not UTF-8`,
	} {
		_, err := query.Parse(statement)
		known, ok := errors.AsType[*query.Error](err)
		require.True(t, ok, statement)
		require.Equal(t, want, known.Code+" "+known.Detail, statement)
	}
}

// Whatever stands in a literal comes back, once quotation marks and backslashes
// have a backslash before them.
func TestLiterals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)
		q, err := query.Parse(fmt.Sprintf("select * from Customer where DisplayName = '%s' and Active = true", escaped))
		require.NoError(t, err)
		require.Equal(t, value, q.Where[0].Values[0].Text)
		require.Len(t, q.Where, 2)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"select * from Invoice", "select Id, DocNumber from Invoice where DocNumber in ('a', 'b') and TotalAmt > 5 orderby Id desc startposition 1 maxresults 5",
		"select count(*) from Customer where DisplayName like '%\\'%'", "select", "'", "\\", "select * from Invoice where x = '\xff'", "select count(", "select count",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := query.Parse(s)
		if err != nil {
			known, ok := errors.AsType[*query.Error](err)
			require.True(t, ok)
			require.Contains(t, []string{"4000", "4001"}, known.Code)
			require.NotEmpty(t, known.Detail)
			return
		}
		require.NotEmpty(t, q.Entity)
		require.Positive(t, q.Start)
		require.True(t, q.Max >= 1 && q.Max <= query.MaxResults)
		for _, c := range q.Where {
			require.NotEmpty(t, c.Field)
			require.NotEmpty(t, c.Values)
		}
	})
}
