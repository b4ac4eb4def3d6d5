package control

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
)

// journal tells the writes of invoices and credit memos in the order of time, those
// after a number, so that whoever follows them asks for each but once.
func (c *Control) journal(company *books.Company, r *http.Request) (any, error) {
	asked := map[string]int{"after": 0, "limit": 0}
	for name := range asked {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, errors.New(name + " must be a whole number, 0 or above")
		}
		asked[name] = n
	}
	return map[string]any{"entries": company.Journal(asked["after"], asked["limit"])}, nil
}

// admit lets sales into the closed books whose private note holds a text.
func (c *Control) admit(company *books.Company, r *http.Request) (any, error) {
	var body struct {
		Note string `json:"note"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.Note == "" {
		return nil, errors.New("note must be a text that the private note holds")
	}
	company.Admit(body.Note)
	return done, nil
}
