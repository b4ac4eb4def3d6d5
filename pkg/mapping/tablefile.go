package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/tradepost/tradepost/pkg/textfile"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	maxTableRows = 200_000
	tableFileFix = "write it like a spreadsheet does: first row servicetrade,books, then one row for each value; a third column `by` may say id, code or name"
)

var (
	columns   = []string{"servicetrade", "books", "by"}
	referable = map[string]tradepostv1.ReferenceBy{
		"":     tradepostv1.ReferenceBy_REFERENCE_BY_CODE,
		"id":   tradepostv1.ReferenceBy_REFERENCE_BY_ID,
		"code": tradepostv1.ReferenceBy_REFERENCE_BY_CODE,
		"name": tradepostv1.ReferenceBy_REFERENCE_BY_NAME,
	}
)

// tableFile reads a table from a CSV file beside the mapping. Rows may have the
// marks of a spreadsheet: a byte order mark, CRLF, quotes.
func (r *reader) tableFile(n ast.Node, path string) table {
	name, ok := r.text(n, path)
	if !ok {
		return table{}
	}
	if r.open == nil {
		r.add(n, path, "the mapping is read without its folder, so that no other file can be read", "write the table into the mapping")
		return table{}
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.file), name)
	}
	data, err := r.open(name)
	if err != nil {
		r.files = append(r.files, name)
		r.add(n, path, "the file of the table cannot be read: "+err.Error(), "check the path, relative to the mapping's file, and who may read it")
		return table{}
	}
	r.files = append(r.files, name)
	if len(data) > maxFileBytes {
		r.add(n, path, fmt.Sprintf("the file %s has %d bytes, at most %d are read", name, len(data), maxFileBytes), "check that this is the right file")
		return table{}
	}
	c := &csvTable{r: r, name: name, rows: table{}}
	text, wrong := textfile.UTF8(data)
	if wrong != nil {
		c.problem(wrong.Line, wrong.Column, "the file "+wrong.What, wrong.Fix)
		return table{}
	}
	c.read(text)
	return c.rows
}

type csvTable struct {
	r    *reader
	name string
	in   *csv.Reader
	rows table
}

func (c *csvTable) read(data []byte) {
	c.in = csv.NewReader(bytes.NewReader(data))
	c.in.FieldsPerRecord, c.in.Comment, c.in.TrimLeadingSpace = -1, '#', true
	header := true
	for {
		fields, err := c.in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.broken(err)
			return
		}
		if header {
			if !c.header(fields) {
				return
			}
			header = false
			continue
		}
		c.row(fields)
		if len(c.rows) > maxTableRows {
			c.add(0, "more rows than are read", fmt.Sprintf("at most %d are possible", maxTableRows))
			return
		}
	}
	if header {
		c.problem(1, 1, "the file is empty", tableFileFix)
	}
}

func (c *csvTable) header(fields []string) bool {
	if len(fields) == 1 && strings.Contains(fields[0], ";") {
		c.add(0, "the columns are not separated by commas", "save it as CSV with commas; programs of some countries write semicolons")
		return false
	}
	for i, f := range fields {
		if i >= len(columns) || strings.ToLower(strings.TrimSpace(f)) != columns[i] {
			c.add(i, "the first row has to name the columns", tableFileFix)
			return false
		}
	}
	if len(fields) < 2 {
		c.add(0, "the first row has to name the columns", tableFileFix)
		return false
	}
	return true
}

func (c *csvTable) row(fields []string) {
	if strings.TrimSpace(strings.Join(fields, "")) == "" {
		return
	}
	cell := func(i int) string {
		if i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	key, value := fold(cell(0)), fold(cell(1))
	by, known := referable[strings.ToLower(cell(2))]
	switch other, twice := c.rows[key]; {
	case len(fields) > len(columns):
		c.add(len(columns), "the row has more columns than the first row", "put values with a comma into quotes")
	case key == "":
		c.add(0, "the row says nothing of ServiceTrade", "write what ServiceTrade calls it, or its id")
	case value == "":
		c.add(min(1, len(fields)-1), "the row names nothing of the books", "fill in the column books, or remove the row")
	case utf8.RuneCountInString(value) > maxReference:
		c.add(1, "the value is too long", fmt.Sprintf("at most %d characters are possible", maxReference))
	case !known:
		c.add(2, fmt.Sprintf("%.20q is not possible in the column by", cell(2)), "possible: id, code, name, or nothing for code")
	case twice && (other.ref.GetValue() != value || other.ref.GetBy() != by):
		c.add(0, fmt.Sprintf("%q is there twice, and not with the same answer", other.key), "remove one of the two")
	default:
		c.rows[key] = row{key: cell(0), ref: &tradepostv1.Reference{By: by, Value: value}}
	}
}

// add tells a problem at a field of the row that was read last.
func (c *csvTable) add(field int, what, fix string) {
	line, column := c.in.FieldPos(field)
	c.problem(line, column, what, fix)
}

func (c *csvTable) broken(err error) {
	line, column, what := 0, 0, err.Error()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		line, column, what = parse.Line, parse.Column, parse.Err.Error()
	}
	c.problem(line, column, "not readable as CSV: "+what, "check the quotes around this place")
}

func (c *csvTable) problem(line, column int, what, fix string) {
	c.r.problems = append(c.r.problems, Problem{File: c.name, Line: line, Column: column, What: what, Fix: fix})
}
