package hledger

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// entry is one transaction of a journal, as far as Tradepost has to know it.
type entry struct {
	raw      string // the lines of the transaction, each with its line end
	date     string // YYYY-MM-DD, "" when written in another way
	code     string
	payee    string
	tags     map[string]string
	postings []posting
}

type posting struct {
	account string
	amount  string // as written, without comment; "" when left out
	tags    map[string]string
	virtual bool
}

// readJournal returns the transactions of a journal file in their order. It
// reads what hledger reads as far as needed here, never fails, and leaves out
// what is commented out.
func readJournal(content string) []entry {
	var entries []entry
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			entries = append(entries, readEntry(lines))
		}
		lines = nil
	}
	commented := false
	for line := range strings.Lines(content) {
		text := strings.TrimRight(line, " \t\r\n")
		switch {
		case commented:
			commented = text != "end comment"
		case text == "comment":
			flush()
			commented = true
		case line[0] >= '0' && line[0] <= '9':
			flush()
			lines = []string{line}
		case len(lines) > 0 && text != "" && (line[0] == ' ' || line[0] == '\t'):
			lines = append(lines, line)
		default:
			flush()
		}
	}
	flush()
	return entries
}

var headerForm = regexp.MustCompile(`^(\S+)\s*(?:[*!]\s*)?(?:\(([^)]*)\))?\s*(.*)$`)

func readEntry(lines []string) entry {
	e := entry{raw: strings.Join(lines, ""), tags: map[string]string{}}
	header, comment, _ := strings.Cut(strings.TrimRight(lines[0], " \t\r\n"), ";")
	readTags(comment, e.tags)
	if m := headerForm.FindStringSubmatch(strings.TrimSpace(header)); m != nil {
		e.date, e.code = readDate(m[1]), m[2]
		payee, _, _ := strings.Cut(m[3], "|")
		e.payee = strings.TrimSpace(payee)
	}
	for _, line := range lines[1:] {
		text := strings.TrimSpace(line)
		if !strings.HasPrefix(text, ";") {
			e.postings = append(e.postings, readPosting(text))
			continue
		}
		tags := e.tags
		if n := len(e.postings); n > 0 {
			tags = e.postings[n-1].tags
		}
		readTags(text[1:], tags)
	}
	return e
}

func readDate(s string) string {
	day, _, _ := strings.Cut(s, "=")
	date, err := caldate.Parse(strings.NewReplacer("/", "-", ".", "-").Replace(day))
	if err != nil {
		return ""
	}
	return date.String()
}

var accountEnd = regexp.MustCompile(`\t|[\pZ\t]{2,}`)

func readPosting(text string) posting {
	text = strings.TrimSpace(strings.TrimLeft(text, "*!"))
	p := posting{account: text, tags: map[string]string{}}
	if at := accountEnd.FindStringIndex(text); at != nil {
		rest, comment, _ := strings.Cut(text[at[1]:], ";")
		readTags(comment, p.tags)
		p.account, p.amount = text[:at[0]], strings.TrimSpace(rest)
	}
	if i := strings.IndexAny(p.amount, "@={"); i >= 0 {
		p.amount = strings.TrimSpace(p.amount[:i])
	}
	p.virtual = strings.HasPrefix(p.account, "(") || strings.HasPrefix(p.account, "[")
	return p
}

// readTags adds the tags of a comment. A tag is a word with a colon; its value
// goes on to the next comma. The first of a name counts.
func readTags(comment string, into map[string]string) {
	for comment != "" {
		colon := strings.IndexByte(comment, ':')
		if colon < 0 {
			return
		}
		name := comment[:colon]
		if i := strings.LastIndexAny(name, " \t,"); i >= 0 {
			name = name[i+1:]
		}
		comment = comment[colon+1:]
		if name == "" {
			continue
		}
		value, rest, _ := strings.Cut(comment, ",")
		if _, twice := into[name]; !twice {
			into[name] = strings.TrimSpace(value)
		}
		comment = rest
	}
}

// found says what an entry shows. version is what Update has to find again.
func (c *Config) found(e entry, id, version string) connector.Found {
	f := connector.Found{
		Kind: kindOf(e.tags["kind"]), ID: id, Number: e.code, Version: version,
		IssueDate: e.date, CustomerName: e.payee,
	}
	if issued := readDate(e.tags["issued"]); issued != "" {
		f.IssueDate = issued
	}
	if total, ok := c.total(e); ok {
		if f.Kind == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			total = total.Neg()
		}
		f.Total = total.StringFixed(max(2, -total.Exponent()))
	}
	if e.tags["stbytes"] != "" && e.tags["stbytes"] == entryHash(e.raw) {
		f.DocumentHash = e.tags["sthash"]
	}
	_, f.Void = e.tags["void"]
	return f
}

// total is what the entry says that the customer owes: its postings with a tag
// cust, or, where a person took the tags away, those under the receivable account.
func (c *Config) total(e entry) (decimal.Decimal, bool) {
	owes := func(p posting) bool { _, ok := p.tags["cust"]; return ok }
	if !anyPosting(e, owes) {
		owes = func(p posting) bool {
			return p.account == c.Accounts.Receivable || strings.HasPrefix(p.account, c.Accounts.Receivable+":")
		}
	}
	if !anyPosting(e, owes) {
		return decimal.Zero, false
	}
	return c.sum(e, owes)
}

func anyPosting(e entry, is func(posting) bool) bool {
	for _, p := range e.postings {
		if !p.virtual && is(p) {
			return true
		}
	}
	return false
}

// sum adds the postings that count; one amount of an entry may be left out, and
// is what the others leave.
func (c *Config) sum(e entry, counts func(posting) bool) (decimal.Decimal, bool) {
	var total, all decimal.Decimal
	left, leftCounts := 0, false
	for _, p := range e.postings {
		if p.virtual {
			continue
		}
		if p.amount == "" {
			left, leftCounts = left+1, leftCounts || counts(p)
			continue
		}
		amount, ok := c.readAmount(p.amount)
		if !ok {
			return decimal.Zero, false
		}
		all = all.Add(amount)
		if counts(p) {
			total = total.Add(amount)
		}
	}
	if leftCounts {
		total = total.Sub(all)
	}
	return total, left <= 1
}

var bytesTag = regexp.MustCompile(`(?m)^[ \t]*; stbytes:[0-9a-f]*\r?\n?`)

// entryHash is the SHA-256 of a transaction's bytes without the line that keeps it.
func entryHash(raw string) string {
	sum := sha256.Sum256([]byte(bytesTag.ReplaceAllString(raw, "")))
	return hex.EncodeToString(sum[:])
}
