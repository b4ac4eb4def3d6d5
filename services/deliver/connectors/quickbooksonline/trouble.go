package quickbooksonline

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// trouble is a call that did not do what was asked: what was heard of it, and what it
// means.
type trouble struct {
	class class
	doing request
	// status of HTTP, 0 where no answer came.
	status int
	// faults as QuickBooks told them, the one that decided first.
	faults []apiFault
	// tid is Intuit's id of the call.
	tid string
	// after is how long to wait at the least, where that is known.
	after time.Duration
	cause error
}

// Error implements error.
func (t *trouble) Error() string {
	words := t.doing.method() + " " + t.doing.name() + ": "
	switch {
	case t.cause != nil:
		words += t.cause.Error()
	case len(t.faults) > 0:
		words += t.vendorText()
	default:
		words += fmt.Sprintf("QuickBooks answered with HTTP status %d", t.status)
	}
	if t.tid != "" {
		words += " (intuit_tid " + t.tid + ")"
	}
	return words
}

// Unwrap gives the cause of a call without an answer.
func (t *trouble) Unwrap() error { return t.cause }

// vendorText is what QuickBooks said, all of it, without Intuit's id of the call.
func (t *trouble) vendorText() string {
	said := make([]string, 0, len(t.faults))
	for _, f := range t.faults {
		said = append(said, f.String())
	}
	return strings.Join(said, "; ")
}

// code is that of the fault that decided; "" where none was told.
func (t *trouble) code() string {
	if len(t.faults) == 0 {
		return ""
	}
	return t.faults[0].Code
}

// says tells whether the faults hold one of the words.
func (t *trouble) says(words ...string) bool {
	said := strings.ToLower(t.vendorText())
	for _, w := range words {
		if strings.Contains(said, w) {
			return true
		}
	}
	return false
}

// troubleOf reads an answer for trouble: a status that is none of success, or a fault
// in spite of one. nil means that it did what was asked.
func troubleOf(r request, res *http.Response, text []byte) *trouble {
	good := res.StatusCode >= 200 && res.StatusCode < 300
	faults, understood := parseFaults(text)
	if good && len(faults) == 0 && understood {
		return nil
	}
	t := &trouble{doing: r, status: res.StatusCode, faults: faults, tid: res.Header.Get("intuit_tid")}
	if good && len(faults) == 0 {
		t.class, t.cause = classNoAnswer, fmt.Errorf("its answer (%d bytes) is not JSON", len(text))
		return t
	}
	t.class = classify(t)
	if t.class == classThrottled {
		t.after = retryAfter(res.Header.Get("Retry-After"))
	}
	return t
}

// retryAfter reads the header of that name; Intuit's own advice where there is none.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && seconds > 0 && seconds <= 3600 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		if left := time.Until(at); left > 0 && left <= time.Hour {
			return left
		}
	}
	return holdFor
}
