package file

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// The formats of a file.
const (
	FormatCSV   = "csv"
	FormatLines = "jsonl"
)

// What one row of a file is.
const (
	// RowLine makes a row of each line, and of each discount and tax.
	RowLine = "line"
	// RowDocument makes one row of each document.
	RowDocument = "document"
)

// Config is the settings of a connection that hands over files, as written in YAML.
type Config struct {
	// Place says where the files go; one of folder and sftp.
	outbox.Place `yaml:",inline"`
	// System is how people call the accounting system; default "the accounting system".
	System string `yaml:"system"`
	// Name is the beginning of a file's name; default INVOICES. Extension is its end;
	// default .csv or .jsonl.
	Name      string `yaml:"name"`
	Extension string `yaml:"extension"`
	// Format is csv (default) or jsonl.
	Format string `yaml:"format"`
	// Rows is line (default) or document.
	Rows string `yaml:"rows"`
	// Header says that the first row of a CSV file names the columns; default false.
	Header bool `yaml:"header"`
	// Delimiter stands between the cells of a CSV file: one character; default a comma.
	Delimiter string `yaml:"delimiter"`
	// LineEnd is crlf (default for csv) or lf (default for jsonl).
	LineEnd string `yaml:"line_end"`
	// Encoding is utf-8 (default) or windows-1252.
	Encoding string   `yaml:"encoding"`
	Columns  []Column `yaml:"columns"`
	// Amount is the column whose values add up to a document's total, so that no template
	// can leave a line out. Required.
	Amount string `yaml:"amount"`
	// CreditMemos is negative (default) or positive: the sign of their amounts.
	CreditMemos string `yaml:"credit_memos"`
	// Batch is the most documents of one file; default 50.
	Batch int `yaml:"batch"`
	// Wait is how long the first document waits for others; default 15m. 0s makes a file of
	// each document.
	Wait *time.Duration `yaml:"wait"`
	// RemindAfter is when a file that nobody confirmed is told as a trouble; default 72h.
	RemindAfter time.Duration `yaml:"remind_after"`
	// Recipe is what a bookkeeper is told about the import, besides the columns.
	Recipe string `yaml:"recipe"`
}

// Column is one column of a CSV file, or one key of a JSON line.
type Column struct {
	Name string `yaml:"name"`
	// Value is a text template over a Row: {{.Number}}.
	Value string `yaml:"value"`
	// Required refuses a document in which it is empty.
	Required bool `yaml:"required"`
	// Max is how many characters it may have; 0 is any number. A longer one is refused,
	// or cut where Cut says so.
	Max int  `yaml:"max"`
	Cut bool `yaml:"cut"`
	// Number writes it as a number into JSON.
	Number bool `yaml:"number"`

	tmpl *template.Template
}

func (c *Config) complete() {
	orElse := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	orElse(&c.System, "the accounting system")
	orElse(&c.Name, "INVOICES")
	orElse(&c.Format, FormatCSV)
	orElse(&c.Extension, "."+c.Format)
	orElse(&c.Rows, RowLine)
	orElse(&c.Delimiter, ",")
	orElse(&c.LineEnd, map[string]string{FormatCSV: "crlf"}[c.Format])
	orElse(&c.LineEnd, "lf")
	orElse(&c.Encoding, "utf-8")
	orElse(&c.CreditMemos, "negative")
	if c.Batch == 0 {
		c.Batch = 50
	}
	if c.Wait == nil {
		wait := 15 * time.Minute
		c.Wait = &wait
	}
	if c.RemindAfter == 0 {
		c.RemindAfter = outbox.RemindAfter
	}
}

func (c *Config) batch() int {
	if *c.Wait == 0 {
		return 1
	}
	return c.Batch
}

var (
	fileName  = regexp.MustCompile(`^[A-Za-z0-9_]{1,40}$`)
	extension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,10}$`)
)

// problems returns all that is wrong with the settings, in one error. It reads the
// templates, and tries each with a row.
func (c *Config) problems() error {
	errs := c.Problems()
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("setting %s: %s", key, fmt.Sprintf(format, args...)))
	}
	oneOf := func(key, have string, may ...string) {
		if !slices.Contains(may, have) {
			bad(key, "%q is none of %s", have, strings.Join(may, ", "))
		}
	}
	oneOf("format", c.Format, FormatCSV, FormatLines)
	oneOf("rows", c.Rows, RowLine, RowDocument)
	oneOf("line_end", c.LineEnd, "crlf", "lf")
	oneOf("encoding", c.Encoding, "utf-8", "windows-1252")
	oneOf("credit_memos", c.CreditMemos, "negative", "positive")
	if !fileName.MatchString(c.Name) {
		bad("name", "%q is not made of letters, digits and _", c.Name)
	}
	if !extension.MatchString(c.Extension) {
		bad("extension", "%q is not a point and letters, such as .txt", c.Extension)
	}
	if d := []rune(c.Delimiter); len(d) != 1 || strings.ContainsAny(c.Delimiter, "\"\r\n") {
		bad("delimiter", "%q is not one character that can stand between cells", c.Delimiter)
	}
	if c.Batch < 1 || c.Batch > 1000 {
		bad("batch", "%d is not between 1 and 1000", c.Batch)
	}
	if *c.Wait < 0 || *c.Wait > 24*time.Hour {
		bad("wait", "%s is not between 0s and 24h", *c.Wait)
	}
	if c.RemindAfter < 0 {
		bad("remind_after", "%s is below zero", c.RemindAfter)
	}
	return errors.Join(append(errs, c.columnProblems()...)...)
}

func (c *Config) columnProblems() []error {
	if len(c.Columns) == 0 {
		return []error{errors.New("setting columns: is missing; list the columns in the order of the file, each with name and value")}
	}
	var errs []error
	seen := map[string]bool{}
	for i := range c.Columns {
		col := &c.Columns[i]
		if col.Name == "" || seen[col.Name] {
			errs = append(errs, fmt.Errorf("setting columns[%d].name: %q is empty, or there twice", i, col.Name))
		}
		seen[col.Name] = true
		if err := col.read(); err != nil {
			errs = append(errs, fmt.Errorf("setting columns[%d].value: %w", i, err))
		}
		if col.Max < 0 {
			errs = append(errs, fmt.Errorf("setting columns[%d].max: %d is below zero", i, col.Max))
		}
	}
	if !seen[c.Amount] {
		errs = append(errs, fmt.Errorf("setting amount: %q is no column; name the one whose values add up to the total of a document", c.Amount))
	}
	return errs
}
