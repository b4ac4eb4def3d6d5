package servicetrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// The kinds of records that may carry external ids and that Tradepost writes them
// to. An invoice never carries any.
const (
	KindCompany  = "company"
	KindLocation = "location"
	KindLibItem  = "libitem"
)

// systemName is what the name of an external system looks like.
var systemName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// SetExternalID writes the id that a record has in another system, such as the
// accounting system's number of a customer; the record must not be an invoice. A
// value may be used once within a system: IsTaken says of the error that another
// record has it. It replaces what the record has, so that whoever does not mean
// that looks first. Writing the same again changes nothing. It is never repeated by
// itself; see WriteUncertain. It honours connector.CheckFence.
func (c *Client) SetExternalID(ctx context.Context, kind string, id int64, system, value string) error {
	what := fmt.Sprintf("set the external id of %s %d", kind, id)
	switch {
	case id <= 0:
		return fmt.Errorf("%s: %w", what, errNoID)
	case kind == "" || strings.ContainsFunc(kind, func(r rune) bool { return r < 'a' || r > 'z' }):
		return fmt.Errorf("set an external id: %q is no kind of record", kind)
	case !systemName.MatchString(system):
		return fmt.Errorf("%s: %q cannot be the name of an external system", what, system)
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("%s: an empty value would remove it", what)
	}
	body, err := json.Marshal(struct {
		Value string `json:"value"`
	}{value})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	r := request{method: http.MethodPut, path: fmt.Sprintf("/externalid/%s/%d/%s", kind, id, url.PathEscape(system)), body: body}
	err = c.send(ctx, r, func(answer []byte) error { return sameValue(answer, value) })
	if fault, ok := errors.AsType[*Error](err); ok {
		fault.Taken = taken(fault)
	}
	return err
}

// sameValue compares what the answer shows with what was written; an answer that
// shows nothing is believed.
func sameValue(answer []byte, value string) error {
	data, err := dataObject(answer)
	if errors.Is(err, errNoData) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, shown := data["value"]; shown && data.text("value") != value {
		return errors.New("the answer shows another external id than the one written")
	}
	return nil
}

// taken reads a refusal: 409 is nothing else, and a 400 or 422 says so in words.
func taken(fault *Error) bool {
	switch fault.Status {
	case http.StatusConflict:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		said := strings.ToLower(strings.Join(fault.Messages, " "))
		for _, word := range []string{"already", "unique", "duplicate", "in use", "taken", "conflict"} {
			if strings.Contains(said, word) {
				return true
			}
		}
	}
	return false
}

// IsTaken says that another record has the external id that was to be written.
func IsTaken(err error) bool {
	return is(err, func(e *Error) bool { return e.Taken })
}
