package servicetrade

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	maxNumberText = 100 // characters of a number's literal
	maxExponent   = 40  // either way; more would be expanded into memory
)

var plainDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// usableDecimal parses text unless its literal or exponent is out of all reason.
func usableDecimal(text string) (decimal.Decimal, bool) {
	if text == "" || len(text) > maxNumberText {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > maxExponent || d.Exponent() < -maxNumberText {
		return decimal.Decimal{}, false
	}
	return d, true
}

// integer returns the first field that is an integer other than 0, given as a
// number or a string; never by way of a float, which would merge ids.
func (o object) integer(keys ...string) int64 {
	for _, key := range keys {
		if raw := o[key]; isNumber(raw) || kindOf(raw) == '"' {
			if n, ok := wholeNumber(asText(raw)); ok && n != 0 {
				return n
			}
		}
	}
	return 0
}

func wholeNumber(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	d, ok := usableDecimal(text)
	if !ok || !d.IsInteger() || !d.BigInt().IsInt64() {
		return 0, false
	}
	return d.BigInt().Int64(), true
}

// amount returns a decimal in plain notation with the digits that ServiceTrade
// sent (522.5, "522.50"); only exponents and other odd spellings are rewritten.
// Absent is "". What is no decimal is passed on as text, so that the check of the
// invoice can name it; it never becomes a number by accident.
func (o object) amount(key string) string {
	raw := o[key]
	switch kindOf(raw) {
	case 0, 'n', '[':
		return ""
	case '{':
		if len(asObject(raw)) == 0 {
			return ""
		}
		return "not a number: an object"
	}
	text := strings.TrimSpace(asText(raw))
	if len(text) <= maxNumberText && plainDecimal.MatchString(text) {
		return text
	}
	if d, ok := usableDecimal(text); ok {
		return d.String()
	}
	if text == "" {
		return ""
	}
	return "not a number: " + clip(text, maxNumberText)
}

// clip cuts text to at most n characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	count := 0
	for i := range text {
		if count == n {
			return text[:i]
		}
		count++
	}
	return text
}
