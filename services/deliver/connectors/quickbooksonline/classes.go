package quickbooksonline

import (
	"net/http"
	"slices"
	"strings"
)

// class is what trouble means for whoever called.
type class string

const (
	// classNotSent: the call was not made, or QuickBooks had nothing of it to do.
	classNotSent class = "not_sent"
	// classNoAnswer: a write may have been made.
	classNoAnswer class = "no_answer"
	// classSignedOut: the access token is not good (any more).
	classSignedOut class = "signed_out"
	// classThrottled: too many calls.
	classThrottled class = "throttled"
	// classForbidden: whoever connected lost the right to do this.
	classForbidden class = "forbidden"
	// classUnpaid: the company's subscription has ended.
	classUnpaid class = "subscription_ended"
	// classFeature: the company has not what is asked for, in a way that no document
	// told before.
	classFeature class = "feature_off"
	// classAway: the company cannot be used just now; nothing was done.
	classAway class = "away"
	// classRepeated: a call with this request id was made before.
	classRepeated class = "repeated"
	// classNumber: the number of the document is taken.
	classNumber class = "number_taken"
	// className: the name of a customer or item is taken.
	className class = "name_taken"
	// classStale: the record was changed since it was read.
	classStale class = "stale"
	// classMissing: a record that the call names is not there, or not active.
	classMissing class = "missing"
	// classClosed: the books are closed for the date.
	classClosed class = "closed"
	// classRefused: everything else that is wrong with what was sent.
	classRefused class = "refused"
)

// classes are what the codes of the field mean. A code that is not here is a refusal,
// with QuickBooks' own words.
var classes = map[class][]string{
	classSignedOut: {"100", "110", "3200", "3202"},
	classThrottled: {"3001"},
	classForbidden: {"120", "5020"},
	classUnpaid:    {"6190", "140"},
	classFeature:   {"5030"},
	classAway:      {"130", "150"},
	classNoAnswer:  {"10000", "1000", "1010", "1020"},
	classRepeated:  {"600"},
	classNumber:    {"6140"},
	className:      {"6240"},
	classStale:     {"5010"},
	classMissing:   {"610", "2500", "6250"},
	classClosed:    {"6200", "6210"},
}

// ranks put what says most about the whole connection first.
var ranks = []class{
	classSignedOut, classThrottled, classForbidden, classUnpaid, classAway, classNoAnswer, classFeature,
	classRepeated, classStale, classNumber, className, classClosed, classMissing, classRefused,
}

func rank(c class) int { return slices.Index(ranks, c) }

func classOf(code string) class {
	for c, codes := range classes {
		if slices.Contains(codes, code) {
			return c
		}
	}
	return classRefused
}

// classify tells what trouble means, by its code first and then by its status.
func classify(t *trouble) class {
	if t.status == http.StatusTooManyRequests || t.says("throttleexceeded", "throttle exceeded") {
		return classThrottled
	}
	if len(t.faults) > 0 {
		c := classOf(t.code())
		business := t.code() != "" && t.status < 500 && t.status != http.StatusUnauthorized && t.status != http.StatusForbidden
		if c != classRefused || business {
			return byText(t, c)
		}
	}
	switch {
	case t.status == http.StatusUnauthorized:
		return classSignedOut
	case t.status == http.StatusForbidden:
		return classForbidden
	case t.status >= 500, t.status == http.StatusRequestTimeout, t.status < 300:
		return classNoAnswer
	case t.status < 400, t.status == http.StatusNotFound:
		return classAway // Some other program answers under this address.
	default:
		return classRefused
	}
}

// byText corrects a code by the type of its fault and by words that older answers used.
func byText(t *trouble, c class) class {
	if c != classRefused {
		return c
	}
	switch strings.ToLower(t.faults[0].Type) {
	case "authentication", "authenticationfault":
		return classSignedOut
	case "authorization", "authorizationfault", "authorizatonfault":
		return classForbidden
	}
	if t.says("duplicate document number") {
		return classNumber
	}
	return c
}
