package file

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

// line is one row as bytes of the file.
func (c *Config) line(cells []string) ([]byte, error) {
	end := map[string]string{"crlf": "\r\n", "lf": "\n"}[c.LineEnd]
	var b bytes.Buffer
	if c.Format == FormatCSV {
		w := csv.NewWriter(&b)
		w.Comma = []rune(c.Delimiter)[0]
		if err := w.Write(cells); err != nil {
			return nil, err
		}
		w.Flush()
		return c.encoded(strings.TrimSuffix(b.String(), "\n") + end), nil
	}
	b.WriteByte('{')
	var errs []error
	for i, col := range c.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(col.Name)
		value, _ := json.Marshal(cells[i])
		switch {
		case col.Number && cells[i] == "":
			value = []byte("null")
		case col.Number:
			n, err := decimal.NewFromString(cells[i])
			errs = append(errs, err)
			value = []byte(n.String())
		}
		b.Write(append(append(key, ':'), value...))
	}
	return c.encoded(b.String() + "}" + end), errors.Join(errs...)
}

func (c *Config) encoded(text string) []byte {
	if c.Encoding == "utf-8" {
		return []byte(text)
	}
	return ansi.Encode(text)
}

// heading is what a file begins with.
func (c *Config) heading() []byte {
	if !c.Header || c.Format != FormatCSV {
		return nil
	}
	names := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		names[i] = col.Name
	}
	line, _ := c.line(names)
	return line
}
